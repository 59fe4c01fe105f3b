//! The parts of quotes, and the sources of direct quotes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;

use serde::Serialize;

use super::examples::EvaluationError;
use super::metrics::{Counts, Scores, ratio};
use super::polnear::{PARTS, Parts, QuotedArticle, articles};
use super::{Watcher, file_names, sentences_of};
use crate::model::{EntityKind, Model, QuotePartKind};
use crate::sentiment::{Attribution, Spoken, Voice, actor_in, attribute};
use crate::text::{self, QuotedText, Span};

/// Figures of the task; `n` is the number of articles.
#[derive(Debug, Serialize)]
pub struct QuoteFigures {
    pub task: &'static str,
    pub data: Vec<String>,
    pub n: usize,
    /// Within sentences: a span that crosses a sentence's border is cut there, on both sides.
    pub parts: BTreeMap<&'static str, PartFigures>,
    pub direct: DirectQuoteFigures,
}

#[derive(Debug, Serialize)]
pub struct PartFigures {
    /// Exact spans.
    pub exact: Scores,
    /// Words inside the spans.
    pub words: Scores,
}

/// Direct quotes of the data that have a source.
#[derive(Debug, Serialize)]
pub struct DirectQuoteFigures {
    pub n: usize,
    /// Share whose linked source overlaps the expected one.
    pub right: f64,
    /// Share whose linked source is exactly the expected one.
    pub exact: f64,
    /// Those whose expected source holds a name that the model finds.
    pub named: usize,
    /// Share of those with the actor of that name as their speaker.
    pub named_right: f64,
}

#[derive(Default)]
struct Tally {
    exact: [Counts; 3],
    words: [Counts; 3],
    direct: usize,
    direct_right: usize,
    direct_exact: usize,
    named: usize,
    named_right: usize,
}

/// Scores folders of `PolNeAR` articles.
///
/// # Errors
/// When a folder cannot be read or holds no annotated article.
pub fn quotes(
    model: &Model,
    folders: &[PathBuf],
    watcher: Watcher<'_>,
) -> Result<QuoteFigures, EvaluationError> {
    let mut tally = Tally::default();
    let mut count = 0;
    for folder in folders {
        let articles = articles(folder)?;
        for (done, article) in (1..).zip(&articles) {
            tally.article(model, article);
            count += 1;
            watcher(done, articles.len());
        }
    }
    if count == 0 {
        return Err(EvaluationError::Nothing);
    }
    let part =
        |part: usize| PartFigures { exact: tally.exact[part].scores(), words: tally.words[part].scores() };
    let direct = |count: usize| ratio(count, tally.direct.max(1));
    Ok(QuoteFigures {
        task: "quotes",
        data: file_names(folders),
        n: count,
        parts: PARTS.iter().enumerate().map(|(index, name)| (*name, part(index))).collect(),
        direct: DirectQuoteFigures {
            n: tally.direct,
            right: direct(tally.direct_right),
            exact: direct(tally.direct_exact),
            named: tally.named,
            named_right: ratio(tally.named_right, tally.named.max(1)),
        },
    })
}

impl Tally {
    fn article(&mut self, model: &Model, article: &QuotedArticle) {
        let sentences = sentences_of(&article.text);
        let found = read(model, &article.text, &sentences);
        for sentence in &sentences {
            let words = word_starts(&article.text, sentence);
            for part in 0..PARTS.len() {
                let found = within(&found.parts[part], sentence);
                let expected = within(&article.parts[part], sentence);
                self.exact[part].add(Counts::of(&found, &expected));
                self.words[part].add(Counts::of(&inside(&words, &found), &inside(&words, &expected)));
            }
        }
        self.direct_quotes(article, &sentences, &found);
    }

    fn direct_quotes(&mut self, article: &QuotedArticle, sentences: &[Range<usize>], found: &Found) {
        let quotes = text::quotes(&article.text);
        let ranges = |part: usize| -> Vec<Range<usize>> {
            let mut ranges: Vec<Range<usize>> =
                found.parts[part].iter().map(|span| span.start.0..span.end.0).collect();
            ranges.sort_by_key(|range| range.start);
            ranges
        };
        let outside = |voice: &&Voice| quote_over(&quotes, &voice.range).is_none();
        let voices: Vec<Voice> = found.voices.iter().filter(outside).cloned().collect();
        let attributions = attribute(&Spoken {
            clean: &article.text,
            sentences,
            quotes: &quotes,
            voices: &voices,
            sources: &ranges(0),
            cues: &ranges(1),
        });
        for [sources, _, contents] in &article.attributions {
            let direct =
                contents.iter().filter(|content| content.slice(&article.text).starts_with(['"', '“']));
            for content in direct.filter(|_| !sources.is_empty()) {
                self.direct += 1;
                let quote = quote_over(&quotes, &(content.start.0..content.end.0));
                if let Some(attribution) = quote.and_then(|quote| attributions.get(quote)) {
                    self.source(sources, attribution);
                    self.speaker(sources, attribution, &voices);
                }
            }
        }
    }

