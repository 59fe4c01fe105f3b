//! One record to its outcome: decode, analyse, encode. Pure but for the clock in `processed_at`.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use rdkafka::message::OwnedHeaders;

use crate::analysis::{Analysis, Analyze, Polarity};
use crate::article::{Article, Decoder};
use crate::config::{BadRecordPolicy, CanceledPolicy, Config, OutputTimestamp, TombstonePolicy};
use crate::kafka::{IncomingRecord, OutgoingRecord};
use crate::record::{self, Processing, SourceCoordinates};
use crate::telemetry::Telemetry;
use crate::telemetry::events::{LogLimiter, RecordFailed};

use super::dead_letter::{dead_letter, insert, without_value};
use super::outcome::{Class, Failure, Form, Outcome};

/// Turns records into outcomes. Shared by all workers.
pub struct Processor {
    config: Arc<Config>,
    decoder: Decoder,
    analyzer: Arc<dyn Analyze>,
    telemetry: Arc<Telemetry>,
    limiter: LogLimiter,
    output_topic: Arc<str>,
    dead_letter_topic: Option<Arc<str>>,
}

impl Processor {
    /// A processor for a configuration and a stage.
    #[must_use]
    pub fn new(config: Arc<Config>, analyzer: Arc<dyn Analyze>, telemetry: Arc<Telemetry>) -> Self {
        Self {
            decoder: Decoder::new(&config.input),
            output_topic: Arc::from(config.kafka.output_topic.as_str()),
            dead_letter_topic: config.kafka.dead_letter_topic.as_deref().map(Arc::from),
            limiter: LogLimiter::default(),
            config,
            analyzer,
            telemetry,
        }
    }

    /// The outcome of a record. Never panics: a panic of a stage is an outcome too.
    #[must_use]
    pub fn process(&self, record: &IncomingRecord) -> Outcome {
        let Some(value) = record.value.as_deref() else { return self.tombstone(record) };
        match self.enrich(record, value) {
            Ok(outputs) if outputs.is_empty() => skipped("no_article"),
            Ok(outputs) => Outcome { class: Class::Enriched, outputs, form: Form::Result },
            Err(failure) => self.fail(record, failure, 1),
        }
    }

    fn enrich(&self, record: &IncomingRecord, value: &[u8]) -> Result<VecDeque<OutgoingRecord>, Failure> {
        let started = Instant::now();
        let articles = guarded("decode", || self.decoder.decode(value, record.content_type.as_deref()))?
            .map_err(|error| Failure { stage: "decode", code: error.code(), message: error.to_string() })?;
        self.observe("decode", started);
        let outputs =
            articles.iter().filter_map(|article| match (article.canceled, self.config.input.canceled) {
                (true, CanceledPolicy::Skip) => None,
                (true, CanceledPolicy::Tombstone) => Some(Ok(self.output(record, article, None))),
                _ => Some(self.enrich_article(record, article)),
            });
        outputs.collect()
    }

    fn enrich_article(&self, record: &IncomingRecord, article: &Article) -> Result<OutgoingRecord, Failure> {
        let started = Instant::now();
        let analysis = guarded("analysis", || self.analyzer.analyze(article))?;
        self.observe("analysis", started);
        self.count(&analysis);
        let encoding = Instant::now();
        let value =
            guarded("encode", || self.encode(record, article, &analysis, started))?.map_err(|error| {
                Failure { stage: "encode", code: "not_serialisable", message: error.to_string() }
            })?;
        self.observe("encode", encoding);
        let limit = self.config.output.max_record_bytes;
        if value.len() > limit {
            let message = format!(
                "the enriched record has {} bytes, more than output.max_record_bytes = {limit}; raise it together with the topic's max.message.bytes",
                value.len()
            );
            return Err(Failure { stage: "encode", code: "output_too_large", message });
        }
        Ok(self.output(record, article, Some(value)))
    }

    fn encode(
        &self,
        record: &IncomingRecord,
        article: &Article,
        analysis: &Analysis,
        started: Instant,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let source = SourceCoordinates {
            topic: &record.source.partition.topic,
            partition: record.source.partition.partition,
            offset: record.source.offset,
        };
        let processing = Processing {
            model: self.analyzer.model(),
            version: env!("CARGO_PKG_VERSION"),
            processed_at: jiff::Timestamp::now(),
            duration_ms: started.elapsed().as_secs_f64() * 1000.0,
            source: Some(source),
        };
        record::encode(article, analysis, &processing, self.config.output.offsets)
    }

    fn output(&self, record: &IncomingRecord, article: &Article, value: Option<Vec<u8>>) -> OutgoingRecord {
        let mut headers = insert(source_headers(record), "content-type", "application/json");
        if let Some(position) = article.position {
            headers = insert(headers, "tonewire-article", &position.to_string());
        }
        // Those of an envelope under one key would push each other out of a compacted topic.
        let own_key = || article.id.clone().into_bytes();
        let key = record.key.clone().filter(|_| article.position.is_none());
        OutgoingRecord {
            topic: Arc::clone(&self.output_topic),
            key: Some(key.unwrap_or_else(own_key)),
            value,
            headers,
            timestamp_ms: self.output_timestamp(record),
        }
    }

