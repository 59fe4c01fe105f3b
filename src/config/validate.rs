//! From settings to a [`Config`]: the rules within and between values.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::environment::Environment;
use super::error::{ConfigError, Problem};
use super::{
    AnalysisConfig, Config, Delivery, DuplicatePolicy, DuplicateWindow, InputConfig, KafkaConfig,
    KafkaSettings, LogConfig, OutputConfig, PipelineConfig, Settings, TransactionLimits,
};
use super::{DeadLetterLimitSettings, DeadLetterLimits, Secret, TransactionSettings};
use super::{http, load, mask, owned, rules, security};

impl Config {
    /// Reads and judges a configuration: [`load`](super::load()) and [`Config::from_settings`], with the
    /// problems of both together.
    ///
    /// # Errors
    /// [`ConfigError`] with everything that is wrong.
    pub fn load(path: Option<&Path>, environment: &dyn Environment) -> Result<(Settings, Self), ConfigError> {
        let (settings, mut problems) = load::load_with_problems(path, environment)?;
        match Self::from_settings(settings.clone()) {
            Ok(config) if problems.is_empty() => return Ok((settings, config)),
            Err(ConfigError::Invalid(more)) => {
                // A value that could not be read was replaced by its default, which proves nothing.
                let unread: Vec<String> = problems.iter().flat_map(|problem| problem.keys.clone()).collect();
                problems.extend(
                    more.into_iter().filter(|problem| !problem.keys.iter().any(|key| unread.contains(key))),
                );
            }
            Ok(_) => {}
            Err(other) => return Err(other),
        }
        Err(ConfigError::Invalid(problems))
    }

    /// The configuration of these settings. Reads the files that hold secrets.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] with every rule that is broken.
    pub fn from_settings(settings: Settings) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        rules::check(&settings, &mut problems);
        let http = http::http(&settings.http, &mut problems);
        let kafka = kafka(&settings, &mut problems);
        match (http, problems.is_empty()) {
            (Some(http), true) => Ok(Self {
                kafka,
                input: InputConfig {
                    format: settings.input.format,
                    json: settings.input.json,
                    tombstones: settings.input.tombstones,
                    canceled: settings.input.canceled,
                    recognise_language: settings.input.recognise_language,
                    default_language: Some(settings.input.default_language).filter(|tag| !tag.is_empty()),
                    on_bad_record: settings.input.on_bad_record,
                    max_record_bytes: settings.input.max_record_bytes,
                    dead_letter_limits: dead_letter_limits(&settings.input.dead_letter_limits),
                },
                analysis: AnalysisConfig {
                    languages: settings.analysis.languages,
                    max_words: settings.analysis.max_words,
                    model_path: path(settings.analysis.model_path),
                    watchlist_path: path(settings.analysis.watchlist_path),
                    duplicates: match settings.analysis.duplicates {
                        DuplicatePolicy::Off => None,
                        DuplicatePolicy::Mark => Some(DuplicateWindow {
                            articles: settings.analysis.duplicate_window_articles,
                            time: Duration::from_hours(settings.analysis.duplicate_window_hours),
                        }),
                    },
                },
                pipeline: PipelineConfig {
                    workers: workers(settings.pipeline.workers),
                    max_in_flight_records: settings.pipeline.max_in_flight_records,
                    max_in_flight_bytes: settings.pipeline.max_in_flight_bytes,
                    pause_after: Duration::from_millis(settings.pipeline.pause_after_ms),
                    record_time_limit: Duration::from_millis(settings.pipeline.record_time_limit_ms),
                },
                output: OutputConfig {
                    offsets: settings.output.offsets,
                    dead_letter_headers: settings.output.dead_letter_headers,
                    missing_key: settings.output.missing_key,
                    actor_row_form: settings.output.actor_row_form,
                    cloud_events: settings.output.cloud_events,
                    max_record_bytes: settings.output.max_record_bytes,
                },
                http,
                log: LogConfig { filter: settings.log.filter, format: settings.log.format },
            }),
            _ => Err(ConfigError::Invalid(problems)),
        }
    }
}

/// An empty path is none.
fn path(path: String) -> Option<PathBuf> {
    (!path.is_empty()).then(|| PathBuf::from(path))
}

/// An empty name is none.
fn topic(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}

