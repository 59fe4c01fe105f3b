//! What a scenario is, and how one is performed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{OnceLock, PoisonError, RwLock};

use libtest_mimic::{Completion, Failed, Trial};

use super::profile::Profile;
use super::report;
use super::run::Run;
use crate::support::broker::NoBroker;
use crate::support::cluster::Cluster;

/// Stands before the names of the operation cases, so that one filter finds them all.
const OPERATION_CASE: &str = "operation case";

/// A fault, and what the service must do about it.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// A sentence that states the invariant; that of an operation case begins with its id, as in `o13_`.
    pub name: &'static str,
    /// First column of the table.
    pub fault: &'static str,
    pub delivery: Delivery,
    pub brokers: Brokers,
    /// Partitions of the topics, if not [`PARTITIONS`](super::run::PARTITIONS).
    pub partitions: Option<i32>,
    /// Does everything, up to [`Run::conclude`], and panics when something is wrong.
    pub run: fn(&Run),
}

/// `kafka.delivery`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    ExactlyOnce,
    AtLeastOnce,
}

impl Delivery {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ExactlyOnce => "exactly_once",
            Self::AtLeastOnce => "at_least_once",
        }
    }
}

/// Which brokers a scenario needs. Those given by `KAFKA_TESTS_BROKERS` are never used: they are not ours to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Brokers {
    /// One node, which other scenarios may use at the same time.
    One,
    /// One node to kill and to freeze, with nobody else on it.
    OneToBreak,
    /// Three nodes to kill and to freeze, three copies of everything, two of which must be in step.
    ThreeToBreak,
}

struct Ground {
    cluster: OnceLock<Result<Cluster, NoBroker>>,
    /// Held for writing by a scenario that breaks brokers.
    use_of: RwLock<()>,
    nodes: usize,
}

static ONE: Ground = Ground { cluster: OnceLock::new(), use_of: RwLock::new(()), nodes: 1 };
static THREE: Ground = Ground { cluster: OnceLock::new(), use_of: RwLock::new(()), nodes: 3 };

impl Ground {
    fn cluster(&'static self) -> Result<&'static Cluster, NoBroker> {
        self.cluster.get_or_init(|| Cluster::start(self.nodes)).as_ref().map_err(NoBroker::clone)
    }
}

/// Stops the brokers of all scenarios.
pub fn stop_brokers() {
    for ground in [&ONE, &THREE] {
        if let Some(Ok(cluster)) = ground.cluster.get() {
            cluster.stop();
        }
    }
}

impl Scenario {
    /// The scenario as a test.
    pub fn trial(self, profile: Profile) -> Trial {
        Trial::ignorable_test(self.name, move || {
            let ground = if self.brokers == Brokers::ThreeToBreak { &THREE } else { &ONE };
            // One that failed leaves nothing behind that the next could not mend, so a poisoned lock is as good.
            let alone = (self.brokers != Brokers::One)
                .then(|| ground.use_of.write().unwrap_or_else(PoisonError::into_inner));
            let _with_others =
                alone.is_none().then(|| ground.use_of.read().unwrap_or_else(PoisonError::into_inner));
            match ground.cluster() {
                Ok(cluster) => {
                    if alone.is_some() {
                        cluster.mend();
                    }
                    self.perform(cluster, profile)
                }
                Err(why) => why.answer(),
            }
        })
        .with_kind(if is_operation_case(self.name) { OPERATION_CASE } else { "" })
    }

    fn perform(self, cluster: &'static Cluster, profile: Profile) -> Result<Completion, Failed> {
        let run = Run::new(self, cluster, profile);
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.run)(&run)));
        let failure = match outcome {
            Ok(()) => run.what_is_missing().map(str::to_owned),
            Err(panic) => Some(message(&*panic)),
        };
        report::add(run.row(failure.clone()));
        failure.map_or(Ok(Completion::Completed), |failure| Err(Failed::from(failure + &run.last_lines())))
    }
}

/// Whether a name begins with the id of a case, such as `o13_`.
fn is_operation_case(name: &str) -> bool {
    let id = name.split('_').next().and_then(|id| id.strip_prefix('o'));
    id.is_some_and(|number| number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without a message").to_owned()
}
