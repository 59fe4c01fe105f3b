//! Figures of the model on labelled data, as `tonewire eval` prints them.
//!
//! Data sets are read where they lie; each task names the formats it knows. `training/evaluate.py` computes the
//! same figures from the Python reference.

mod entities;
mod examples;
mod metonymy;
pub mod metrics;
mod polnear;
mod quotes;
mod sentiment;

pub use entities::{EntityFigures, entities};
pub use examples::EvaluationError;
pub use metonymy::{MetonymyFigures, metonymy};
pub use quotes::{DirectQuoteFigures, PartFigures, QuoteFigures, quotes};
pub use sentiment::{DiscordantFigures, SentimentFigures, sentiment};

use std::ops::Range;
use std::path::PathBuf;

use crate::model::{MentionScore, Model};
use crate::text::{self, Span};
use examples::Labelled;

/// Sentences that are handed to the model together; the scores do not depend on it.
const SENTENCES_AT_ONCE: usize = 32;

/// Called now and then with how many examples of the current file are scored, and how many it has.
pub type Watcher<'a> = &'a mut dyn FnMut(usize, usize);

/// Scores of every labelled span.
fn score_spans(model: &Model, examples: &[Labelled], watcher: Watcher<'_>) -> Vec<Vec<MentionScore>> {
    let mut scores = Vec::with_capacity(examples.len());
    for group in examples.chunks(SENTENCES_AT_ONCE) {
        let texts: Vec<&str> = group.iter().map(|example| example.text.as_str()).collect();
        for (reading, example) in model.read_sentences(&texts).iter().zip(group) {
            let spans: Vec<Span> = example.spans.iter().map(|(span, _)| *span).collect();
            scores.push(model.score_mentions(reading, &spans));
        }
        watcher(scores.len(), examples.len());
    }
    scores
}

/// Sentences of a text as the processing stage cuts them.
fn sentences_of(text: &str) -> Vec<Range<usize>> {
    text::paragraphs(text).flat_map(|paragraph| text::sentences(text, paragraph)).collect()
}

fn file_names(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|path| path.display().to_string()).collect()
}
