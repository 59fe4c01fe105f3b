//! Topics of the configuration that do not exist. The service creates none: a broker that creates topics by itself
//! gives them its default number of partitions, which nobody has chosen. It waits for a person to create them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaResult;

use crate::config::KafkaConfig;
use crate::kafka::OutputProducer;
use crate::telemetry::events::{LogLimiter, TopicsFound, TopicsMissing};
use crate::telemetry::{Health, MissingTopics, Telemetry};

/// Two lines a minute.
const LOG_INTERVAL: Duration = Duration::from_secs(30);
/// One answer at the start, where there is nothing else to do.
const FIRST_ANSWER: Duration = Duration::from_secs(2);
/// One answer within a session, whose loop waits for it.
const LATER_ANSWER: Duration = Duration::from_millis(500);
/// How often a session asks again while there is a reason to.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const REMEDY: &str =
    "create them with the partitions that they need (kafka-topics.sh --create), or correct the keys";

/// What a topic is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Input,
    Output,
    DeadLetters,
}

impl Role {
    const ALL: [Self; 3] = [Self::Input, Self::Output, Self::DeadLetters];

    fn key(self) -> &'static str {
        match self {
            Self::Input => "kafka.input_topics",
            Self::Output => "kafka.output_topic",
            Self::DeadLetters => "kafka.dead_letter_topic",
        }
    }

    /// Value of a metric's label.
    fn label(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::DeadLetters => "dead_letter",
        }
    }
}

/// Which topics are missing, over all sessions of a service.
pub(super) struct TopicCheck {
    telemetry: Arc<Telemetry>,
    health: Arc<Health>,
    limiter: LogLimiter,
    missing: Vec<(Role, String)>,
    looked: Instant,
}

impl TopicCheck {
    pub(super) fn new(telemetry: Arc<Telemetry>, health: Arc<Health>) -> Self {
        let limiter = LogLimiter::new(LOG_INTERVAL);
        Self { telemetry, health, limiter, missing: Vec::new(), looked: Instant::now() }
    }

    /// Asks for all topics. False: a session has nothing to read, or nowhere to write to. Of several input topics
    /// one is enough to begin with.
    ///
    /// # Errors
    ///
    /// When no broker answers.
    pub(super) fn allows_session(
        &mut self,
        kafka: &KafkaConfig,
        producer: &OutputProducer,
    ) -> KafkaResult<bool> {
        self.look(kafka, |topic| producer.topic_exists(topic, FIRST_ANSWER))?;
        let missing = |role| self.missing.iter().filter(|(of, _)| *of == role).count();
        Ok(missing(Role::Output) == 0 && missing(Role::Input) < kafka.input_topics.len())
    }

    /// Within a session: asks again while something is missing, and while this instance owns no partition, which is
    /// what becomes of a topic that is deleted.
    pub(super) fn look_again(&mut self, kafka: &KafkaConfig, producer: &OutputProducer, owns_nothing: bool) {
        let due = owns_nothing || !self.missing.is_empty();
        if due && self.looked.elapsed() >= LOOK_EVERY {
            // Without an answer the last one holds; the outage is told elsewhere.
            let _ = self.look(kafka, |topic| producer.topic_exists(topic, LATER_ANSWER));
        }
    }

    fn look(&mut self, kafka: &KafkaConfig, exists: impl Fn(&str) -> KafkaResult<bool>) -> KafkaResult<()> {
        self.looked = Instant::now();
        let inputs = kafka.input_topics.iter().map(|topic| (Role::Input, topic));
        let letters = kafka.dead_letter_topic.iter().map(|topic| (Role::DeadLetters, topic));
        let mut missing = Vec::new();
        for (role, topic) in inputs.chain([(Role::Output, &kafka.output_topic)]).chain(letters) {
            if !exists(topic)? {
                missing.push((role, topic.clone()));
            }
        }
        self.looked = Instant::now();
        self.found(missing);
        Ok(())
    }

    fn found(&mut self, missing: Vec<(Role, String)>) {
        let were_missing = !std::mem::replace(&mut self.missing, missing).is_empty();
        for role in Role::ALL {
            let count = self.missing.iter().filter(|(of, _)| *of == role).count();
            let gauge = self.telemetry.topics_missing.with_label_values(&[role.label()]);
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        match self.describe(|_| true) {
            Some(topics) => TopicsMissing { topics: &topics, remedy: REMEDY }.emit(&self.limiter),
            None if were_missing => TopicsFound.emit(),
            None => {}
        }
        let told = |topics: String| format!("do not exist: {topics}; {REMEDY}");
        self.health.set_missing_topics(MissingTopics {
            needed: self.describe(|role| role != Role::DeadLetters).map(told),
            needed_later: self.describe(|role| role == Role::DeadLetters).map(told),
        });
    }

    /// The missing topics of some roles, each with its key; `None` if there are none.
    fn describe(&self, of: impl Fn(Role) -> bool) -> Option<String> {
        let missing = self.missing.iter().filter(|(role, _)| of(*role));
        let names: Vec<String> = missing.map(|(role, topic)| format!("{} {topic:?}", role.key())).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Settings};

    fn kafka() -> KafkaConfig {
        let mut settings = Settings::default();
        settings.kafka.input_topics = vec!["raw".into(), "more".into()];
        settings.kafka.output_topic = "out".into();
        settings.kafka.dead_letter_topic = "dead".into();
        Config::from_settings(settings).unwrap().kafka
    }

    fn topics_condition(health: &Health) -> (bool, String) {
        let condition = health.readiness().conditions.into_iter().find(|c| c.name == "topics").unwrap();
        (condition.holds, condition.reason)
    }

    #[test]
    fn every_missing_topic_is_named_with_its_key_until_it_is_there() {
        let telemetry = Arc::new(Telemetry::new().unwrap());
        let health = Arc::new(Health::new());
        let mut check = TopicCheck::new(Arc::clone(&telemetry), Arc::clone(&health));
        let gauge = |role: &str| telemetry.topics_missing.with_label_values(&[role]).get();

        check.look(&kafka(), |topic| Ok(topic == "more")).unwrap();
        let (holds, reason) = topics_condition(&health);
        assert!(!holds);
        assert!(reason.contains(r#"kafka.input_topics "raw", kafka.output_topic "out"; create"#), "{reason}");
        assert_eq!((gauge("input"), gauge("output"), gauge("dead_letter")), (1, 1, 1));

        check.look(&kafka(), |topic| Ok(topic != "dead")).unwrap();
        let (holds, reason) = topics_condition(&health);
        assert!(holds, "the dead-letter topic is needed with the first bad record only");
        assert!(reason.contains(r#"kafka.dead_letter_topic "dead""#), "{reason}");

        check.look(&kafka(), |_| Ok(true)).unwrap();
        assert_eq!(topics_condition(&health), (true, "all topics exist".to_owned()));
        assert_eq!((gauge("input"), gauge("output"), gauge("dead_letter")), (0, 0, 0));
    }

    #[test]
    fn without_an_answer_the_last_one_holds() {
        let health = Arc::new(Health::new());
        let mut check = TopicCheck::new(Arc::new(Telemetry::new().unwrap()), Arc::clone(&health));
        check.look(&kafka(), |_| Ok(false)).unwrap();
        let silence = |_: &str| {
            let code = rdkafka::error::RDKafkaErrorCode::OperationTimedOut;
            Err(rdkafka::error::KafkaError::MetadataFetch(code))
        };
        assert!(check.look(&kafka(), silence).is_err());
        assert!(!topics_condition(&health).0);
    }
}