    fn output_timestamp(&self, record: &IncomingRecord) -> Option<i64> {
        match self.config.kafka.output_timestamp {
            OutputTimestamp::Input => record.carried_timestamp_ms(),
            OutputTimestamp::Now => None,
        }
    }

    fn tombstone(&self, record: &IncomingRecord) -> Outcome {
        match self.config.input.tombstones {
            TombstonePolicy::Skip => skipped("tombstone"),
            TombstonePolicy::Pass => {
                let output = OutgoingRecord {
                    topic: Arc::clone(&self.output_topic),
                    key: record.key.clone(),
                    value: None,
                    headers: source_headers(record),
                    timestamp_ms: self.output_timestamp(record),
                };
                Outcome { class: Class::Enriched, outputs: VecDeque::from([output]), form: Form::Result }
            }
        }
    }

    /// The outcome of a record that cannot be enriched, by policy.
    #[must_use]
    pub fn fail(&self, record: &IncomingRecord, failure: Failure, attempts: u32) -> Outcome {
        self.fail_as(record, failure, attempts, Form::Letter)
    }

    /// As [`fail`](Self::fail), with as much of the record in the dead letter as its topic takes.
    #[must_use]
    pub fn fail_as(&self, record: &IncomingRecord, failure: Failure, attempts: u32, form: Form) -> Outcome {
        let source = &record.source;
        RecordFailed {
            stage: failure.stage,
            error_code: failure.code,
            error: &failure.message,
            topic: &source.partition.topic,
            partition: source.partition.partition,
            offset: source.offset,
        }
        .emit(&self.telemetry, &self.limiter);
        let names = self.config.output.dead_letter_headers;
        match (self.config.input.on_bad_record, &self.dead_letter_topic) {
            (BadRecordPolicy::DeadLetter, Some(topic)) => {
                let letter = match form {
                    Form::Result | Form::Letter => dead_letter(topic, record, &failure, attempts, names),
                    Form::WithoutValue => {
                        without_value(&dead_letter(topic, record, &failure, attempts, names))
                    }
                    Form::Coordinates | Form::Nothing => {
                        without_value(&dead_letter(topic, &coordinates_of(record), &failure, attempts, names))
                    }
                };
                let outputs = VecDeque::from([letter]);
                Outcome { class: Class::DeadLettered(failure), outputs, form: form.max(Form::Letter) }
            }
            (BadRecordPolicy::Skip, _) => skipped(failure.code),
            (BadRecordPolicy::Stop | BadRecordPolicy::DeadLetter, _) => {
                Outcome { class: Class::Stops(failure), outputs: VecDeque::new(), form: Form::Result }
            }
        }
    }

    fn observe(&self, stage: &str, started: Instant) {
        self.telemetry.stage_duration.with_label_values(&[stage]).observe(started.elapsed().as_secs_f64());
    }

    fn count(&self, analysis: &Analysis) {
        let telemetry = &self.telemetry;
        telemetry.article_words.observe(to_f64(analysis.words));
        telemetry
            .mentions_per_article
            .observe(to_f64(analysis.actors.iter().map(|actor| actor.mentions.len()).sum()));
        for actor in &analysis.actors {
            telemetry.entities.with_label_values(&[actor.kind.as_str()]).inc();
            let polarity = match actor.sentiment.label {
                Polarity::Positive => "positive",
                Polarity::Neutral => "neutral",
                Polarity::Negative => "negative",
            };
            telemetry.sentiment.with_label_values(&[polarity]).inc();
        }
        telemetry.entities.with_label_values(&["place"]).inc_by(analysis.places.len() as u64);
    }
}

/// All headers of the input, then where it stood: readers can drop repeats by `tonewire-source`.
fn source_headers(record: &IncomingRecord) -> OwnedHeaders {
    let source = &record.source;
    let place = format!("{}/{}/{}", source.partition.topic, source.partition.partition, source.offset);
    insert(record.headers.clone().unwrap_or_default(), "tonewire-source", &place)
}

/// A record without its key and headers, for a topic that takes neither.
fn coordinates_of(record: &IncomingRecord) -> IncomingRecord {
    IncomingRecord {
        source: record.source.clone(),
        timestamp_ms: record.timestamp_ms,
        key: None,
        value: record.value.clone(),
        headers: None,
        content_type: None,
    }
}

fn skipped(reason: &'static str) -> Outcome {
    Outcome { class: Class::Skipped { reason }, outputs: VecDeque::new(), form: Form::Result }
}

/// Runs a stage so that its panic becomes a failure of this record and not the end of the worker.
fn guarded<T>(stage: &'static str, run: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        Failure {
            stage,
            code: "panic",
            message: format!("a defect of tonewire: the {stage} stage panicked: {text}"),
        }
    })
}

fn to_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
