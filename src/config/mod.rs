//! Configuration in two steps: [`Settings`] are what a file and the environment say, one field per key;
//! [`Config`] is what the program runs with, and can only be made from settings that hold together.

mod environment;
mod error;
mod group;
mod http;
mod keys;
mod load;
mod mask;
mod owned;
mod rules;
mod secrets;
mod security;
mod settings;
mod validate;

pub use environment::{Environment, ProcessEnvironment};
pub use error::{ConfigError, Problem};
pub use http::is_token;
pub use load::load;
pub use mask::{MASK, is_secret, masked};
pub use secrets::{ExposedFile, read_again};
pub use settings::*;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

/// A configuration that is known to be valid. Built by [`Config::from_settings`].
#[derive(Clone, Debug)]
pub struct Config {
    pub kafka: KafkaConfig,
    pub input: InputConfig,
    pub analysis: AnalysisConfig,
    pub pipeline: PipelineConfig,
    pub output: OutputConfig,
    pub http: HttpConfig,
    pub log: LogConfig,
}

impl Config {
    /// Files with secrets that every user of the machine may read.
    pub fn exposed_files(&self) -> impl Iterator<Item = &ExposedFile> {
        let token = self.http.token.as_ref().and_then(|token| token.exposed.as_ref());
        self.kafka.exposed_files.iter().chain(token)
    }
}

/// The client, the topics and the guarantees.
#[derive(Clone, Debug)]
pub struct KafkaConfig {
    pub brokers: String,
    pub group_id: String,
    pub input_topics: Vec<String>,
    pub output_topic: String,
    /// `None`: there is no dead-letter topic, and [`BadRecordPolicy::DeadLetter`] cannot be chosen.
    pub dead_letter_topic: Option<String>,
    /// `None`: no flat rows are written.
    pub actor_row_topic: Option<String>,
    pub delivery: Delivery,
    /// Where to start on a partition for which the group has no committed offset.
    pub start_from: StartFrom,
    /// `{prefix}-{group}-{instance}`: must be stable over restarts and unique among live instances.
    pub transactional_id: String,
    pub output_timestamp: OutputTimestamp,
    pub transaction: TransactionLimits,
    pub session_timeout: Duration,
    pub max_poll_interval: Duration,
    /// How long a partition that is being taken away may hold up the group's rebalance.
    pub drain_timeout: Duration,
    /// From the first signal to the end of the process, whatever the brokers do.
    pub shutdown_timeout: Duration,
    /// Properties for librdkafka from `[kafka.security]`, secrets read from their files.
    pub security: Vec<(String, Secret)>,
    /// Those of them that came from files, which are read again for new clients: secrets are rotated.
    pub secret_files: Vec<(String, std::path::PathBuf)>,
    /// Files with secrets that every user of the machine may read, which is told and no error.
    pub exposed_files: Vec<ExposedFile>,
    /// Where access tokens come from, for `OAUTHBEARER`.
    pub oauth_token: Option<TokenSource>,
    /// Pass-through properties, in the order common, then consumer or producer.
    pub common_properties: Vec<(String, String)>,
    pub consumer_properties: Vec<(String, String)>,
    pub producer_properties: Vec<(String, String)>,
}

/// When an open transaction (or an at-least-once batch) is closed: at the first limit reached.
#[derive(Clone, Copy, Debug)]
pub struct TransactionLimits {
    pub max_records: usize,
    pub max_bytes: usize,
    pub max_age: Duration,
    /// After this time without progress the broker aborts the transaction by itself.
    pub timeout: Duration,
}

/// Where an access token comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum TokenSource {
    File(std::path::PathBuf),
    /// Run without a shell; what it prints is the token.
    Command {
        program: String,
        arguments: Vec<String>,
    },
}

impl std::fmt::Debug for TokenSource {
    /// Arguments may be secrets themselves.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "File({})", path.display()),
            Self::Command { program, .. } => write!(f, "Command({program} ****)"),
        }
    }
}

