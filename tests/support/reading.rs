//! Articles through the whole stage, and questions about the records that come out.

use std::sync::{Arc, LazyLock};

use rdkafka::message::{Header, Headers, OwnedHeaders};
use serde_json::Value;
use tonewire::analysis::{Analyze, Stage};
use tonewire::article::{Article, Decoder};
use tonewire::config::{Config, InputFormat, OffsetUnit, Settings};
use tonewire::kafka::{IncomingRecord, PartitionId, SourceOffset};
use tonewire::pipeline::outcome::Class;
use tonewire::pipeline::process::Processor;
use tonewire::record::{self, ActorRecord, EnrichedRecord, FieldName, Label, Processing};
use tonewire::telemetry::Telemetry;

static CONFIG: LazyLock<Arc<Config>> =
    LazyLock::new(|| Arc::new(Config::from_settings(Settings::default()).expect("the defaults are valid")));
static STAGE: LazyLock<Arc<Stage>> =
    LazyLock::new(|| Arc::new(Stage::new(&CONFIG.analysis).expect("the embedded model is sound")));
static PROCESSOR: LazyLock<Processor> = LazyLock::new(|| {
    let telemetry = Arc::new(Telemetry::new().expect("metric names are valid"));
    Processor::new(Arc::clone(&CONFIG), Arc::clone(&STAGE) as Arc<dyn Analyze>, telemetry)
});

/// An article with the record that came out of it.
pub struct Read {
    pub article: Article,
    pub record: EnrichedRecord,
}

/// Reads a text as `enrich --format text` does, published at that time.
pub fn read_text(text: &str, published_at: Option<&str>) -> Read {
    read_text_in(text, published_at, OffsetUnit::Codepoints)
}

/// As [`read_text`], with offsets in that unit.
pub fn read_text_in(text: &str, published_at: Option<&str>, unit: OffsetUnit) -> Read {
    let mut input = CONFIG.input.clone();
    input.format = InputFormat::Text;
    let mut articles = Decoder::new(&input).decode(text.as_bytes(), None).expect("a text is an article");
    let mut article = articles.remove(0);
    article.published_at = published_at.map(|time| time.parse().expect("an RFC 3339 time"));
    let analysis = STAGE.analyze(&article);
    let processing = Processing {
        duplicate_of: None,
        model: "test",
        version: "test",
        processed_at: jiff::Timestamp::UNIX_EPOCH,
        duration_ms: 0.0,
        source: None,
    };
    let record = record::enriched(&article, &analysis, &processing, unit);
    Read { article, record }
}

/// What became of a record of the input topic.
pub enum Fate {
    Enriched(Vec<EnrichedRecord>),
    /// The original value, and the headers that say why.
    DeadLetter {
        value: Vec<u8>,
        code: String,
        reason: String,
    },
    Skipped(&'static str),
}

/// Takes a record through decoder, stage and encoder as a worker of the service does.
pub fn process(value: &[u8], headers: &[(String, String)]) -> Fate {
    let original = headers
        .iter()
        .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: Some(value) }));
    let record = IncomingRecord {
        source: SourceOffset {
            partition: PartitionId { topic: Arc::from("articles.raw"), partition: 0 },
            offset: 0,
        },
        timestamp_ms: Some(0),
        key: None,
        value: Some(value.to_vec()),
        content_type: headers.iter().find(|(key, _)| key == "content-type").map(|(_, value)| value.clone()),
        headers: Some(original),
    };
    let outcome = PROCESSOR.process(&record);
    match outcome.class {
        Class::Enriched => Fate::Enriched(
            outcome
                .outputs
                .iter()
                .filter_map(|output| output.value.as_deref())
                .map(|value| serde_json::from_slice(value).expect("an enriched record"))
                .collect(),
        ),
        Class::DeadLettered(_) => {
            let letter = outcome.outputs.front().expect("a dead letter");
            let header = |name: &str| {
                let found = letter.headers.iter().find(|header| header.key == name);
                found.and_then(|header| header.value).map(|value| String::from_utf8_lossy(value).into_owned())
            };
            Fate::DeadLetter {
                value: letter.value.clone().unwrap_or_default(),
                code: header("tonewire.dlq.error_code").unwrap_or_default(),
                reason: header("tonewire.dlq.error").unwrap_or_default(),
            }
        }
        Class::Skipped { reason } => Fate::Skipped(reason),
        Class::Stops(failure) => panic!("the service would stop: {}", failure.message),
    }
}

/// Lower case, one space between words, straight apostrophes, without invisible characters.
pub fn flat(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}'))
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase().replace(['’', '‘'], "'")
}

/// The actor whose name, or the text of whose mention, is that name.
pub fn find<'r>(record: &'r EnrichedRecord, name: &str) -> Option<&'r ActorRecord> {
    let wanted = flat(name);
    let wanted = wanted.strip_prefix("the ").unwrap_or(&wanted);
    let named = |text: &str| {
        let text = flat(text);
        text.strip_prefix("the ").unwrap_or(&text) == wanted
    };
    let by_name = record.actors.iter().find(|actor| named(&actor.name));
    by_name.or_else(|| {
        record.actors.iter().find(|actor| actor.mentions.iter().any(|mention| named(&mention.text)))
    })
}

/// The word of a label.
pub fn word(label: Label) -> &'static str {
    match label {
        Label::Positive => "positive",
        Label::Neutral => "neutral",
        Label::Negative => "negative",
    }
}

/// Mentions that are not the slice of the delivered text that their offsets say (in code points).
pub fn bad_slices(read: &Read) -> Vec<String> {
    let body: Vec<char> = read.article.body.chars().collect();
    let title: Vec<char> = read.article.title.as_deref().unwrap_or_default().chars().collect();
    let mut bad = Vec::new();
    for mention in read.record.actors.iter().flat_map(|actor| &actor.mentions) {
        let text = if mention.field == FieldName::Body { &body } else { &title };
        let slice = text.get(mention.start..mention.end).map(|slice| slice.iter().collect::<String>());
        if slice.as_deref() != Some(mention.text.as_str()) {
            bad.push(format!("{:?} is not {slice:?}", mention.text));
        }
    }
    bad
}

/// A record as JSON without what differs between two runs.
pub fn stable(record: &EnrichedRecord) -> Value {
    let mut value = serde_json::to_value(record).expect("a record is JSON");
    value["processing"] = Value::Null;
    value
}