fn kafka(settings: &Settings, problems: &mut Vec<Problem>) -> KafkaConfig {
    let kafka = &settings.kafka;
    let security::Security { mut properties, secret_files, oauth_token, exposed_files } =
        security::security(&kafka.security, problems);
    let (common_properties, secrets) = pass_through(kafka, problems);
    properties.extend(secrets);
    KafkaConfig {
        brokers: kafka.brokers.clone(),
        group_id: kafka.group_id.clone(),
        input_topics: kafka.input_topics.clone(),
        output_topic: kafka.output_topic.clone(),
        dead_letter_topic: topic(&kafka.dead_letter_topic),
        actor_row_topic: topic(&kafka.actor_row_topic),
        delivery: kafka.delivery,
        start_from: kafka.start_from,
        transactional_id: transactional_id(kafka, problems),
        output_timestamp: kafka.output_timestamp,
        transaction: limits(&kafka.transaction),
        session_timeout: Duration::from_millis(kafka.session_timeout_ms),
        max_poll_interval: Duration::from_millis(kafka.max_poll_interval_ms),
        drain_timeout: Duration::from_millis(kafka.drain_timeout_ms),
        shutdown_timeout: Duration::from_millis(kafka.shutdown_timeout_ms),
        security: properties,
        secret_files,
        exposed_files,
        oauth_token,
        common_properties,
        consumer_properties: pairs(&kafka.consumer),
        producer_properties: pairs(&kafka.producer),
    }
}

fn dead_letter_limits(limits: &DeadLetterLimitSettings) -> DeadLetterLimits {
    DeadLetterLimits {
        percent: limits.percent,
        window: Duration::from_millis(limits.window_ms),
        min_records: limits.min_records,
        consecutive: limits.consecutive,
    }
}

fn limits(transaction: &TransactionSettings) -> TransactionLimits {
    TransactionLimits {
        max_records: transaction.max_records,
        max_bytes: transaction.max_bytes,
        max_age: Duration::from_millis(transaction.max_age_ms),
        timeout: Duration::from_millis(transaction.timeout_ms),
    }
}

type Properties = Vec<(String, String)>;

/// Checks the pass-through tables. Secrets among the common ones are taken out, so that they are masked
/// wherever the configuration is shown.
fn pass_through(kafka: &KafkaSettings, problems: &mut Vec<Problem>) -> (Properties, Vec<(String, Secret)>) {
    let tables = [("common", &kafka.common), ("consumer", &kafka.consumer), ("producer", &kafka.producer)];
    for (table, properties) in tables {
        for property in properties.keys() {
            let key = format!("kafka.{table}.{property}");
            if let Some(owned) = owned::find(property) {
                problems.push(Problem::of(
                    &key,
                    format!("the service sets this property itself: {}", owned.reason),
                    owned.instead,
                ));
            } else if table != "common" && mask::is_secret(property) {
                problems.push(Problem::of(
                    &key,
                    "a secret stands where only one of the two clients gets it",
                    "put it into [kafka.common]",
                ));
            }
        }
    }
    let (secret, open): (Properties, Properties) =
        pairs(&kafka.common).into_iter().partition(|(property, _)| mask::is_secret(property));
    let secret = secret.into_iter().map(|(key, value)| (key, Secret::new(value))).collect();
    (open, secret)
}

fn pairs(table: &std::collections::BTreeMap<String, String>) -> Properties {
    table.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn transactional_id(kafka: &KafkaSettings, problems: &mut Vec<Problem>) -> String {
    let instance =
        if kafka.instance_name.is_empty() { host_name() } else { Some(kafka.instance_name.clone()) };
    if instance.is_none() && kafka.delivery == Delivery::ExactlyOnce {
        problems.push(Problem::of(
            "kafka.instance_name",
            "not set, and the host name cannot be found out",
            "give each instance a name of its own that stays over restarts",
        ));
    }
    let instance = instance.unwrap_or_default();
    format!("{}-{}-{instance}", kafka.transactional_id_prefix, kafka.group_id)
}

fn host_name() -> Option<String> {
    let from_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let from_command = || {
        let output = std::process::Command::new("hostname").output().ok()?;
        String::from_utf8(output.stdout).ok()
    };
    let name = from_kernel.or_else(from_command)?.trim().to_owned();
    (!name.is_empty()).then_some(name)
}

fn workers(setting: usize) -> NonZeroUsize {
    NonZeroUsize::new(setting).unwrap_or_else(|| {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        NonZeroUsize::new(cores.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN)
    })
}

#[cfg(test)]
#[path = "validate_tests.rs"]
mod tests;
