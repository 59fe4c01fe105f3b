//! The input of a case and what came out of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;
use tonewire::record::EnrichedRecord;

use crate::base64;
use crate::reading::{Fate, Read, process, read_text};

/// A record of the input topic and its fate.
pub struct RawRecord {
    pub name: String,
    pub value: Vec<u8>,
    pub headers: Vec<(String, String)>,
    pub fate: Fate,
}

/// Everything that the checks of a case look at.
pub struct Subject {
    pub records: Vec<RawRecord>,
    /// By name, in the order of the case.
    pub articles: Vec<(String, Read)>,
    pub duration: Duration,
    /// Growth of the resident memory, where the system tells it.
    pub growth_mib: Option<f64>,
}

impl Subject {
    /// Runs the input.
    pub fn of(input: &Value) -> Self {
        // The model is loaded before the memory is measured.
        read_text("Nobody came.", None);
        let before = resident_mib();
        let started = Instant::now();
        let (mut records, mut articles) = (Vec::new(), Vec::new());
        match input["form"].as_str() {
            Some("raw_records") => records = list(&input["records"]).iter().map(raw_record).collect(),
            Some("article_text") => articles = list(&input["articles"]).iter().map(article).collect(),
            Some("generator") => articles.push(("generated".to_owned(), read_text(&generate(input), None))),
            other => panic!("unknown form of input: {other:?}"),
        }
        let duration = started.elapsed();
        let growth_mib = before.zip(resident_mib()).map(|(before, after)| after - before);
        Self { records, articles, duration, growth_mib }
    }

    /// All enriched records by the name of their input.
    pub fn outputs(&self) -> Vec<(&str, &EnrichedRecord)> {
        let mut all: Vec<(&str, &EnrichedRecord)> = Vec::new();
        for record in &self.records {
            if let Fate::Enriched(outputs) = &record.fate {
                all.extend(outputs.iter().map(|output| (record.name.as_str(), output)));
            }
        }
        all.extend(self.articles.iter().map(|(name, read)| (name.as_str(), &read.record)));
        all
    }

    pub fn dead_letters(&self) -> Vec<(&RawRecord, &[u8], String)> {
        let letters = self.records.iter().filter_map(|record| match &record.fate {
            Fate::DeadLetter { value, code, reason } => {
                Some((record, value.as_slice(), format!("{code}: {reason}")))
            }
            _ => None,
        });
        letters.collect()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

fn raw_record(record: &Value) -> RawRecord {
    let value = base64::decode(record["value_b64"].as_str().expect("a value"));
    let headers: BTreeMap<String, String> =
        serde_json::from_value(record["headers"].clone()).unwrap_or_default();
    let headers: Vec<(String, String)> = headers.into_iter().collect();
    let fate = process(&value, &headers);
    RawRecord { name: text(&record["name"]), value, headers, fate }
}

fn article(article: &Value) -> (String, Read) {
    (text(&article["name"]), read_text(article["text"].as_str().expect("a text"), article["date"].as_str()))
}

/// `Body = N copies of the sentence '...' (...) followed by '...'`
fn generate(input: &Value) -> String {
    let spec = input["spec"].as_str().expect("a specification");
    let quoted: Vec<&str> = spec.split('\'').skip(1).step_by(2).collect();
    let digits: String =
        spec.split("copies").next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    let ([repeated, last], Ok(count)) = (quoted.as_slice(), digits.parse::<usize>()) else {
        panic!("a specification of another form: {spec}");
    };
    format!("{}{last}", format!("{repeated} ").repeat(count))
}

fn resident_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
