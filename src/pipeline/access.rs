//! What the brokers refuse us and what they grant again.
//!
//! After a refusal new clients try again at a slow pace: librdkafka asks some things only once in five
//! minutes, tells some refusals only once, and keeps a password that has long been changed. A refusal stands
//! until the brokers have done what they refused, so that readiness does not flap between attempts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::KafkaConfig;
use crate::kafka::{Concern, Refusal, RefusalKind};
use crate::telemetry::events::{AccessGranted, AccessRefused, LogLimiter};
use crate::telemetry::{Health, Telemetry};

const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// Two lines a minute for each refusal.
const LOG_INTERVAL: Duration = Duration::from_secs(30);
/// A refusal after this time is a new one: attempts begin at a quick pace again.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(2);

/// A refusal that ended a session.
pub(super) struct Refused {
    pub(super) refusal: Refusal,
    /// The topic that a record could not be written to. `None`: it is not about writing.
    pub(super) output_topic: Option<String>,
    /// What client and brokers say.
    pub(super) reason: String,
}

/// What stands refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    LogIn,
    Cluster,
    TransactionalId,
    Group,
    /// Reading the input topics.
    Input,
    /// Writing to a topic.
    Output(String),
}

/// Keeps count of refusals, over all sessions of a service.
pub(super) struct Access {
    telemetry: Arc<Telemetry>,
    health: Arc<Health>,
    limiter: LogLimiter,
    /// Each with its name in words.
    standing: BTreeMap<Point, (Concern, String)>,
    attempts: u32,
    last: Option<Instant>,
}

impl Access {
    pub(super) fn new(telemetry: Arc<Telemetry>, health: Arc<Health>) -> Self {
        let limiter = LogLimiter::new(LOG_INTERVAL);
        Self { telemetry, health, limiter, standing: BTreeMap::new(), attempts: 0, last: None }
    }

    /// Notes a refusal that ended a session. Gives the time to wait before new clients.
    pub(super) fn refused(&mut self, kafka: &KafkaConfig, refused: &Refused) -> Duration {
        if self.last.is_none_or(|last| last.elapsed() > FORGOTTEN_AFTER) {
            self.attempts = 0;
        }
        self.last = Some(Instant::now());
        let wait = FIRST_PAUSE.saturating_mul(2u32.saturating_pow(self.attempts)).min(LONGEST_PAUSE);
        self.attempts = self.attempts.saturating_add(1);
        self.tell(kafka, refused, Some(wait));
        let (point, name) = point(kafka, refused);
        self.standing.insert(point, (refused.refusal.concern, name));
        self.show();
        wait
    }

    /// Logs and counts a refusal; `wait`: until new clients try again, if they do.
    pub(super) fn tell(&self, kafka: &KafkaConfig, refused: &Refused, wait: Option<Duration>) {
        let Refusal { kind, concern } = refused.refusal;
        AccessRefused {
            kind: kind.as_str(),
            concerns: concern.as_str(),
            name: &point(kafka, refused).1,
            reason: &refused.reason,
            remedy: refused.refusal.remedy(),
            wait,
        }
        .emit(&self.telemetry, &self.limiter);
    }

    /// The brokers have done what stood refused, if it did.
    pub(super) fn granted(&mut self, point: &Point) {
        if let Some((concern, name)) = self.standing.remove(point) {
            AccessGranted { concerns: concern.as_str(), name: &name }.emit();
            self.show();
        }
    }

    /// Whether anything stands refused.
    pub(super) fn is_refused(&self) -> bool {
        !self.standing.is_empty()
    }

    fn show(&self) {
        let what: Vec<String> = self
            .standing
            .iter()
            .map(|(point, (concern, name))| match point {
                Point::LogIn => format!("the log-in to {name}"),
                Point::Input => format!("reading of topic {name}"),
                Point::Output(_) => format!("writing to topic {name}"),
                _ => format!("{} {name}", concern.as_str()),
            })
            .collect();
        self.health.set_refused((!what.is_empty()).then(|| what.join(", ")));
    }
}

/// What a refusal is about, and its name.
fn point(kafka: &KafkaConfig, refused: &Refused) -> (Point, String) {
    match (refused.refusal.kind, refused.refusal.concern) {
        (RefusalKind::Authentication, _) => (Point::LogIn, kafka.brokers.clone()),
        (_, Concern::Cluster) => (Point::Cluster, kafka.brokers.clone()),
        (_, Concern::TransactionalId) => (Point::TransactionalId, kafka.transactional_id.clone()),
        (_, Concern::Group) => (Point::Group, kafka.group_id.clone()),
        (_, Concern::Topic) => match &refused.output_topic {
            Some(topic) => (Point::Output(topic.clone()), topic.clone()),
            None => (Point::Input, kafka.input_topics.join(",")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Settings};

    fn refused(code: rdkafka::error::RDKafkaErrorCode, output_topic: Option<&str>) -> Refused {
        let refusal = Refusal::of_code(code).expect("a refusal");
        Refused { refusal, output_topic: output_topic.map(str::to_owned), reason: "no".into() }
    }

    #[test]
    fn a_refusal_stands_until_that_very_thing_is_granted() {
        use rdkafka::error::RDKafkaErrorCode as Code;
        let kafka = Config::from_settings(Settings::default()).unwrap().kafka;
        let telemetry = Arc::new(Telemetry::new().unwrap());
        let health = Arc::new(Health::new());
        let mut access = Access::new(Arc::clone(&telemetry), Arc::clone(&health));
        let reason = || {
            let readiness = health.readiness();
            readiness.conditions.into_iter().find(|c| c.name == "access" && !c.holds).map(|c| c.reason)
        };
        assert_eq!(
            access.refused(&kafka, &refused(Code::TopicAuthorizationFailed, Some("out"))).as_secs(),
            5
        );
        assert_eq!(access.refused(&kafka, &refused(Code::GroupAuthorizationFailed, None)).as_secs(), 10);
        assert_eq!(access.refused(&kafka, &refused(Code::GroupAuthorizationFailed, None)).as_secs(), 20);
        assert_eq!(access.refused(&kafka, &refused(Code::GroupAuthorizationFailed, None)).as_secs(), 20);
        assert_eq!(reason().unwrap(), "the brokers refuse group tonewire, writing to topic out");
        access.granted(&Point::Input);
        access.granted(&Point::Group);
        assert_eq!(reason().unwrap(), "the brokers refuse writing to topic out");
        access.granted(&Point::Output("out".into()));
        assert_eq!(reason(), None);
        let counted =
            |concerns| telemetry.access_refusals.with_label_values(&["authorization", concerns]).get();
        assert_eq!((counted("topic"), counted("group")), (1, 3));
    }
}
