//! Whether the name of a place stands for the place or for its government.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};
use serde::Serialize;

use super::examples::{CodePoints, EvaluationError, Labelled, Labels, read_lines};
use super::metrics::{Classified, Scores, accuracy, calibration_error, macro_f1, per_class};
use super::{Watcher, file_names, score_spans, sentences_of};
use crate::model::Model;
use crate::text::Span;

const CLASSES: [&str; 2] = ["place", "government"];

/// Documents of the data sets that the training leaves out, in percent (`training`, `prepare.py`).
const HELD_OUT_PERCENT: u32 = 20;

/// Figures of the task.
#[derive(Debug, Serialize)]
pub struct MetonymyFigures {
    pub task: &'static str,
    pub data: Vec<String>,
    pub n: usize,
    pub accuracy: f64,
    pub macro_f1: f64,
    pub per_class: BTreeMap<&'static str, Scores>,
    pub ece: f64,
}

/// Scores the place names of `GeoWebNews` or `ReLocaR` files (`.xml`), or of JSON lines with `places`. With
/// `held_out`, only the part of the XML files that the training leaves out.
///
/// # Errors
/// When a file cannot be read or has no such place.
pub fn metonymy(
    model: &Model,
    files: &[PathBuf],
    held_out: bool,
    watcher: Watcher<'_>,
) -> Result<MetonymyFigures, EvaluationError> {
    let mut items = Vec::new();
    for path in files {
        let is_xml = path.extension().is_some_and(|extension| extension == "xml");
        let examples = if is_xml { read_xml(path, held_out)? } else { read_lines(path, Labels::Places)? };
        for (scores, example) in score_spans(model, &examples, watcher).iter().zip(&examples) {
            for (score, (_, label)) in scores.iter().zip(&example.spans) {
                let class = CLASSES.iter().position(|name| name == label);
                let unknown = || EvaluationError::Label { path: path.clone(), label: label.clone() };
                let probabilities = vec![1.0 - score.government, score.government];
                items.push(Classified { expected: class.ok_or_else(unknown)?, probabilities });
            }
        }
    }
    if items.is_empty() {
        return Err(EvaluationError::Nothing);
    }
    Ok(MetonymyFigures {
        task: "metonymy",
        data: file_names(files),
        n: items.len(),
        accuracy: accuracy(&items),
        macro_f1: macro_f1(&items, &CLASSES),
        per_class: per_class(&items, &CLASSES),
        ece: calibration_error(&items),
    })
}

fn read_xml(path: &Path, held_out: bool) -> Result<Vec<Labelled>, EvaluationError> {
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|source| EvaluationError::File { path: path.to_owned(), source })?;
    let document = Document::parse(&text);
    let document = document.map_err(|source| EvaluationError::Xml { path: path.to_owned(), source })?;
    let mut examples = Vec::new();
    for node in document.root_element().children() {
        let key = match node.tag_name().name() {
            "article" => format!("geo{}", node.attribute("file").unwrap_or_default()),
            "sample" => format!("relocar{}", node.attribute("number").unwrap_or_default()),
            _ => continue,
        };
        if held_out && checksum(key.as_bytes()) % 100 >= HELD_OUT_PERCENT {
            continue;
        }
        match node.tag_name().name() {
            "article" => geowebnews(path, node, &mut examples)?,
            _ => examples.extend(relocar(node)),
        }
    }
    Ok(examples)
}

/// An article of `GeoWebNews`: its sentences that hold a place name with a clear reading.
fn geowebnews(
    path: &Path,
    article: Node<'_, '_>,
    examples: &mut Vec<Labelled>,
) -> Result<(), EvaluationError> {
    let text = child_text(article, "text").unwrap_or_default();
    let offsets = CodePoints::new(text);
    let mut places = Vec::new();
    for toponym in article.descendants().filter(|node| node.has_tag_name("toponym")) {
        let number =
            |name| child_text(toponym, name).and_then(|number| number.trim().parse().ok()).unwrap_or(0);
        if let Some(reading) = child_text(toponym, "type").and_then(clear_reading) {
            let span = offsets.span(number("start"), number("end"), path)?;
            if !span.slice(text).trim().is_empty() {
                places.push((span, reading));
            }
        }
    }
    for sentence in sentences_of(text) {
        let inside =
            places.iter().filter(|(span, _)| sentence.start <= span.start.0 && span.end.0 <= sentence.end);
        let moved = |span: &Span| Span::new(span.start.0 - sentence.start, span.end.0 - sentence.start);
        let spans: Vec<_> = inside.map(|(span, reading)| (moved(span), (*reading).to_owned())).collect();
        if !spans.is_empty() {
            examples.push(Labelled { text: text[sentence].to_owned(), spans });
        }
    }
    Ok(())
}

/// Mixed readings, demonyms and common nouns are left out.
fn clear_reading(kind: &str) -> Option<&'static str> {
    match kind {
        "Literal" | "Literal_Modifier" | "Coercion" | "Embedded_Literal" => Some("place"),
        "Metonymic" => Some("government"),
        _ => None,
    }
}

/// A sentence of `ReLocaR` with one marked place.
fn relocar(sample: Node<'_, '_>) -> Option<Labelled> {
    let place = sample.children().find(|node| node.has_tag_name("loc"))?;
    let name = place.text()?;
    let before: String =
        sample.children().take_while(|node| *node != place).filter_map(|node| node.text()).collect();
    let behind: String =
        sample.children().skip_while(|node| *node != place).skip(1).filter_map(|node| node.text()).collect();
    let label = if place.attribute("reading") == Some("met") { "government" } else { "place" };
    let span = Span::new(before.len(), before.len() + name.len());
    let text = format!("{before}{name}{behind}");
    Some(Labelled { text: text.trim_end().to_owned(), spans: vec![(span, label.to_owned())] })
}

fn child_text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.children().find(|child| child.has_tag_name(name)).and_then(|child| child.text())
}

/// CRC-32 as in zlib, by which the training draws the documents that it leaves out.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32| if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
    let of_byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum));
    !bytes.iter().fold(u32::MAX, of_byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_zlib() {
        assert_eq!(checksum(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn a_relocar_sample_marks_one_place() {
        let xml = r#"<data><sample number="1">Talks with <loc reading="met">Lagos</loc> &amp; co failed.
</sample></data>"#;
        let document = Document::parse(xml).unwrap();
        let example = relocar(document.root_element().first_element_child().unwrap()).unwrap();
        let (span, label) = &example.spans[0];
        assert_eq!(example.text, "Talks with Lagos & co failed.");
        assert_eq!((span.slice(&example.text), label.as_str()), ("Lagos", "government"));
    }

    #[test]
    fn geowebnews_offsets_are_code_points_and_unclear_readings_are_left_out() {
        let xml = "<articles><article file=\"3\"><text>É fine. Then Oslo spoke in Rome.</text>\
            <toponyms><toponym><start>13</start><end>17</end><type>Metonymic</type></toponym>\
            <toponym><start>27</start><end>31</end><type>Mixed</type></toponym></toponyms></article></articles>";
        let document = Document::parse(xml).unwrap();
        let mut examples = Vec::new();
        geowebnews(Path::new("x"), document.root_element().first_element_child().unwrap(), &mut examples)
            .unwrap();
        assert_eq!(examples.len(), 1);
        assert_eq!(examples[0].spans.len(), 1);
        assert_eq!(examples[0].spans[0].0.slice(&examples[0].text), "Oslo");
    }
}
