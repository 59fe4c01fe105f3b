//! The oracle: what went in against what came out. It knows nothing of how the service works.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::commits::History;
use super::input::Class;
use crate::support::reader::Record;

/// What a scenario promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promise {
    /// Every record exactly once, in exactly one class.
    ExactlyOnce,
    /// Every record at least once; at most so many records too many in all.
    AtLeastOnce { most_repeats: usize },
}

/// What was sent and what stands in the topics at the end.
pub struct Observed<'a> {
    /// Name of the input topic.
    pub topic: &'a str,
    /// Ids sent, with what must become of them.
    pub sent: &'a BTreeMap<String, Class>,
    /// The input topic as it stands: it says where each id is.
    pub input: &'a [Record],
    /// Enriched records, as a reader of committed records sees them.
    pub enriched: &'a [Record],
    /// Dead letters, likewise.
    pub letters: &'a [Record],
    /// All commits.
    pub history: &'a History,
}

/// Broken promises, each with a line per case. All are empty when the promise was kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Records without a result.
    pub lost: Vec<String>,
    /// Results too many, whether allowed or not.
    pub repeated: Vec<String>,
    /// Results in a class where they do not belong, or of records that were never sent.
    pub misplaced: Vec<String>,
    /// Results of one input partition that stand in another order than their records.
    pub out_of_order: Vec<String>,
    /// Repeats that differ in more than the time and the duration of their making.
    pub altered: Vec<String>,
    /// Dead letters whose bytes or coordinates are not those of the original.
    pub false_letters: Vec<String>,
    /// Commits below an earlier one.
    pub moved_back: Vec<String>,
    /// Partitions whose last commit is not the end of the input.
    pub not_at_end: Vec<String>,
}

type Place = (i32, i64);

/// Compares everything with everything.
pub fn judge(observed: &Observed<'_>) -> Findings {
    let mut judge = Judge {
        observed,
        findings: Findings::default(),
        originals: BTreeMap::new(),
        results: BTreeMap::new(),
    };
    judge.place_the_input();
    judge.trace(observed.enriched, Kind::Enriched);
    judge.trace(observed.letters, Kind::Letter);
    judge.count();
    judge.offsets();
    judge.findings
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Enriched,
    Letter,
}

/// Results of one input record.
#[derive(Default)]
struct Results<'a> {
    enriched: Vec<&'a Record>,
    letters: Vec<&'a Record>,
}

struct Judge<'a> {
    observed: &'a Observed<'a>,
    findings: Findings,
    originals: BTreeMap<Place, &'a Record>,
    results: BTreeMap<Place, Results<'a>>,
}

impl<'a> Judge<'a> {
    /// # Panics
    ///
    /// When the input topic does not hold what was sent: then it is the test that failed, not the service.
    fn place_the_input(&mut self) {
        let mut ids = BTreeMap::new();
        for record in self.observed.input {
            *ids.entry(id(record)).or_insert(0) += 1;
            self.originals.insert((record.partition, record.offset), record);
        }
        let wanted: BTreeMap<String, i32> = self.observed.sent.keys().map(|id| (id.clone(), 1)).collect();
        assert!(ids == wanted, "the input topic does not hold each id sent once");
    }

    /// Finds the original of every result, and checks the order of the first results.
    fn trace(&mut self, results: &'a [Record], kind: Kind) {
        // Per partition of the result and of its original: the order of two partitions cannot be compared.
        let mut last: BTreeMap<(i32, i32), i64> = BTreeMap::new();
        for result in results {
            let place = place(result, kind, self.observed.topic);
            let Some(original) = self.originals.get(&place).copied() else {
                self.findings.misplaced.push(format!("a result of {place:?}, where nothing was sent"));
                continue;
            };
            self.compare(original, result, kind);
            let known = self.results.entry(place).or_default();
            let list = if kind == Kind::Enriched { &mut known.enriched } else { &mut known.letters };
            list.push(result);
            if list.len() == 1 {
                let last = last.entry((result.partition, place.0)).or_insert(-1);
                if place.1 < *last {
                    let line = format!("{}: {place:?} after offset {last}", id(original));
                    self.findings.out_of_order.push(line);
                }
                *last = place.1.max(*last);
            }
        }
    }

    fn compare(&mut self, original: &Record, result: &Record, kind: Kind) {
        match kind {
            Kind::Enriched => {
                if result.article_id() != id(original) {
                    let line = format!("{} says that it comes from {}", result.article_id(), id(original));
                    self.findings.misplaced.push(line);
                }
            }
            Kind::Letter => {
                let headers = result.headers.get(..original.headers.len());
                let same = result.key == original.key
                    && (result.value == original.value || left_out(result, original))
                    && headers == Some(&original.headers[..]);
                if !same {
                    self.findings.false_letters.push(format!("{} has other bytes than sent", id(original)));
                }
            }
        }
    }

