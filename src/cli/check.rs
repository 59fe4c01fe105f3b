//! `check`: everything that can be found out about a configuration before it runs.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::config::{Config, KafkaConfig, ProcessEnvironment};
use crate::kafka::{self, Probe, ProbeError};
use clap::Args;

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
    /// Ask the brokers too: are they there and trusted, do they let us in, do the topics exist, and may we read?
    #[arg(long)]
    connect: bool,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let (_, config) = Config::load(arguments.config.as_deref(), &ProcessEnvironment)?;
    check_properties(&config)?;
    watchlist::load("analysis.watchlist_path", config.analysis.watchlist_path.as_deref())?;
    let mut out = io::stdout().lock();
    writeln!(out, "the configuration is valid")?;
    for file in config.exposed_files() {
        writeln!(out, "warning: {file}")?;
    }
    if arguments.connect {
        check_brokers(&config.kafka, &mut out)?;
    }
    Ok(())
}

/// Only librdkafka knows which properties there are, and which values they take.
fn check_properties(config: &Config) -> Result<(), Failure> {
    let clients =
        [("consumer", kafka::consumer_config(&config.kafka)), ("producer", kafka::producer_config(config))];
    for (client, properties) in clients {
        properties.create_native_config().map_err(kafka::without_values).map_err(|error| {
            Failure::Usage(format!(
                "librdkafka refuses the {client}'s properties: {}; see kafka.common, kafka.{client} and kafka.security",
                with_causes(&error)
            ))
        })?;
    }
    Ok(())
}

fn check_brokers(kafka: &KafkaConfig, out: &mut dyn Write) -> Result<(), Failure> {
    let probe = Probe::connect(kafka, ANSWER_TIME).map_err(|error| Failure::from_error(&error))?;
    let inputs = kafka.input_topics.iter().map(|topic| ("kafka.input_topics", topic));
    let outputs = [("kafka.output_topic", &kafka.output_topic)];
    let dead_letters = kafka.dead_letter_topic.iter().map(|topic| ("kafka.dead_letter_topic", topic));
    let rows = kafka.actor_row_topic.iter().map(|topic| ("kafka.actor_row_topic", topic));
    let mut all_well = true;
    for (key, topic) in inputs.chain(outputs).chain(dead_letters).chain(rows) {
        let reads = key == "kafka.input_topics";
        match probe.partitions(topic) {
            Ok(0) => {
                all_well = false;
                writeln!(out, "{key}: the topic {topic:?} does not exist; create it, or correct {key}")?;
            }
            Ok(count) => {
                writeln!(out, "{key}: {topic}, partitions: {count}")?;
                all_well &= !reads || told(key, probe.read(topic, count), out)?;
            }
            Err(error) => all_well &= told(key, Err(error), out)?,
        }
    }
    all_well &= told("kafka.group_id", probe.group(), out)?;
    writeln!(out, "rights to write are not asked for: only a record or a transaction shows them")?;
    if all_well { Ok(()) } else { Err(Failure::SomeInput) }
}

/// Writes what is wrong; true if nothing is. Brokers that no longer answer end the command.
fn told(key: &str, answer: Result<(), ProbeError>, out: &mut dyn Write) -> Result<bool, Failure> {
    match answer {
        Ok(()) => Ok(true),
        Err(error @ ProbeError::Forbidden { .. }) => {
            writeln!(out, "{key}: {error}")?;
            Ok(false)
        }
        Err(error) => Err(Failure::from_error(&error)),
    }
}
