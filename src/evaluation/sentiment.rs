//! The sentiment toward given targets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::examples::{EvaluationError, Labelled, Labels, read_lines};
use super::metrics::{Classified, Scores, accuracy, calibration_error, macro_f1, per_class};
use super::{Watcher, file_names, score_spans};
use crate::model::Model;

const CLASSES: [&str; 3] = ["negative", "neutral", "positive"];

/// Figures of the task; every target counts once.
#[derive(Debug, Serialize)]
pub struct SentimentFigures {
    pub task: &'static str,
    pub data: Vec<String>,
    pub n: usize,
    pub macro_f1: f64,
    pub accuracy: f64,
    pub per_class: BTreeMap<&'static str, Scores>,
    /// Expected calibration error.
    pub ece: f64,
    /// Targets of the sentences whose targets differ in polarity.
    pub discordant: DiscordantFigures,
}

#[derive(Debug, Serialize)]
pub struct DiscordantFigures {
    pub n: usize,
    pub macro_f1: f64,
}

/// Scores the targets of the files.
///
/// # Errors
/// When a file cannot be read, has an unknown label, or no target.
pub fn sentiment(
    model: &Model,
    files: &[PathBuf],
    watcher: Watcher<'_>,
) -> Result<SentimentFigures, EvaluationError> {
    let (mut all, mut discordant) = (Vec::new(), Vec::new());
    for path in files {
        let examples = read_lines(path, Labels::Targets)?;
        let classes = examples.iter().map(|example| classes(path, example)).collect::<Result<Vec<_>, _>>()?;
        for (scores, classes) in score_spans(model, &examples, watcher).into_iter().zip(classes) {
            let items = scores.iter().zip(&classes).map(|(score, expected)| Classified {
                expected: *expected,
                probabilities: score.probabilities.to_vec(),
            });
            let items: Vec<_> = items.collect();
            if classes.windows(2).any(|two| two[0] != two[1]) {
                discordant.extend_from_slice(&items);
            }
            all.extend(items);
        }
    }
    if all.is_empty() {
        return Err(EvaluationError::Nothing);
    }
    Ok(SentimentFigures {
        task: "sentiment",
        data: file_names(files),
        n: all.len(),
        macro_f1: macro_f1(&all, &CLASSES),
        accuracy: accuracy(&all),
        per_class: per_class(&all, &CLASSES),
        ece: calibration_error(&all),
        discordant: DiscordantFigures { n: discordant.len(), macro_f1: macro_f1(&discordant, &CLASSES) },
    })
}

fn classes(path: &Path, example: &Labelled) -> Result<Vec<usize>, EvaluationError> {
    let class = |label: &String| CLASSES.iter().position(|name| name == label);
    let unknown = |label: &String| EvaluationError::Label { path: path.to_owned(), label: label.clone() };
    example.spans.iter().map(|(_, label)| class(label).ok_or_else(|| unknown(label))).collect()
}
