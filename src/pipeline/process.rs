//! One record to its outcome: decode, analyse, encode. Pure but for the clock in `processed_at`.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use rdkafka::message::OwnedHeaders;
use serde::Serialize;

use crate::analysis::{Analysis, Analyze, Polarity};
use crate::article::{Article, Decoder};
use crate::config::{
    BadRecordPolicy, CanceledPolicy, CloudEventMode, Config, MissingKey, OutputTimestamp, RowForm,
    TombstonePolicy,
};
use crate::kafka::{IncomingRecord, OutgoingRecord};
use crate::recent::Sighting;
use crate::record::{self, ActorRow, EnrichedRecord, Processing, SourceCoordinates};
use crate::telemetry::Telemetry;
use crate::telemetry::events::{LogLimiter, RecordFailed};

use super::cloud_event::{self, CloudEvent};
use super::copies::Turn;
use super::dead_letter::{dead_letter, insert, without_value};
use super::outcome::{Class, Failure, Form, Outcome};
use super::trace;

/// Turns records into outcomes. Shared by all workers.
pub struct Processor {
    config: Arc<Config>,
    decoder: Decoder,
    analyzer: Arc<dyn Analyze>,
    telemetry: Arc<Telemetry>,
    limiter: LogLimiter,
    output_topic: Arc<str>,
    dead_letter_topic: Option<Arc<str>>,
    actor_row_topic: Option<Arc<str>>,
    /// Somebody looks at what articles show.
    is_watched: bool,
}

/// What becomes of one article or of several.
#[derive(Default)]
struct Enriched {
    outputs: VecDeque<OutgoingRecord>,
    sightings: Vec<Sighting>,
}

impl Processor {
    /// A processor for a configuration and a stage.
    #[must_use]
    pub fn new(config: Arc<Config>, analyzer: Arc<dyn Analyze>, telemetry: Arc<Telemetry>) -> Self {
        Self {
            decoder: Decoder::new(&config.input),
            output_topic: Arc::from(config.kafka.output_topic.as_str()),
            dead_letter_topic: config.kafka.dead_letter_topic.as_deref().map(Arc::from),
            actor_row_topic: config.kafka.actor_row_topic.as_deref().map(Arc::from),
            limiter: LogLimiter::default(),
            config,
            analyzer,
            telemetry,
            is_watched: false,
        }
    }

    /// Outcomes tell what their articles show.
    #[must_use]
    pub fn watched(self) -> Self {
        Self { is_watched: true, ..self }
    }

    /// The outcome of a record by itself. Never panics: a panic of a stage is an outcome too.
    #[must_use]
    pub fn process(&self, record: &IncomingRecord) -> Outcome {
        self.process_in_turn(record, None)
    }

    /// The outcome of a record whose articles may be copies of those of earlier records.
    pub(super) fn process_in_turn(&self, record: &IncomingRecord, turn: Option<Turn>) -> Outcome {
        let Some(value) = record.value.as_deref() else { return self.tombstone(record) };
        match self.enrich(record, value, turn) {
            Ok(Enriched { outputs, .. }) if outputs.is_empty() => skipped("no_article"),
            Ok(Enriched { outputs, sightings }) => {
                Outcome { sightings, ..Outcome::new(Class::Enriched, outputs, Form::Result) }
            }
            Err(failure) => self.fail(record, failure, 1),
        }
    }

    fn enrich(
        &self,
        record: &IncomingRecord,
        value: &[u8],
        mut turn: Option<Turn>,
    ) -> Result<Enriched, Failure> {
        let started = Instant::now();
        let articles = guarded("decode", || self.decoder.decode(value, record.content_type.as_deref()))?
            .map_err(|error| Failure { stage: "decode", code: error.code(), message: error.to_string() })?;
        self.observe("decode", started);
        let time = record.timestamp_ms;
        let fingerprints = turn.as_mut().map(|turn| turn.tell(&articles, time)).unwrap_or_default();
        let mut enriched = Enriched::default();
        for (position, article) in articles.iter().enumerate() {
            let first = || turn.as_ref()?.first_of(position, article, time, fingerprints.get(position)?);
            match (article.canceled, self.config.input.canceled) {
                (true, CanceledPolicy::Skip) => {}
                (true, CanceledPolicy::Tombstone) => {
                    enriched.outputs.extend(self.tombstone_of(record, article));
                }
                _ => self.enrich_article(record, article, first, &mut enriched)?,
            }
        }
        Ok(enriched)
    }

    /// The enriched record, then its flat rows where a topic is set for them.
    fn enrich_article(
        &self,
        record: &IncomingRecord,
        article: &Article,
        first: impl FnOnce() -> Option<Arc<str>>,
        all: &mut Enriched,
    ) -> Result<(), Failure> {
        let started = Instant::now();
        let analysis = guarded("analysis", || self.analyzer.analyze(article))?;
        self.observe("analysis", started);
        self.count(&analysis);
        let first = first();
        self.telemetry.duplicate_articles.inc_by(u64::from(first.is_some()));
        let encoding = Instant::now();
        let (outputs, sighting) = guarded("encode", || {
            let enriched = self.enriched(record, article, &analysis, first.as_deref(), started);
            let sighting = self.is_watched.then(|| Sighting::of(article, &analysis, &enriched));
            (self.outputs(record, article, &enriched), sighting)
        })?;
        self.observe("encode", encoding);
        all.outputs.extend(outputs?);
        all.sightings.extend(sighting);
        Ok(())
    }