    fn count(&mut self) {
        for (place, original) in &self.originals {
            let id = id(original);
            let none = Results::default();
            let results = self.results.get(place).unwrap_or(&none);
            let (enriched, letters) = (results.enriched.len(), results.letters.len());
            let class = self.observed.sent.get(&id).copied().unwrap_or(Class::Skipped);
            let (right, wrong) = match class {
                Class::Enriched => (enriched, letters),
                Class::DeadLetter => (letters, enriched),
                Class::EnrichedOrDeadLetter => (enriched.max(letters), enriched.min(letters)),
                Class::Skipped => (1, enriched + letters),
            };
            if right == 0 {
                self.findings.lost.push(id.clone());
            }
            if wrong > 0 {
                self.findings
                    .misplaced
                    .push(format!("{id}: {enriched} results, {letters} dead letters, sent as {class:?}"));
            }
            for _ in 1..right {
                self.findings.repeated.push(id.clone());
            }
            for list in [&results.enriched, &results.letters] {
                if list.windows(2).any(|pair| !is_same_result(pair[0], pair[1])) {
                    self.findings.altered.push(id.clone());
                }
            }
        }
    }

    fn offsets(&mut self) {
        for (partition, offsets) in self.observed.history {
            for pair in offsets.windows(2).filter(|pair| pair[1] < pair[0]) {
                self.findings
                    .moved_back
                    .push(format!("partition {partition}: {} after {}", pair[1], pair[0]));
            }
        }
        let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
        for (partition, offset) in self.originals.keys() {
            let end = ends.entry(*partition).or_default();
            *end = (*end).max(offset + 1);
        }
        for (partition, end) in ends {
            let last = self.observed.history.get(&partition).and_then(|offsets| offsets.last());
            if last != Some(&end) {
                self.findings.not_at_end.push(format!("partition {partition}: {last:?} of {end}"));
            }
        }
    }
}

impl Findings {
    /// # Panics
    ///
    /// Unless the promise was kept.
    pub fn assert_kept(&self, promise: Promise) {
        let most_repeats = match promise {
            Promise::ExactlyOnce => 0,
            Promise::AtLeastOnce { most_repeats } => most_repeats,
        };
        let mut broken: Vec<String> = self
            .never()
            .into_iter()
            .filter(|(_, cases)| !cases.is_empty())
            .map(|(what, cases)| format!("{what}: {}", few(cases)))
            .collect();
        if self.repeated.len() > most_repeats {
            broken.push(format!("repeated, {most_repeats} allowed: {}", few(&self.repeated)));
        }
        assert!(broken.is_empty(), "{}", broken.join("\n"));
    }

    /// What no mode allows.
    fn never(&self) -> [(&'static str, &[String]); 7] {
        [
            ("lost", &self.lost),
            ("misplaced", &self.misplaced),
            ("out of order", &self.out_of_order),
            ("altered", &self.altered),
            ("false dead letters", &self.false_letters),
            ("commits that moved back", &self.moved_back),
            ("partitions not at their end", &self.not_at_end),
        ]
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ExactlyOnce => write!(formatter, "exactly_once"),
            Self::AtLeastOnce { .. } => write!(formatter, "at_least_once"),
        }
    }
}

fn few(cases: &[String]) -> String {
    let shown: Vec<&str> = cases.iter().take(5).map(String::as_str).collect();
    format!("{} ({}{})", cases.len(), shown.join(", "), if cases.len() > 5 { ", ..." } else { "" })
}

fn id(record: &Record) -> String {
    String::from_utf8_lossy(record.key.as_deref().expect("the key of an input record is its id")).into_owned()
}

/// Whether a dead letter that its topic would not take whole points to its original instead.
fn left_out(letter: &Record, original: &Record) -> bool {
    let length = original.value.as_ref().map_or(0, Vec::len).to_string();
    let noted = letter.headers.iter().find(|(name, _)| name == "tonewire.dlq.value_left_out_bytes");
    letter.value.as_ref().is_none_or(Vec::is_empty)
        && noted.is_some_and(|(_, value)| value.as_deref() == Some(length.as_bytes()))
}

/// Where a result says that its original stands.
fn place(result: &Record, kind: Kind, topic: &str) -> Place {
    match kind {
        Kind::Enriched => result.source(topic),
        Kind::Letter => {
            assert_eq!(result.header("tonewire.dlq.topic"), topic);
            let number = |name: &str| result.header(name).parse::<i64>().expect("a whole number");
            let partition = i32::try_from(number("tonewire.dlq.partition")).expect("a partition");
            (partition, number("tonewire.dlq.offset"))
        }
    }
}

/// Two results of one record may differ only in when and how fast they were made, and in what the instance had read before.
fn is_same_result(one: &Record, other: &Record) -> bool {
    let stable = |record: &Record| -> Option<Value> {
        let mut json: Value = serde_json::from_slice(record.value.as_deref()?).ok()?;
        let processing = json.get_mut("processing")?.as_object_mut()?;
        processing.remove("processed_at")?;
        processing.remove("duration_ms")?;
        json.get_mut("article")?.as_object_mut()?.remove("duplicate_of");
        Some(json)
    };
    let headers = |record: &Record| {
        let telling = record.headers.iter().filter(|(name, _)| name != "tonewire.dlq.attempts");
        telling.cloned().collect::<Vec<_>>()
    };
    let values = one.value == other.value || (stable(one).is_some() && stable(one) == stable(other));
    values && one.key == other.key && one.timestamp_ms == other.timestamp_ms && headers(one) == headers(other)
}