/// A value that is never printed: its `Debug` shows a mask.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself, for the client only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("****")
    }
}

#[derive(Clone, Debug)]
pub struct InputConfig {
    pub format: InputFormat,
    pub json: JsonMapping,
    pub tombstones: TombstonePolicy,
    pub canceled: CanceledPolicy,
    /// Recognise the language of articles that declare none.
    pub recognise_language: bool,
    /// For articles that declare no language and whose text leaves it open.
    pub default_language: Option<String>,
    pub on_bad_record: BadRecordPolicy,
    /// A larger record value is a bad record.
    pub max_record_bytes: usize,
    pub dead_letter_limits: DeadLetterLimits,
}

/// Beyond these the service stops rather than turn a whole topic into dead letters.
#[derive(Clone, Copy, Debug)]
pub struct DeadLetterLimits {
    /// Most dead letters among the records of the window, in percent. 0: no limit.
    pub percent: u64,
    pub window: Duration,
    /// Fewer records in the window are not judged.
    pub min_records: u64,
    /// Most dead letters in a row in one partition. 0: no limit.
    pub consecutive: u64,
}

#[derive(Clone, Debug)]
pub struct AnalysisConfig {
    /// Two-letter codes of the languages that are read; others come out as `unsupported_language`.
    pub languages: Vec<String>,
    /// Words beyond this are not read, and the record says `truncated`.
    pub max_words: usize,
    /// Weights to use instead of those inside the program.
    pub model_path: Option<std::path::PathBuf>,
    /// The user's own actors.
    pub watchlist_path: Option<std::path::PathBuf>,
    /// What copies of earlier articles are looked for in; `None` where they are not marked.
    pub duplicates: Option<DuplicateWindow>,
}

/// How far back articles are compared, within a partition.
#[derive(Clone, Copy, Debug)]
pub struct DuplicateWindow {
    /// Articles.
    pub articles: usize,
    /// Between the timestamps of two records.
    pub time: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct PipelineConfig {
    pub workers: NonZeroUsize,
    pub max_in_flight_records: usize,
    pub max_in_flight_bytes: usize,
    /// Only back-pressure that lasts longer pauses the partitions: pausing throws away what the client
    /// has already fetched.
    pub pause_after: Duration,
    /// An analysis that takes longer is reported, and its record is a bad record.
    pub record_time_limit: Duration,
}

#[derive(Clone, Copy, Debug)]
pub struct OutputConfig {
    pub offsets: OffsetUnit,
    /// Names of the headers that are added to a dead letter.
    pub dead_letter_headers: HeaderNames,
    pub missing_key: MissingKey,
    pub actor_row_form: RowForm,
    pub cloud_events: CloudEventMode,
    /// A larger enriched record is dead-lettered rather than sent: one refused record would make the
    /// whole transaction fail.
    pub max_record_bytes: usize,
}

#[derive(Clone, Debug)]
pub struct HttpConfig {
    pub listen: SocketAddr,
    /// What readers must send. `None`: whoever reaches the address may read.
    pub token: Option<TokenFile>,
    /// What the live page keeps of actors and articles. `None`: nothing.
    pub recent: Option<RecentConfig>,
}

/// The token of readers, with the file that it is read from again: tokens are rotated.
#[derive(Clone, Debug)]
pub struct TokenFile {
    pub path: std::path::PathBuf,
    pub token: Secret,
    /// The file, if every user of the machine may read it.
    pub exposed: Option<ExposedFile>,
}

/// Bounds of what the live page keeps in memory.
#[derive(Clone, Copy, Debug)]
pub struct RecentConfig {
    pub window: Duration,
    pub actors: NonZeroUsize,
    pub text_bytes: usize,
}

#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A `tracing` filter such as `info` or `info,librdkafka=debug`.
    pub filter: String,
    pub format: LogFormat,
}
