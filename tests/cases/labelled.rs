//! The rules of `sentiment` on labelled sentences that lie beside the repository: they must not hurt.

use std::ops::Range;

use serde_json::Value;
use tonewire::model::{EntityKind, MentionScore, Model, SentenceReading};
use tonewire::sentiment::{Part, StanceMention, adjusted, report};
use tonewire::text::Span;

use crate::shared;

/// The file's lines, or why there are none.
fn lines(file: &str) -> Result<Vec<Value>, String> {
    let path = shared(&format!("data/sentiment/{file}.jsonl"));
    let text = std::fs::read_to_string(path)
        .map_err(|_| format!("no ../shared/data/sentiment/{file}.jsonl beside the repository"))?;
    text.lines().map(|line| serde_json::from_str(line).map_err(|error| error.to_string())).collect()
}

/// A target of a sentence and its label.
struct Target {
    span: Span,
    label: String,
}

fn targets(example: &Value, text: &str) -> Vec<Target> {
    let byte = |at: &Value| {
        let at = usize::try_from(at.as_u64().unwrap()).unwrap();
        text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte)
    };
    let of = |target: &Value| Target {
        span: Span::new(byte(&target["start"]), byte(&target["end"])),
        label: target["label"].as_str().unwrap().to_owned(),
    };
    example["targets"].as_array().unwrap().iter().map(of).collect()
}

/// The targets and the entities beside them, each an actor of its own.
fn stance_mentions(targets: &[Target], reading: &SentenceReading) -> Vec<StanceMention> {
    let mut ranges: Vec<Range<usize>> =
        targets.iter().map(|target| target.span.start.0..target.span.end.0).collect();
    for entity in reading.entities.iter().filter(|entity| entity.kind != EntityKind::Other) {
        let range = entity.span.start.0..entity.span.end.0;
        if ranges.iter().all(|known| known.end <= range.start || range.end <= known.start) {
            ranges.push(range);
        }
    }
    ranges.sort_by_key(|range| range.start);
    ranges.dedup_by(|next, last| next.start < last.end);
    let mentions = ranges.into_iter().enumerate();
    mentions.map(|(actor, range)| StanceMention { range, actor, person: true }).collect()
}

/// For each target, whether the model alone is right and whether it is with the sentence's structure.
fn judged(model: &Model, example: &Value) -> Vec<(bool, bool)> {
    let text = example["text"].as_str().unwrap();
    let targets = targets(example, text);
    let reading = &model.read_sentences(&[text])[0];
    let mentions = stance_mentions(&targets, reading);
    let told = report(text, &mentions, None).parts;
    let spans: Vec<Span> = targets.iter().map(|target| target.span).collect();
    let judge = |(target, score): (&Target, MentionScore)| {
        let own = mentions.iter().position(|mention| mention.range.start == target.span.start.0);
        let parts = told.iter().filter(|(mention, _)| Some(*mention) == own).map(|(_, part)| *part);
        let parts: Vec<Part> = parts.collect();
        let after = adjusted(score.probabilities, parts.iter().copied());
        (class(score.probabilities) == target.label, class(after) == target.label)
    };
    targets.iter().zip(model.score_mentions(reading, &spans)).map(judge).collect()
}

fn class([negative, neutral, positive]: [f32; 3]) -> &'static str {
    match () {
        () if negative >= neutral && negative >= positive => "negative",
        () if positive > neutral => "positive",
        () => "neutral",
    }
}

/// What the sentence's structure adds to the model's reading must not hurt.
pub fn the_structure_does_not_hurt() -> Result<Option<String>, String> {
    let model = Model::embedded().map_err(|error| error.to_string())?;
    for file in ["newsmtsc.rw-dev", "newsmtsc.mt-dev"] {
        let examples = match lines(file) {
            Ok(examples) => examples,
            Err(missing) => return Ok(Some(missing)),
        };
        let judged: Vec<(bool, bool)> = examples.iter().flat_map(|example| judged(&model, example)).collect();
        let before = judged.iter().filter(|(before, _)| *before).count();
        let after = judged.iter().filter(|(_, after)| *after).count();
        let all = judged.len();
        println!("{file}: of {all}, {before} right by the model and {after} with the structure");
        if after < before {
            return Err(format!("{file}: {after} are right with the structure, {before} without"));
        }
    }
    Ok(None)
}

/// Directed sentiment between two bracketed names: two of three stances must be right, and hardly any reversed.
pub fn most_stances_are_right() -> Result<Option<String>, String> {
    let examples = match lines("dse.valid") {
        Ok(examples) => examples,
        Err(missing) => return Ok(Some(missing)),
    };
    let (mut found, mut right, mut reversed, mut expected) = (0, 0, 0, 0);
    for example in &examples {
        let label = example["label"].as_str().unwrap();
        expected += usize::from(label != "neutral");
        let (text, mentions) = bracketed(example["bracketed"].as_str().unwrap());
        for stance in report(&text, &mentions, None).stances {
            let sign = if stance.is_positive { "positive" } else { "negative" };
            let direction = if stance.holder == 0 { "a->b" } else { "b->a" };
            found += 1;
            right += usize::from(label == format!("{sign} {direction}"));
            reversed += usize::from(label.starts_with(sign) && !label.ends_with(direction));
        }
    }
    println!("dse.valid: {found} stances, {right} right, {reversed} reversed, of {expected}");
    if right * 3 >= found * 2 && reversed * 25 <= found {
        return Ok(None);
    }
    Err(format!("of {found} stances {right} are right and {reversed} reversed"))
}

fn bracketed(text: &str) -> (String, Vec<StanceMention>) {
    let mut plain = String::new();
    let mut mentions = Vec::new();
    let mut start = 0;
    for character in text.chars() {
        match character {
            '[' => start = plain.len(),
            ']' => mentions.push(StanceMention {
                range: start..plain.len(),
                actor: mentions.len(),
                person: true,
            }),
            other => plain.push(other),
        }
    }
    mentions.truncate(2);
    (plain, mentions)
}
