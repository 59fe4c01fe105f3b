//! One struct per table of the configuration file, one field per key. Parsing only: nothing here
//! judges a value beyond its type. `config/tonewire.toml` shows every key with its default and reason.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The configuration file as written, with defaults where it is silent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Settings {
    pub kafka: KafkaSettings,
    pub input: InputSettings,
    pub analysis: AnalysisSettings,
    pub pipeline: PipelineSettings,
    pub output: OutputSettings,
    pub http: HttpSettings,
    pub log: LogSettings,
}

/// `[kafka]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct KafkaSettings {
    /// Bootstrap addresses, `host:port`, separated by commas.
    pub brokers: String,
    /// Consumer group.
    pub group_id: String,
    /// Topics that hold raw articles.
    pub input_topics: Vec<String>,
    /// Topic for enriched records.
    pub output_topic: String,
    /// Topic for records that cannot be read. Empty: none.
    pub dead_letter_topic: String,
    /// Topic for flat rows, one per article and actor. Empty: none.
    pub actor_row_topic: String,
    /// What the group may rely on.
    pub delivery: Delivery,
    /// Where to start on a partition without a committed offset.
    pub start_from: StartFrom,
    /// First part of the transactional id.
    pub transactional_id_prefix: String,
    /// Name of this instance, stable over restarts and unique among live instances. Empty: the host name.
    pub instance_name: String,
    /// Timestamp of output records.
    pub output_timestamp: OutputTimestamp,
    /// The group coordinator gives our partitions away after this silence.
    pub session_timeout_ms: u64,
    /// The client leaves the group if its loop stands still this long.
    pub max_poll_interval_ms: u64,
    /// Longest wait for records in work when partitions are taken away.
    pub drain_timeout_ms: u64,
    /// Hard limit for a stop.
    pub shutdown_timeout_ms: u64,
    pub transaction: TransactionSettings,
    pub security: SecuritySettings,
    /// librdkafka properties for both clients.
    pub common: BTreeMap<String, String>,
    /// librdkafka properties for the consumer.
    pub consumer: BTreeMap<String, String>,
    /// librdkafka properties for the producer.
    pub producer: BTreeMap<String, String>,
}

impl Default for KafkaSettings {
    fn default() -> Self {
        Self {
            brokers: "localhost:9092".into(),
            group_id: "tonewire".into(),
            input_topics: vec!["articles.raw".into()],
            output_topic: "articles.enriched".into(),
            dead_letter_topic: "articles.dead-letters".into(),
            actor_row_topic: String::new(),
            delivery: Delivery::ExactlyOnce,
            start_from: StartFrom::Earliest,
            transactional_id_prefix: "tonewire".into(),
            instance_name: String::new(),
            output_timestamp: OutputTimestamp::Input,
            session_timeout_ms: 45_000,
            max_poll_interval_ms: 300_000,
            drain_timeout_ms: 5_000,
            shutdown_timeout_ms: 25_000,
            transaction: TransactionSettings::default(),
            security: SecuritySettings::default(),
            common: BTreeMap::new(),
            consumer: BTreeMap::new(),
            producer: BTreeMap::new(),
        }
    }
}

/// `[kafka.transaction]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct TransactionSettings {
    /// Close after this many input records.
    pub max_records: usize,
    /// Close after this many bytes of output.
    pub max_bytes: usize,
    /// Close after this time.
    pub max_age_ms: u64,
    /// The broker aborts a transaction that stays open longer.
    pub timeout_ms: u64,
}

impl Default for TransactionSettings {
    fn default() -> Self {
        Self { max_records: 500, max_bytes: 4 * 1024 * 1024, max_age_ms: 200, timeout_ms: 30_000 }
    }
}

/// `[kafka.security]`. Empty means not set. Every secret can also come from a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SecuritySettings {
    /// `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`. Empty: `plaintext`.
    pub protocol: String,
    /// `PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`.
    pub sasl_mechanism: String,
    pub sasl_username: String,
    pub sasl_password: String,
    pub sasl_password_file: String,
    /// File with the access token for `OAUTHBEARER`.
    pub oauth_token_file: String,
    /// Program and arguments that print the access token for `OAUTHBEARER`.
    pub oauth_token_command: Vec<String>,
    /// Certificate authority of the brokers, PEM.
    pub ca_file: String,
    /// Client certificate, PEM.
    pub certificate_file: String,
    /// Key of the client certificate, PEM.
    pub key_file: String,
    pub key_password: String,
    pub key_password_file: String,
}