    /// The words that name the speaker.
    fn source(&mut self, expected: &[Span], attribution: &Attribution) {
        if let Some(source) = &attribution.source {
            let source = Span::new(source.start, source.end);
            let overlaps = |own: &Span| own.start < source.end && own.end > source.start;
            self.direct_right += usize::from(expected.iter().any(overlaps));
            self.direct_exact += usize::from(expected.contains(&source));
        }
    }

    /// The actor, where the expected source names one.
    fn speaker(&mut self, expected: &[Span], attribution: &Attribution, voices: &[Voice]) {
        let named = expected.iter().find_map(|source| actor_in(&(source.start.0..source.end.0), voices));
        if let Some(named) = named {
            self.named += 1;
            self.named_right += usize::from(attribution.speaker == Some(named));
        }
    }
}

/// First quotation that overlaps a range.
fn quote_over(quotes: &[QuotedText], range: &Range<usize>) -> Option<usize> {
    let at = quotes.partition_point(|quote| quote.range.end <= range.start);
    quotes.get(at).filter(|quote| quote.range.start < range.end).map(|_| at)
}

/// What the model finds in an article.
#[derive(Default)]
struct Found {
    parts: Parts,
    /// Names of persons, organisations, places and groups; those of one name are one actor.
    voices: Vec<Voice>,
}

/// The parts that the model finds in an article, sentence by sentence.
fn read(model: &Model, text: &str, sentences: &[Range<usize>]) -> Found {
    let texts: Vec<&str> = sentences.iter().map(|sentence| &text[sentence.clone()]).collect();
    let mut found = Found::default();
    let mut actors: BTreeMap<&str, usize> = BTreeMap::new();
    for (reading, sentence) in model.read_sentences(&texts).iter().zip(sentences) {
        for quote in &reading.quotes {
            let part = match quote.part {
                QuotePartKind::Source => 0,
                QuotePartKind::Cue => 1,
                QuotePartKind::Content => 2,
            };
            let (start, end) = (quote.span.start.0 + sentence.start, quote.span.end.0 + sentence.start);
            found.parts[part].push(Span::new(start, end));
        }
        for entity in reading.entities.iter().filter(|entity| entity.kind != EntityKind::Other) {
            let range = entity.span.start.0 + sentence.start..entity.span.end.0 + sentence.start;
            let person = entity.kind == EntityKind::Person;
            let name = text.get(range.clone()).unwrap_or_default();
            // People go on under their last name.
            let key = if person { name.rsplit(' ').next().unwrap_or(name) } else { name };
            let next = actors.len();
            let actor = *actors.entry(key).or_insert(next);
            found.voices.push(Voice { range, actor, person });
        }
    }
    found
}

/// Spans that overlap a sentence, cut to it.
fn within(spans: &[Span], sentence: &Range<usize>) -> BTreeSet<Span> {
    let overlapping = spans.iter().filter(|span| span.start.0 < sentence.end && span.end.0 > sentence.start);
    overlapping
        .map(|span| Span::new(span.start.0.max(sentence.start), span.end.0.min(sentence.end)))
        .collect()
}

/// Where words begin: runs of letters and digits, and every other sign for itself.
fn word_starts(text: &str, sentence: &Range<usize>) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut in_word = false;
    for (offset, character) in text[sentence.clone()].char_indices() {
        let is_letter = character.is_alphanumeric();
        let goes_on = is_letter && in_word;
        if !goes_on && !character.is_whitespace() {
            starts.push(sentence.start + offset);
        }
        in_word = is_letter;
    }
    starts
}

fn inside(words: &[usize], spans: &BTreeSet<Span>) -> BTreeSet<usize> {
    let is_inside = |word: &&usize| spans.iter().any(|span| (span.start.0..span.end.0).contains(*word));
    words.iter().filter(is_inside).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_cut_at_the_sentence() {
        let spans = [Span::new(0, 10), Span::new(12, 14), Span::new(20, 30)];
        let expected = BTreeSet::from([Span::new(5, 10), Span::new(12, 14)]);
        assert_eq!(within(&spans, &(5..20)), expected);
    }

    #[test]
    fn words_and_signs_begin_where_they_stand() {
        assert_eq!(word_starts("He's 5, é.", &(0..11)), [0, 2, 3, 5, 6, 8, 10]);
    }
}
