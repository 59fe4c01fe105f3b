//! Topics of the configuration that do not exist. The service creates none: a broker that creates topics by itself
//! gives them its default number of partitions, which nobody has chosen. It waits for a person to create them, and for
//! the brokers that hold the output.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::error::KafkaResult;

use crate::config::{Delivery, KafkaConfig};
use crate::kafka::{OutputProducer, TopicState};
use crate::telemetry::events::{LogLimiter, OnlyCopy, OutputWithoutLeader, TopicsFound, TopicsMissing};
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
    ActorRows,
    DeadLetters,
}

impl Role {
    const ALL: [Self; 4] = [Self::Input, Self::Output, Self::ActorRows, Self::DeadLetters];

    /// Whether results go there.
    fn takes_results(self) -> bool {
        matches!(self, Self::Output | Self::ActorRows)
    }

    fn key(self) -> &'static str {
        match self {
            Self::Input => "kafka.input_topics",
            Self::Output => "kafka.output_topic",
            Self::ActorRows => "kafka.actor_row_topic",
            Self::DeadLetters => "kafka.dead_letter_topic",
        }
    }

    /// Value of a metric's label.
    fn label(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Output => "output",
            Self::ActorRows => "actor_rows",
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
    /// Output topics with a partition that nobody leads.
    without_leader: Vec<String>,
    looked: Instant,
}

impl TopicCheck {
    pub(super) fn new(telemetry: Arc<Telemetry>, health: Arc<Health>) -> Self {
        let limiter = LogLimiter::new(LOG_INTERVAL);
        Self {
            telemetry,
            health,
            limiter,
            missing: Vec::new(),
            without_leader: Vec::new(),
            looked: Instant::now(),
        }
    }

    /// Asks for all topics. False: a session has nothing to read, or nowhere to write to. Of several input topics
    /// one is enough to begin with.
    ///
    /// Output without a leader is waited for before the transactional id is claimed, since the claim aborts what a
    /// predecessor left open: Kafka 4.3.1 takes a partition without a leader for a deleted one and writes no abort
    /// marker to it ("likely deleted already and hence can be skipped"). The next commit then commits the aborted
    /// records too (docs/delivery.md).
    ///
    /// # Errors
    ///
    /// When no broker answers.
    pub(super) fn allows_session(
        &mut self,
        kafka: &KafkaConfig,
        producer: &OutputProducer,
    ) -> KafkaResult<bool> {
        self.look(kafka, |topic| producer.topic_state(topic, FIRST_ANSWER))?;
        let no_result_topic_is_missing = !self.missing.iter().any(|(role, _)| role.takes_results());
        let missing_inputs = self.missing.iter().filter(|(role, _)| *role == Role::Input).count();
        let can_write = no_result_topic_is_missing && self.without_leader.is_empty();
        Ok(can_write && missing_inputs < kafka.input_topics.len())
    }

    /// Within a session: asks again while something is missing, and while this instance owns no partition, which is
    /// what becomes of a topic that is deleted.
    pub(super) fn look_again(&mut self, kafka: &KafkaConfig, producer: &OutputProducer, owns_nothing: bool) {
        let due = owns_nothing || !self.missing.is_empty();
        if due && self.looked.elapsed() >= LOOK_EVERY {
            // Without an answer the last one holds; the outage is told elsewhere.
            let _ = self.look(kafka, |topic| producer.topic_state(topic, LATER_ANSWER));
        }
    }

    fn look(
        &mut self,
        kafka: &KafkaConfig,
        state: impl Fn(&str) -> KafkaResult<TopicState>,
    ) -> KafkaResult<()> {
        self.looked = Instant::now();
        let mut missing = Vec::new();
        let mut without_leader = Vec::new();
        for (role, topic) in topics(kafka) {
            match state(topic)? {
                TopicState::Missing => missing.push((role, topic.clone())),
                TopicState::WithoutLeader if role.takes_results() => without_leader.push(topic.clone()),
                TopicState::OnlyCopy if role.takes_results() && kafka.delivery == Delivery::ExactlyOnce => {
                    OnlyCopy { topic }.emit(&self.limiter);
                }
                _ => {}
            }
        }
        self.looked = Instant::now();
        if !without_leader.is_empty() {
            OutputWithoutLeader { topics: &without_leader.join(", ") }.emit(&self.limiter);
        }
        self.without_leader = without_leader;
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

/// The topics of the configuration and what each is for.
fn topics(kafka: &KafkaConfig) -> impl Iterator<Item = (Role, &String)> {
    let inputs = kafka.input_topics.iter().map(|topic| (Role::Input, topic));
    let rows = kafka.actor_row_topic.iter().map(|topic| (Role::ActorRows, topic));
    let letters = kafka.dead_letter_topic.iter().map(|topic| (Role::DeadLetters, topic));
    inputs.chain([(Role::Output, &kafka.output_topic)]).chain(rows).chain(letters)
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

        let only = |known: bool| if known { TopicState::Whole } else { TopicState::Missing };
        check.look(&kafka(), |topic| Ok(only(topic == "more"))).unwrap();
        let (holds, reason) = topics_condition(&health);
        assert!(!holds);
        assert!(reason.contains(r#"kafka.input_topics "raw", kafka.output_topic "out"; create"#), "{reason}");
        assert_eq!((gauge("input"), gauge("output"), gauge("dead_letter")), (1, 1, 1));

        check.look(&kafka(), |topic| Ok(only(topic != "dead"))).unwrap();
        let (holds, reason) = topics_condition(&health);
        assert!(holds, "the dead-letter topic is needed with the first bad record only");
        assert!(reason.contains(r#"kafka.dead_letter_topic "dead""#), "{reason}");

        check.look(&kafka(), |_| Ok(TopicState::OnlyCopy)).unwrap();
        assert_eq!(topics_condition(&health), (true, "all topics exist".to_owned()));
        assert_eq!((gauge("input"), gauge("output"), gauge("dead_letter")), (0, 0, 0));
    }

    #[test]
    fn output_without_a_leader_is_waited_for_and_other_topics_are_not() {
        let mut check = TopicCheck::new(Arc::new(Telemetry::new().unwrap()), Arc::new(Health::new()));
        check.look(&kafka(), |_| Ok(TopicState::WithoutLeader)).unwrap();
        assert_eq!(check.without_leader, ["out"]);
        check.look(&kafka(), |_| Ok(TopicState::Whole)).unwrap();
        assert!(check.without_leader.is_empty());
    }

    #[test]
    fn without_an_answer_the_last_one_holds() {
        let health = Arc::new(Health::new());
        let mut check = TopicCheck::new(Arc::new(Telemetry::new().unwrap()), Arc::clone(&health));
        check.look(&kafka(), |_| Ok(TopicState::Missing)).unwrap();
        let silence = |_: &str| {
            let code = rdkafka::error::RDKafkaErrorCode::OperationTimedOut;
            Err(rdkafka::error::KafkaError::MetadataFetch(code))
        };
        assert!(check.look(&kafka(), silence).is_err());
        assert!(!topics_condition(&health).0);
    }
}
