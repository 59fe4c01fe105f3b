//! What the sentence's own structure adds to the model's reading of a mention.
//!
//! The model reads all mentions of a sentence from one pass and mixes up who praises whom where two stand close. Where the
//! structure is clear, it moves the probabilities; where it says nothing, they stay as they are. Measured by the test below.

use super::stance::Part;

/// How far a mention that is preferred, blamed or does harm moves toward its class.
const PULL: f32 = 0.7;
/// How much of the negative probability of who suffers is taken for neutral: less than half, so that a certain reading
/// stands. Who judges gets nothing: an accusation is often held against the accuser, and on the dev sentences it hurt.
const RELIEF: f32 = 0.45;

/// Probabilities of negative, neutral and positive, after what is told of the mention.
///
/// Praise alone moves nothing: labelled sentences count who is backed or voted for as neutral or worse more often than not.
#[must_use]
pub fn adjusted(probabilities: [f32; 3], parts: impl Iterator<Item = Part>) -> [f32; 3] {
    let (mut blamed, mut preferred, mut harmed) = (false, false, false);
    for part in parts {
        blamed |= matches!(part, Part::Blamed | Part::Harming);
        preferred |= part == Part::Preferred;
        harmed |= part == Part::Harmed;
    }
    let [negative, neutral, positive] = probabilities;
    let left = 1.0 - PULL;
    match (blamed, preferred) {
        (true, false) => [negative + PULL * (1.0 - negative), neutral * left, positive * left],
        (false, true) => [negative * left, neutral * left, positive + PULL * (1.0 - positive)],
        (false, false) if harmed => [negative * (1.0 - RELIEF), neutral + negative * RELIEF, positive],
        // Blamed and preferred: the structure does not decide.
        _ => probabilities,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EntityKind, Model};
    use crate::sentiment::{StanceMention, report};
    use crate::text::Span;

    #[test]
    fn probabilities_stay_probabilities() {
        for part in [Part::Praised, Part::Preferred, Part::Blamed, Part::Harmed, Part::Harming, Part::Judging]
        {
            let sum: f32 = adjusted([0.5, 0.3, 0.2], std::iter::once(part)).iter().sum();
            assert!((sum - 1.0).abs() < 1e-6);
        }
        assert_eq!(adjusted([0.5, 0.3, 0.2], std::iter::empty()), [0.5, 0.3, 0.2]);
    }

    /// Labelled sentences that lie beside the repository.
    #[test]
    fn the_structure_does_not_hurt_on_labelled_sentences() {
        let beside = std::env::var("TONEWIRE_SHARED")
            .unwrap_or_else(|_| format!("{}/../shared", env!("CARGO_MANIFEST_DIR")));
        let model = Model::embedded().unwrap();
        for file in ["newsmtsc.rw-dev", "newsmtsc.mt-dev"] {
            let Ok(lines) = std::fs::read_to_string(format!("{beside}/data/sentiment/{file}.jsonl")) else {
                eprintln!("skipped: no labelled sentences beside the repository");
                return;
            };
            let (mut all, mut before, mut after) = (0, 0, 0);
            let mut by_part = std::collections::BTreeMap::new();
            for line in lines.lines() {
                let example: serde_json::Value = serde_json::from_str(line).unwrap();
                let text = example["text"].as_str().unwrap();
                let byte = |at: &serde_json::Value| {
                    let at = usize::try_from(at.as_u64().unwrap()).unwrap();
                    text.char_indices().nth(at).map_or(text.len(), |(byte, _)| byte)
                };
                let targets: Vec<(Span, &str)> = example["targets"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|target| {
                        (
                            Span::new(byte(&target["start"]), byte(&target["end"])),
                            target["label"].as_str().unwrap(),
                        )
                    })
                    .collect();
                let reading = &model.read_sentences(&[text])[0];
                let mut ranges: Vec<std::ops::Range<usize>> =
                    targets.iter().map(|(span, _)| span.start.0..span.end.0).collect();
                for entity in reading.entities.iter().filter(|entity| entity.kind != EntityKind::Other) {
                    let range = entity.span.start.0..entity.span.end.0;
                    if ranges.iter().all(|known| known.end <= range.start || range.end <= known.start) {
                        ranges.push(range);
                    }
                }
                ranges.sort_by_key(|range| range.start);
                ranges.dedup_by(|next, last| next.start < last.end);
                let mentions: Vec<StanceMention> = ranges
                    .into_iter()
                    .enumerate()
                    .map(|(actor, range)| StanceMention { range, actor, person: true })
                    .collect();
                let told = report(text, &mentions, None).parts;
                let spans: Vec<Span> = targets.iter().map(|(span, _)| *span).collect();
                for ((span, label), score) in targets.iter().zip(model.score_mentions(reading, &spans)) {
                    let own = mentions.iter().position(|mention| mention.range.start == span.start.0);
                    let parts: Vec<Part> = told
                        .iter()
                        .filter(|(mention, _)| Some(*mention) == own)
                        .map(|(_, part)| *part)
                        .collect();
                    let is_right = |p: [f32; 3]| usize::from(class(p) == *label);
                    let (was, is) = (
                        is_right(score.probabilities),
                        is_right(adjusted(score.probabilities, parts.iter().copied())),
                    );
                    (all, before, after) = (all + 1, before + was, after + is);
                    if was != is && std::env::var("TONEWIRE_SHOW").is_ok() {
                        eprintln!(
                            "{parts:?} {label} {:?} {} in {text}",
                            score.probabilities,
                            span.slice(text)
                        );
                    }
                    for part in parts {
                        let count = by_part.entry(format!("{part:?}")).or_insert((0, 0, 0));
                        *count = (count.0 + 1, count.1 + was, count.2 + is);
                    }
                }
            }
            eprintln!(
                "{file}: of {all}, {before} right by the model and {after} with the structure; {by_part:?}"
            );
            assert!(after >= before);
        }
    }

    fn class([negative, neutral, positive]: [f32; 3]) -> &'static str {
        match () {
            () if negative >= neutral && negative >= positive => "negative",
            () if positive > neutral => "positive",
            () => "neutral",
        }
    }
}
