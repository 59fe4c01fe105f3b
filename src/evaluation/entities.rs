//! Persons, organizations and locations, exact spans.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::Serialize;

use super::examples::{EvaluationError, Labels, read_lines};
use super::metrics::{Counts, Scores};
use super::{SENTENCES_AT_ONCE, Watcher, file_names};
use crate::model::{EntityKind, Model};
use crate::text::Span;

/// Figures of the task; `n` is the number of spans that the data expect.
#[derive(Debug, Serialize)]
pub struct EntityFigures {
    pub task: &'static str,
    pub data: Vec<String>,
    pub n: usize,
    pub micro: Scores,
    pub per_label: BTreeMap<&'static str, Scores>,
}

/// Scores the entities of the files.
///
/// # Errors
/// When a file cannot be read or has no such entity.
pub fn entities(
    model: &Model,
    files: &[PathBuf],
    watcher: Watcher<'_>,
) -> Result<EntityFigures, EvaluationError> {
    let mut counts: BTreeMap<&'static str, Counts> = BTreeMap::new();
    for path in files {
        let examples = read_lines(path, Labels::Entities)?;
        for (number, group) in (0..).zip(examples.chunks(SENTENCES_AT_ONCE)) {
            let texts: Vec<&str> = group.iter().map(|example| example.text.as_str()).collect();
            for (reading, example) in model.read_sentences(&texts).iter().zip(group) {
                let labelled = example.spans.iter().map(|(span, label)| (*span, scored_label(label)));
                let found = reading.entities.iter().map(|entity| (entity.span, scored_kind(entity.kind)));
                count(&mut counts, found, labelled);
            }
            watcher(number * SENTENCES_AT_ONCE + group.len(), examples.len());
        }
    }
    let mut micro = Counts::default();
    for label in counts.values() {
        micro.add(*label);
    }
    if micro.expected == 0 {
        return Err(EvaluationError::Nothing);
    }
    Ok(EntityFigures {
        task: "entities",
        data: file_names(files),
        n: micro.expected,
        micro: micro.scores(),
        per_label: counts.into_iter().map(|(label, counts)| (label, counts.scores())).collect(),
    })
}

fn count(
    counts: &mut BTreeMap<&'static str, Counts>,
    found: impl Iterator<Item = (Span, Option<&'static str>)>,
    expected: impl Iterator<Item = (Span, Option<&'static str>)>,
) {
    let found: Vec<_> = found.collect();
    let expected: Vec<_> = expected.collect();
    for label in ["person", "organization", "location"] {
        let spans_of = |labelled: &[(Span, Option<&str>)]| -> BTreeSet<Span> {
            labelled.iter().filter(|(_, own)| *own == Some(label)).map(|(span, _)| *span).collect()
        };
        counts.entry(label).or_default().add(Counts::of(&spans_of(&found), &spans_of(&expected)));
    }
}

fn scored_kind(kind: EntityKind) -> Option<&'static str> {
    match kind {
        EntityKind::Person => Some("person"),
        EntityKind::Organization => Some("organization"),
        EntityKind::Location => Some("location"),
        EntityKind::Group | EntityKind::Other => None,
    }
}

/// The labels of the known data sets; all others are left out on both sides.
fn scored_label(label: &str) -> Option<&'static str> {
    match label.to_lowercase().as_str() {
        "per" | "person" | "politician" => Some("person"),
        "org" | "organization" | "organisation" | "politicalparty" => Some("organization"),
        "loc" | "location" | "facility" | "country" | "gpe" => Some("location"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_the_data_sets_map_onto_three() {
        let labels = ["PER", "politicalparty", "Facility", "country", "NORP", "MISC", "election"];
        let mapped: Vec<_> = labels.map(scored_label).into_iter().flatten().collect();
        assert_eq!(mapped, ["person", "organization", "location", "location"]);
    }

    #[test]
    fn only_an_exact_span_with_its_label_is_right() {
        let mut counts = BTreeMap::new();
        let spans = |items: &[(usize, usize, &'static str)]| -> Vec<(Span, Option<&'static str>)> {
            items.iter().map(|(start, end, label)| (Span::new(*start, *end), Some(*label))).collect()
        };
        let found = spans(&[(0, 5, "person"), (6, 9, "location"), (10, 12, "person")]);
        let expected = spans(&[(0, 5, "person"), (6, 9, "organization"), (10, 13, "person")]);
        count(&mut counts, found.into_iter(), expected.into_iter());
        assert_eq!(counts["person"], Counts { right: 1, found: 2, expected: 2 });
        assert_eq!(counts["organization"], Counts { right: 0, found: 0, expected: 1 });
        assert_eq!(counts["location"], Counts { right: 0, found: 1, expected: 0 });
    }
}
