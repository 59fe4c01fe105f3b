//! `check`: everything that can be found out about a configuration before it runs.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::config::{Config, KafkaConfig, ProcessEnvironment};
use crate::kafka;

use super::failure::{Failure, with_causes};
use super::watchlist;

/// How long brokers may take to answer.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Check a configuration, offline or against the brokers.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire check --config tonewire.toml
  TONEWIRE_KAFKA__BROKERS=broker:9092 tonewire check --config tonewire.toml --connect")]
pub(super) struct Arguments {
    /// Configuration file. Without it: defaults and environment.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask the brokers too: are they there, and do the topics exist?
    #[arg(long)]
    connect: bool,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let (_, config) = Config::load(arguments.config.as_deref(), &ProcessEnvironment)?;
    check_properties(&config)?;
    watchlist::load("analysis.watchlist_path", config.analysis.watchlist_path.as_deref())?;
    let mut out = io::stdout().lock();
    writeln!(out, "the configuration is valid")?;
    if arguments.connect {
        check_topics(&config.kafka, &mut out)?;
    }
    Ok(())
}

/// Only librdkafka knows which properties there are, and which values they take.
fn check_properties(config: &Config) -> Result<(), Failure> {
    let clients =
        [("consumer", kafka::consumer_config(&config.kafka)), ("producer", kafka::producer_config(&config))];
    for (client, properties) in clients {
        properties.create_native_config().map_err(|error| {
            Failure::Usage(format!(
                "librdkafka refuses the {client}'s properties: {}; see kafka.common, kafka.{client} and kafka.security",
                with_causes(&error)
            ))
        })?;
    }
    Ok(())
}

fn check_topics(kafka: &KafkaConfig, out: &mut dyn Write) -> Result<(), Failure> {
    let client: BaseConsumer =
        kafka::consumer_config(kafka).create().map_err(|error| Failure::from_error(&error))?;
    let keys = kafka
        .input_topics
        .iter()
        .map(|topic| ("kafka.input_topics", topic))
        .chain([("kafka.output_topic", &kafka.output_topic)])
        .chain(kafka.dead_letter_topic.iter().map(|topic| ("kafka.dead_letter_topic", topic)));
    let mut missing = false;
    for (key, topic) in keys {
        match partitions(&client, topic, &kafka.brokers)? {
            0 => {
                missing = true;
                writeln!(out, "{key}: the topic {topic:?} does not exist; create it, or correct {key}")?;
            }
            count => writeln!(out, "{key}: {topic}, partitions: {count}")?,
        }
    }
    if missing { Err(Failure::SomeInput) } else { Ok(()) }
}

/// Number of partitions; 0 for a topic that is not there.
fn partitions(client: &BaseConsumer, topic: &str, brokers: &str) -> Result<usize, Failure> {
    let metadata = client.fetch_metadata(Some(topic), ANSWER_TIME).map_err(|error| {
        Failure::Failed(format!(
            "no answer from {brokers} within {} s: {}; check kafka.brokers, kafka.security and the network",
            ANSWER_TIME.as_secs(),
            with_causes(&error)
        ))
    })?;
    let found = metadata.topics().iter().find(|found| found.name() == topic);
    Ok(found.map_or(0, |found| found.partitions().len()))
}
