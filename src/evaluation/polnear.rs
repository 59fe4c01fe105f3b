//! Articles of `PolNeAR`: a folder with `text/` and stand-off `attributions/`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::examples::{CodePoints, EvaluationError};
use crate::text::Span;

/// Spans per part, in the order source, cue, content.
pub(super) type Parts = [Vec<Span>; 3];

pub(super) const PARTS: [&str; 3] = ["source", "cue", "content"];

pub(super) struct QuotedArticle {
    pub text: String,
    /// All spans of each part, in order; of contents only the outer ones.
    pub parts: Parts,
    /// Who says what, as the annotators saw it.
    pub attributions: Vec<Parts>,
}

/// The annotated articles of a folder. Of two annotators' files, the first by name is taken.
pub(super) fn articles(folder: &Path) -> Result<Vec<QuotedArticle>, EvaluationError> {
    let mut annotations: BTreeMap<String, PathBuf> = BTreeMap::new();
    for path in files(&folder.join("attributions"))?.into_iter().rev() {
        if let Some((article, _annotator)) = stem(&path).rsplit_once('_') {
            annotations.insert(article.to_owned(), path);
        }
    }
    let mut articles = Vec::new();
    for path in files(&folder.join("text"))? {
        if let Some(annotation) = annotations.get(&stem(&path)) {
            articles.push(article(read(&path)?, &read(annotation)?, annotation)?);
        }
    }
    Ok(articles)
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, EvaluationError> {
    let in_folder = |source| EvaluationError::File { path: folder.to_owned(), source };
    let entries = std::fs::read_dir(folder).map_err(in_folder)?;
    let mut paths =
        entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, _>>().map_err(in_folder)?;
    paths.sort();
    Ok(paths)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(path: &Path) -> Result<String, EvaluationError> {
    std::fs::read_to_string(path).map_err(|source| EvaluationError::File { path: path.to_owned(), source })
}

fn article(text: String, annotation: &str, path: &Path) -> Result<QuotedArticle, EvaluationError> {
    let offsets = CodePoints::new(&text);
    let mut fragments: BTreeMap<&str, (usize, Vec<Span>)> = BTreeMap::new();
    let mut attributions: Vec<Parts> = Vec::new();
    for line in annotation.split('\n') {
        let mut fields = line.split('\t');
        let (Some(id), Some(value)) = (fields.next(), fields.next()) else { continue };
        if id.starts_with('T') {
            let (part, places) = value.split_once(' ').unwrap_or((value, ""));
            if let Some(part) = PARTS.iter().position(|name| name.eq_ignore_ascii_case(part)) {
                let spans =
                    places.split(';').map(|place| span(place, &offsets, path)).collect::<Result<_, _>>()?;
                fragments.insert(id, (part, spans));
            }
        } else if id.starts_with('E') {
            let mut attribution = Parts::default();
            for item in value.split_whitespace() {
                let fragment = item.split(':').nth(1).and_then(|id| fragments.get(id));
                if let Some((part, spans)) = fragment {
                    attribution[*part].extend(spans);
                }
            }
            attributions.push(attribution);
        }
    }
    let mut parts = Parts::default();
    for (part, spans) in parts.iter_mut().enumerate() {
        spans.extend(attributions.iter().flat_map(|attribution| &attribution[part]));
        spans.sort();
        spans.dedup();
    }
    parts[2] = outermost(&parts[2]);
    Ok(QuotedArticle { text, parts, attributions })
}

fn span(place: &str, offsets: &CodePoints, path: &Path) -> Result<Span, EvaluationError> {
    let mut numbers = place.split_whitespace().map(|number| number.parse().unwrap_or(usize::MAX));
    let mut next = || numbers.next().unwrap_or(usize::MAX);
    offsets.span(next(), next(), path)
}

/// Leaves out spans that lie inside another.
fn outermost(spans: &[Span]) -> Vec<Span> {
    let mut sorted = spans.to_vec();
    sorted.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
    let mut kept: Vec<Span> = Vec::new();
    for span in sorted {
        if kept.last().is_none_or(|last| span.end > last.end) {
            kept.push(span);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribution_names_its_fragments() {
        let text = "É: Lund said “no” on Monday, “never”.".to_owned();
        let annotation = "T1\tSource 3 7\tLund\nT2\tCue 8 12\tsaid\nT3\tContent 13 17;29 36\t“no” “never”\n\
            E1\tAttribution:T3 Source:T1 Cue:T2\nA1\tsomething else\n";
        let article = article(text, annotation, Path::new("x.ann")).unwrap();
        let slices = |spans: &[Span]| -> Vec<String> {
            spans.iter().map(|span| span.slice(&article.text).to_owned()).collect()
        };
        assert_eq!(slices(&article.parts[0]), ["Lund"]);
        assert_eq!(slices(&article.parts[1]), ["said"]);
        assert_eq!(slices(&article.attributions[0][2]), ["“no”", "“never”"]);
    }

    #[test]
    fn contents_inside_others_are_left_out() {
        let spans = [Span::new(0, 9), Span::new(2, 5), Span::new(5, 12)];
        assert_eq!(outermost(&spans), [Span::new(0, 9), Span::new(5, 12)]);
    }
}