/// `[input]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct InputSettings {
    pub format: InputFormat,
    pub tombstones: TombstonePolicy,
    pub canceled: CanceledPolicy,
    /// Recognise the language of articles that declare none.
    pub recognise_language: bool,
    /// Language of articles that declare none and whose text leaves it open. Empty: none.
    pub default_language: String,
    pub on_bad_record: BadRecordPolicy,
    /// Larger record values are bad records.
    pub max_record_bytes: usize,
    pub dead_letter_limits: DeadLetterLimitSettings,
    pub json: JsonMapping,
}

impl Default for InputSettings {
    fn default() -> Self {
        Self {
            format: InputFormat::Auto,
            tombstones: TombstonePolicy::Skip,
            canceled: CanceledPolicy::Skip,
            recognise_language: true,
            default_language: String::new(),
            on_bad_record: BadRecordPolicy::DeadLetter,
            max_record_bytes: 16 * 1024 * 1024,
            dead_letter_limits: DeadLetterLimitSettings::default(),
            json: JsonMapping::default(),
        }
    }
}

/// `[input.dead_letter_limits]`: beyond them the service stops rather than turn a whole topic into dead letters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DeadLetterLimitSettings {
    /// Most dead letters among the records of the window, in percent. 0: no limit.
    pub percent: u64,
    /// Length of the window.
    pub window_ms: u64,
    /// Fewer records in the window are not judged.
    pub min_records: u64,
    /// Most dead letters in a row in one partition. 0: no limit.
    pub consecutive: u64,
}

impl Default for DeadLetterLimitSettings {
    fn default() -> Self {
        Self { percent: 50, window_ms: 60_000, min_records: 1_000, consecutive: 1_000 }
    }
}

/// `[input.json]`: where the fields stand, as JSON pointers (RFC 6901). The first that is there is taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct JsonMapping {
    pub id: Vec<String>,
    pub title: Vec<String>,
    pub body: Vec<String>,
    pub published_at: Vec<String>,
    pub language: Vec<String>,
    pub source: Vec<String>,
    pub url: Vec<String>,
    pub byline: Vec<String>,
    pub revision: Vec<String>,
}

impl Default for JsonMapping {
    fn default() -> Self {
        let pointers = |names: &[&str]| names.iter().map(|name| format!("/{name}")).collect();
        Self {
            id: pointers(&["id", "guid", "uuid", "uri"]),
            title: pointers(&["title", "headline"]),
            body: pointers(&["body", "text", "content", "maintext", "articleBody"]),
            published_at: pointers(&[
                "published_at",
                "publishedAt",
                "date_publish",
                "published",
                "date",
                "datePublished",
            ]),
            language: pointers(&["language", "lang"]),
            source: pointers(&["source", "publisher", "source_domain"]),
            url: pointers(&["url", "link"]),
            byline: pointers(&["byline", "author", "authors"]),
            revision: pointers(&["revision", "version"]),
        }
    }
}

/// `[analysis]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AnalysisSettings {
    /// Two-letter codes; articles declared in another language come out as `unsupported_language`.
    pub languages: Vec<String>,
    /// Words beyond this are not read.
    pub max_words: usize,
    /// Weights to use instead of those inside the program, as `training/` exports them. Empty: those inside.
    pub model_path: String,
    /// The user's own actors, a file like `config/watchlist.toml`. Read again on SIGHUP. Empty: none.
    pub watchlist_path: String,
    /// What becomes of an article that is a copy of an earlier one.
    pub duplicates: DuplicatePolicy,
    /// Articles of a partition that a new one is compared with.
    pub duplicate_window_articles: usize,
    /// Articles further apart in time are not compared.
    pub duplicate_window_hours: u64,
}

/// What becomes of an article that is a copy of an earlier one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DuplicatePolicy {
    /// Its record names the first.
    #[default]
    Mark,
    /// Nothing: articles are not compared.
    Off,
}

