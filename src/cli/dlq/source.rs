//! The dead-letter topic of a configuration.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::config::{Config, ProcessEnvironment};
use crate::kafka::{Probe, TopicReadError, TopicReader};

use super::super::failure::Failure;

/// How long brokers may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
pub(super) struct SourceArguments {
    /// Configuration file. Without it: defaults and environment.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read this topic instead of `kafka.dead_letter_topic`.
    #[arg(long, value_name = "TOPIC")]
    topic: Option<String>,
}

/// A configuration and the name of its dead-letter topic.
pub(super) struct Source {
    pub(super) config: Config,
    pub(super) topic: String,
}

impl Source {
    pub(super) fn new(arguments: &SourceArguments) -> Result<Self, Failure> {
        let (_, config) = Config::load(arguments.config.as_deref(), &ProcessEnvironment)?;
        let topic = arguments.topic.clone().or_else(|| config.kafka.dead_letter_topic.clone());
        let topic = topic.ok_or_else(|| {
            Failure::Usage(
                "kafka.dead_letter_topic = \"\" names no topic; set it, or name one with --topic".to_owned(),
            )
        })?;
        Ok(Self { config, topic })
    }

    /// Opens the topic. The name of the group matters only where places are remembered.
    pub(super) fn open(&self, group: &str) -> Result<TopicReader, Failure> {
        let partitions = self.partitions(&self.topic)?;
        if partitions == 0 {
            return Err(Failure::Failed(format!(
                "the dead-letter topic {:?} does not exist; correct kafka.dead_letter_topic or --topic, or create it",
                self.topic
            )));
        }
        Ok(TopicReader::open(&self.config.kafka, &self.topic, partitions, group)?)
    }

    /// How many partitions a topic has; 0 for one that is not there.
    pub(super) fn partitions(&self, topic: &str) -> Result<usize, Failure> {
        Probe::connect(&self.config.kafka, ANSWER_TIME)
            .and_then(|probe| probe.partitions(topic))
            .map_err(|error| Failure::from_error(&error))
    }
}

impl From<TopicReadError> for Failure {
    fn from(error: TopicReadError) -> Self {
        Self::from_error(&error)
    }
}