    fn enriched(
        &self,
        record: &IncomingRecord,
        article: &Article,
        analysis: &Analysis,
        duplicate_of: Option<&str>,
        started: Instant,
    ) -> EnrichedRecord {
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
            duplicate_of,
        };
        record::enriched(article, analysis, &processing, self.config.output.offsets)
    }

    fn outputs(
        &self,
        record: &IncomingRecord,
        article: &Article,
        enriched: &EnrichedRecord,
    ) -> Result<Vec<OutgoingRecord>, Failure> {
        let key = self.key(record, article);
        let mut outputs = vec![self.enriched_output(record, article, key, enriched)?];
        if let Some(topic) = &self.actor_row_topic {
            for row in record::actor_rows(enriched) {
                let value = self.row(&row)?;
                let key = Some(row.actor_id.into_bytes());
                outputs.push(self.output(record, article, topic, key, Some(value)));
            }
        }
        Ok(outputs)
    }

    fn enriched_output(
        &self,
        record: &IncomingRecord,
        article: &Article,
        key: Option<Vec<u8>>,
        enriched: &EnrichedRecord,
    ) -> Result<OutgoingRecord, Failure> {
        let (what, limit) = ("the enriched record", self.config.output.max_record_bytes);
        let event = CloudEvent::of(record, article, enriched, &self.output_topic);
        let mode = self.config.output.cloud_events;
        let value = match mode {
            CloudEventMode::Structured => json(what, &event, limit)?,
            CloudEventMode::Off | CloudEventMode::Binary => json(what, enriched, limit)?,
        };
        let mut output = self.output(record, article, &self.output_topic, key, Some(value));
        output.headers = match mode {
            CloudEventMode::Off => output.headers,
            CloudEventMode::Binary => event.add_to(output.headers),
            // The last header of a name counts, here as in what carries the input's along.
            CloudEventMode::Structured => insert(output.headers, "content-type", cloud_event::STRUCTURED),
        };
        Ok(output)
    }

    fn row(&self, row: &ActorRow) -> Result<Vec<u8>, Failure> {
        let limit = self.config.output.max_record_bytes;
        match self.config.output.actor_row_form {
            RowForm::Json => json("an actor row", row, limit),
            RowForm::Connect => json(
                "an actor row",
                &record::connect_row(row).map_err(|error| not_serialisable(&error))?,
                limit,
            ),
        }
    }

    /// Articles of an envelope have a key of their own: under the one of the record they would push each other out of
    /// a compacted topic.
    fn key(&self, record: &IncomingRecord, article: &Article) -> Option<Vec<u8>> {
        let own = || article.id.clone().into_bytes();
        match (&record.key, article.position, self.config.output.missing_key) {
            (Some(key), None, _) => Some(key.clone()),
            (Some(_), Some(_), _) | (None, _, MissingKey::ArticleId) => Some(own()),
            (None, _, MissingKey::Keep) => None,
        }
    }

    /// Empties the key of a canceled article. Without a key there is nothing to empty.
    fn tombstone_of(&self, record: &IncomingRecord, article: &Article) -> Option<OutgoingRecord> {
        let key = self.key(record, article)?;
        Some(self.output(record, article, &self.output_topic, Some(key), None))
    }

    fn output(
        &self,
        record: &IncomingRecord,
        article: &Article,
        topic: &Arc<str>,
        key: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> OutgoingRecord {
        let mut headers = insert(source_headers(record), "content-type", "application/json");
        if let Some(position) = article.position {
            headers = insert(headers, "tonewire-article", &position.to_string());
        }
        OutgoingRecord {
            topic: Arc::clone(topic),
            key,
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
                Outcome::new(Class::Enriched, VecDeque::from([output]), Form::Result)
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
                Outcome::new(Class::DeadLettered(failure), outputs, form.max(Form::Letter))
            }
            (BadRecordPolicy::Skip, _) => skipped(failure.code),
            (BadRecordPolicy::Stop | BadRecordPolicy::DeadLetter, _) => {
                Outcome::new(Class::Stops(failure), VecDeque::new(), Form::Result)
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

fn not_serialisable(error: &serde_json::Error) -> Failure {
    Failure { stage: "encode", code: "not_serialisable", message: error.to_string() }
}

/// One value in the output, within the limit on its size.
fn json(what: &str, value: &impl Serialize, limit: usize) -> Result<Vec<u8>, Failure> {
    let bytes = serde_json::to_vec(value).map_err(|error| not_serialisable(&error))?;
    if bytes.len() <= limit {
        return Ok(bytes);
    }
    let message = format!(
        "{what} has {} bytes, more than output.max_record_bytes = {limit}; raise it together with the topic's max.message.bytes",
        bytes.len()
    );
    Err(Failure { stage: "encode", code: "output_too_large", message })
}

/// All headers of the input, then where it stood: readers can drop repeats by `tonewire-source`. The trace goes on with
/// a span of our own; of two headers `traceparent` the last counts.
fn source_headers(record: &IncomingRecord) -> OwnedHeaders {
    let source = &record.source;
    let place = format!("{}/{}/{}", source.partition.topic, source.partition.partition, source.offset);
    let headers = insert(record.headers.clone().unwrap_or_default(), "tonewire-source", &place);
    match record.header_text("traceparent").and_then(|parent| trace::child(&parent, &place)) {
        Some(span) => insert(headers, "traceparent", &span),
        None => headers,
    }
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
    Outcome::new(Class::Skipped { reason }, VecDeque::new(), Form::Result)
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