impl Default for AnalysisSettings {
    fn default() -> Self {
        Self {
            languages: vec!["en".into()],
            max_words: 1_000_000,
            model_path: String::new(),
            watchlist_path: String::new(),
            duplicates: DuplicatePolicy::Mark,
            duplicate_window_articles: 1_000,
            duplicate_window_hours: 48,
        }
    }
}

/// `[pipeline]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PipelineSettings {
    /// Threads that read articles. 0: one less than the machine has cores, at least one.
    pub workers: usize,
    pub max_in_flight_records: usize,
    pub max_in_flight_bytes: usize,
    /// Back-pressure that lasts longer pauses consumption.
    pub pause_after_ms: u64,
    /// Longest time for one article.
    pub record_time_limit_ms: u64,
}

impl Default for PipelineSettings {
    fn default() -> Self {
        Self {
            workers: 0,
            max_in_flight_records: 2_000,
            max_in_flight_bytes: 64 * 1024 * 1024,
            pause_after_ms: 1_000,
            record_time_limit_ms: 60_000,
        }
    }
}

/// `[output]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OutputSettings {
    pub offsets: OffsetUnit,
    /// Key of the output of a record that has none.
    pub missing_key: MissingKey,
    /// Names of the headers that are added to a dead letter.
    pub dead_letter_headers: HeaderNames,
    /// Form of the rows in `kafka.actor_row_topic`.
    pub actor_row_form: RowForm,
    /// Whether enriched records are CloudEvents.
    pub cloud_events: CloudEventMode,
    /// Larger enriched records are dead-lettered. Keep at or below the topic's `max.message.bytes`.
    pub max_record_bytes: usize,
}

impl Default for OutputSettings {
    fn default() -> Self {
        Self {
            offsets: OffsetUnit::Codepoints,
            missing_key: MissingKey::ArticleId,
            dead_letter_headers: HeaderNames::Tonewire,
            actor_row_form: RowForm::Json,
            cloud_events: CloudEventMode::Off,
            max_record_bytes: 1_000_000,
        }
    }
}

/// `[http]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HttpSettings {
    /// Address and port of the live page, /metrics and the probes. Loopback unless told otherwise.
    pub listen: String,
    /// File with the token that readers must send as `Authorization: Bearer`. Empty: none.
    pub token_path: String,
    /// How far the live page looks back at actors and articles. 0: none are kept.
    pub recent_minutes: u64,
    /// Most actors kept for the live page.
    pub recent_actors: usize,
    /// Most bytes of articles and sentences kept for the live page.
    pub recent_text_bytes: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9464".into(),
            token_path: String::new(),
            recent_minutes: 15,
            recent_actors: 1_000,
            recent_text_bytes: 16 * 1024 * 1024,
        }
    }
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LogSettings {
    pub filter: String,
    pub format: LogFormat,
}

impl Default for LogSettings {
    fn default() -> Self {
        Self { filter: "info".into(), format: LogFormat::Auto }
    }
}

/// An enum of the configuration file: written in snake case.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
        #[serde(rename_all = "snake_case")]
        #[clap(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }
    };
}

