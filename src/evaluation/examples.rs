//! Labelled texts: one JSON object a line, spans in code points.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::text::Span;

/// Why a figure cannot be computed.
#[derive(Debug, thiserror::Error)]
pub enum EvaluationError {
    #[error("cannot read {path}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{path}, line {line}: not what this task reads")]
    Line { path: PathBuf, line: usize, source: serde_json::Error },
    #[error("{path}: the span {start}..{end} does not lie in its text")]
    Span { path: PathBuf, start: usize, end: usize },
    #[error("{path} is not well-formed XML")]
    Xml { path: PathBuf, source: roxmltree::Error },
    #[error("{path}: the label {label:?} is unknown to this task")]
    Label { path: PathBuf, label: String },
    #[error("the data hold nothing that this task scores")]
    Nothing,
}

/// A text with labelled spans, in bytes.
pub(super) struct Labelled {
    pub(super) text: String,
    pub(super) spans: Vec<(Span, String)>,
}

#[derive(Deserialize)]
struct Line {
    text: String,
    #[serde(default)]
    entities: Option<Vec<LabelledSpan>>,
    #[serde(default)]
    targets: Option<Vec<LabelledSpan>>,
    #[serde(default)]
    places: Option<Vec<LabelledSpan>>,
}

/// As an object in published data, as a list in prepared data.
#[derive(Deserialize)]
#[serde(untagged)]
enum LabelledSpan {
    Object { start: usize, end: usize, label: String },
    List(usize, usize, String),
}

impl LabelledSpan {
    fn parts(self) -> (usize, usize, String) {
        match self {
            Self::Object { start, end, label } | Self::List(start, end, label) => (start, end, label),
        }
    }
}

/// Which labels of a line are read.
#[derive(Clone, Copy)]
pub(super) enum Labels {
    Entities,
    Targets,
    Places,
}

/// The labelled texts of a file of JSON lines.
///
/// # Errors
/// When the file cannot be read, a line is no such object, or a span lies outside its text.
pub(super) fn read_lines(path: &Path, labels: Labels) -> Result<Vec<Labelled>, EvaluationError> {
    let in_file = |source| EvaluationError::File { path: path.to_owned(), source };
    let mut examples = Vec::new();
    for (index, line) in BufReader::new(File::open(path).map_err(in_file)?).lines().enumerate() {
        let line = line.map_err(in_file)?;
        if line.trim().is_empty() {
            continue;
        }
        let in_line = |source| EvaluationError::Line { path: path.to_owned(), line: index + 1, source };
        let line: Line = serde_json::from_str(&line).map_err(in_line)?;
        let spans = match labels {
            Labels::Entities => line.entities,
            Labels::Targets => line.targets,
            Labels::Places => line.places,
        };
        let offsets = CodePoints::new(&line.text);
        let spans = spans.unwrap_or_default().into_iter().map(|span| {
            let (start, end, label) = span.parts();
            Ok((offsets.span(start, end, path)?, label))
        });
        let spans = spans.collect::<Result<_, EvaluationError>>()?;
        examples.push(Labelled { text: line.text, spans });
    }
    Ok(examples)
}

/// Code points of a text to bytes.
pub(super) struct CodePoints {
    bytes: Vec<usize>,
}

impl CodePoints {
    pub(super) fn new(text: &str) -> Self {
        let starts = text.char_indices().map(|(byte, _)| byte);
        Self { bytes: starts.chain(std::iter::once(text.len())).collect() }
    }

    /// # Errors
    /// When the span does not lie in the text.
    pub(super) fn span(&self, start: usize, end: usize, path: &Path) -> Result<Span, EvaluationError> {
        match (self.bytes.get(start), self.bytes.get(end)) {
            (Some(first), Some(last)) if first <= last => Ok(Span::new(*first, *last)),
            _ => Err(EvaluationError::Span { path: path.to_owned(), start, end }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn read(content: &str, labels: Labels) -> Result<Vec<Labelled>, EvaluationError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        read_lines(file.path(), labels)
    }

    #[test]
    fn spans_in_code_points_become_bytes() {
        let line = r#"{"text": "“Ré” said Li", "targets": [{"start": 10, "end": 12, "label": "neutral"}]}"#;
        let examples = read(line, Labels::Targets).unwrap();
        let (span, label) = &examples[0].spans[0];
        assert_eq!((span.slice(&examples[0].text), label.as_str()), ("Li", "neutral"));
    }

    #[test]
    fn prepared_places_are_lists() {
        let line = r#"{"text": "In Minsk", "entities": null, "places": [[3, 8, "place"]]}"#;
        assert_eq!(read(line, Labels::Places).unwrap()[0].spans[0].1, "place");
    }

    #[test]
    fn a_span_outside_the_text_or_a_broken_line_is_an_error_that_names_it() {
        let outside =
            read(r#"{"text": "Li", "targets": [{"start": 0, "end": 3, "label": "x"}]}"#, Labels::Targets);
        assert!(outside.err().unwrap().to_string().contains("0..3"));
        let broken = read("{}\n", Labels::Targets).err().unwrap();
        assert!(broken.to_string().contains("line 1"));
    }
}
