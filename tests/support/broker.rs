//! The broker that all tests of a binary share: the one given by `KAFKA_TESTS_BROKERS`, or a node that
//! `deploy/kafka-dev/kafka.sh` starts.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use libtest_mimic::{Completion, Failed};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;

/// Address of a cluster to use instead of starting a node.
pub const BROKERS_VARIABLE: &str = "KAFKA_TESTS_BROKERS";
/// When set to 1, a machine without a broker is a failure.
pub const REQUIRE_VARIABLE: &str = "KAFKA_TESTS_REQUIRED";
/// Exit code of kafka.sh for a machine that cannot run a node.
const UNAVAILABLE: i32 = 69;
const ADMIN_TIMEOUT: Duration = Duration::from_secs(30);

/// A real Kafka broker.
pub struct KafkaBroker {
    pub bootstrap: String,
    /// The script that runs the node. The node ends when the script's standard input does: at the latest
    /// with this process, however that ends.
    script: Mutex<Option<Child>>,
}

/// Why there is no broker.
#[derive(Clone, Debug)]
pub enum NoBroker {
    /// This machine has none and cannot start one.
    Unavailable { reason: String },
    /// It should have worked.
    Failed { reason: String },
}

impl NoBroker {
    /// What a test says that could not run: ignored with the reason, or failed where a broker is required.
    pub fn answer(self) -> Result<Completion, Failed> {
        let is_required = std::env::var(REQUIRE_VARIABLE).is_ok_and(|value| value == "1");
        match self {
            Self::Unavailable { reason } if is_required => {
                Err(Failed::from(format!("{REQUIRE_VARIABLE}=1, and there is no broker: {reason}")))
            }
            Self::Unavailable { reason } => Ok(Completion::ignored_with(format!("no broker: {reason}"))),
            Self::Failed { reason } => Err(Failed::from(format!("the broker did not start: {reason}"))),
        }
    }
}

static SHARED: OnceLock<Result<KafkaBroker, NoBroker>> = OnceLock::new();

impl KafkaBroker {
    /// The broker of this test binary, started by the first call.
    pub fn shared() -> Result<&'static Self, NoBroker> {
        SHARED.get_or_init(Self::find).as_ref().map_err(NoBroker::clone)
    }

    /// Stops the shared broker, if this process started one, and waits for its end.
    pub fn stop_shared() {
        let Some(Ok(broker)) = SHARED.get() else { return };
        if let Some(mut script) = broker.script.lock().unwrap().take() {
            drop(script.stdin.take());
            script.wait().expect("kafka.sh can be waited for");
        }
    }

    fn find() -> Result<Self, NoBroker> {
        match std::env::var(BROKERS_VARIABLE) {
            Ok(bootstrap) if !bootstrap.is_empty() => Ok(Self { bootstrap, script: Mutex::new(None) }),
            _ => Self::start().map_err(|why| match why {
                NoBroker::Unavailable { reason } => {
                    NoBroker::Unavailable { reason: format!("{reason}; or set {BROKERS_VARIABLE}=host:port") }
                }
                failed @ NoBroker::Failed { .. } => failed,
            }),
        }
    }

    fn start() -> Result<Self, NoBroker> {
        let (script, bootstrap) = run_script(&["run"])?;
        Ok(Self { bootstrap, script: Mutex::new(Some(script)) })
    }

    /// Brokers that somebody else starts and stops.
    pub fn at(bootstrap: String) -> Self {
        Self { bootstrap, script: Mutex::new(None) }
    }

    /// Settings for a client of this broker.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config
    }

    /// Creates topics, each a name and a number of partitions.
    pub fn create_topics(&self, topics: &[(&str, i32)]) {
        let wanted: Vec<_> = topics
            .iter()
            .map(|(name, partitions)| NewTopic::new(name, *partitions, TopicReplication::Fixed(-1)))
            .collect();
        let results =
            block_on(self.admin().create_topics(&wanted, &admin_options())).expect("the broker answers");
        for result in results {
            result.unwrap_or_else(|(topic, error)| panic!("topic {topic} cannot be created: {error}"));
        }
    }

    /// Deletes topics. Not being able to is no reason for a test to fail.
    pub fn delete_topics(&self, topics: &[&str]) {
        let _ = block_on(self.admin().delete_topics(topics, &admin_options()));
    }

    fn admin(&self) -> AdminClient<DefaultClientContext> {
        self.client().create().expect("an admin client can be made")
    }

    /// One of Kafka's own command-line tools, as kafka.sh names them, on this broker.
    pub fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(script_path());
        command.arg(name).env(BROKERS_VARIABLE, &self.bootstrap).stdin(Stdio::null());
        command
    }
}

/// Runs a command of kafka.sh; gives it with the first line that it prints. It ends with its standard input.
pub fn run_script(arguments: &[&str]) -> Result<(Child, String), NoBroker> {
    let mut script = Command::new(script_path())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| NoBroker::Unavailable {
            reason: format!("{} cannot be run: {error}", script_path().display()),
        })?;
    let mut line = String::new();
    let output = script.stdout.take().expect("stdout is piped");
    BufReader::new(output).read_line(&mut line).expect("kafka.sh prints text");
    let line = line.trim().to_owned();
    if !line.is_empty() {
        return Ok((script, line));
    }
    let mut reason = String::new();
    let mut errors = script.stderr.take().expect("stderr is piped");
    errors.read_to_string(&mut reason).expect("kafka.sh prints text");
    let reason = reason.trim().to_owned();
    match script.wait().expect("kafka.sh can be waited for").code() {
        Some(UNAVAILABLE) => Err(NoBroker::Unavailable { reason }),
        code => Err(NoBroker::Failed { reason: format!("kafka.sh ended with code {code:?}: {reason}") }),
    }
}

fn script_path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "deploy", "kafka-dev", "kafka.sh"].iter().collect()
}

fn admin_options() -> AdminOptions {
    AdminOptions::new().operation_timeout(Some(ADMIN_TIMEOUT)).request_timeout(Some(ADMIN_TIMEOUT))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