choice! {
    /// What readers of the output may rely on.
    Delivery {
        /// Offsets and output in one transaction: readers with `isolation.level=read_committed` see each result once.
        ExactlyOnce,
        /// Idempotent producer, offsets after delivery: after a crash some results come twice, with the same bytes.
        AtLeastOnce,
    }
}
choice! {
    /// Where to start without a committed offset (`auto.offset.reset`).
    StartFrom {
        Earliest,
        Latest,
        /// Stop with an error rather than guess.
        Fail,
    }
}
choice! {
    /// Timestamp of output records.
    OutputTimestamp {
        /// That of the input record.
        Input,
        /// The time of processing.
        Now,
    }
}
/// How record values are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[clap(rename_all = "kebab-case")]
pub enum InputFormat {
    /// By the `content-type` header, the first bytes and the keys.
    Auto,
    /// Plain text: the whole value is the body.
    Text,
    /// One JSON object, its fields where `[input.json]` says.
    Json,
    /// IPTC ninjs 1.x, 2.x and 3.x.
    Ninjs,
    /// IPTC NewsML-G2: items and messages.
    NewsmlG2,
    /// IPTC NewsML 1.x.
    #[serde(rename = "newsml-1")]
    #[clap(name = "newsml-1", alias = "newsml-1.2")]
    Newsml1,
    /// IPTC NITF.
    Nitf,
    /// RSS 0.91 to 2.0 and RSS 1.0 (RDF).
    Rss,
    /// Atom 1.0: feeds and single entries.
    Atom,
    /// JSON Feed 1.x.
    JsonFeed,
    /// Articles of news-please and CC-News.
    NewsPlease,
    /// Answers and articles of NewsAPI.org.
    Newsapi,
    /// Answers and articles of Event Registry (newsapi.ai).
    EventRegistry,
    /// Answers and posts of Webz.io (Webhose).
    Webz,
    /// Feeds and items of the AP Media API.
    ApMedia,
    /// Agency wires in IPTC 7901 and ANPA 1312.
    #[clap(alias = "anpa")]
    Iptc7901,
    /// Rows of the GDELT Global Knowledge Graph 2.1.
    GdeltGkg,
    /// Ritzau's `RBNews`.
    Ritzau,
    /// A page: the article is found on it.
    Html,
    /// WARC and WET records, also gzip.
    Warc,
}

impl InputFormat {
    /// The name in configuration and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Text => "text",
            Self::Json => "json",
            Self::Ninjs => "ninjs",
            Self::NewsmlG2 => "newsml-g2",
            Self::Newsml1 => "newsml-1",
            Self::Nitf => "nitf",
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::JsonFeed => "json-feed",
            Self::NewsPlease => "news-please",
            Self::Newsapi => "newsapi",
            Self::EventRegistry => "event-registry",
            Self::Webz => "webz",
            Self::ApMedia => "ap-media",
            Self::Iptc7901 => "iptc7901",
            Self::GdeltGkg => "gdelt-gkg",
            Self::Ritzau => "ritzau",
            Self::Html => "html",
            Self::Warc => "warc",
        }
    }
}

choice! {
    /// What to do with an article that its publisher has canceled or holds back.
    CanceledPolicy {
        /// Count it and go on.
        Skip,
        /// Send a record without a value under its key, so that a compacted output topic forgets the article.
        Tombstone,
        /// Read it like any other.
        Enrich,
    }
}
choice! {
    /// What to do with a record without a value.
    TombstonePolicy {
        /// Count it and go on.
        Skip,
        /// Pass it to the output topic, so that a compacted topic forgets the article there too.
        Pass,
    }
}
choice! {
    /// What to do with a record that cannot be read.
    BadRecordPolicy {
        /// Send it to the dead-letter topic.
        DeadLetter,
        /// Count it and go on.
        Skip,
        /// Stop the service with its offset uncommitted.
        Stop,
    }
}
choice! {
    /// Names of the headers that are added to a dead letter.
    HeaderNames {
        /// `tonewire.dlq.topic` and so on.
        Tonewire,
        /// `__connect.errors.topic` and so on, as Kafka Connect writes them (KIP-298).
        Connect,
        Both,
    }
}
choice! {
    /// Key of the output of a record that has none.
    MissingKey {
        /// The id of the article.
        ArticleId,
        /// None either.
        Keep,
    }
}
choice! {
    /// Form of an actor row.
    RowForm {
        /// One flat JSON object.
        Json,
        /// The same with its schema, as Kafka Connect's `JsonConverter` with `schemas.enable=true` wants it.
        Connect,
    }
}
choice! {
    /// Whether enriched records are CloudEvents 1.0.
    CloudEventMode {
        /// They are not.
        Off,
        /// The attributes are headers (`ce_id` and so on), the value is the record.
        Binary,
        /// The value is the event, the record its `data`.
        Structured,
    }
}
choice! {
    /// Unit of the offsets in the enriched record.
    OffsetUnit { Codepoints, Utf16, Utf8 }
}
choice! {
    /// Form of the log.
    LogFormat {
        /// Text on a terminal, JSON otherwise.
        Auto,
        Text,
        Json,
    }
}
