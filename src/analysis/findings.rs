//! What the model finds in the sentences of an article.

use super::reading::Reading;
use crate::actors::{NamedSpan, Phrase, Who, phrases, whole_names};
use crate::model::{EntitySpan, MentionScore, Model, QuotePartKind};
use crate::sentiment::is_name_of_polar_words;
use crate::text::Span;
use std::collections::HashMap;
use std::ops::Range;

/// Sentences read together: enough for large matrices, few enough that a book does not fill the memory with the
/// vectors of its sentences (1.5 KB a piece).
const SENTENCES_PER_BATCH: usize = 64;

/// What the model found in one sentence; ranges are bytes of the sentence.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    entities: Vec<(EntitySpan, MentionScore)>,
    phrases: Vec<(Phrase, MentionScore)>,
    quote_parts: Vec<(QuotePartKind, Range<usize>)>,
}

/// An entity at its place in the clean text.
#[derive(Clone, Debug)]
pub(super) struct FoundEntity {
    /// Position of its sentence in the reading.
    pub sentence: usize,
    pub span: NamedSpan,
    pub score: MentionScore,
}

/// A phrase that means an actor, at its place in the clean text.
#[derive(Clone, Debug)]
pub(super) struct FoundPhrase {
    pub sentence: usize,
    pub phrase: Phrase,
    pub score: MentionScore,
}

/// A part of reported speech at its place in the clean text.
#[derive(Clone, Debug)]
pub(super) struct FoundQuotePart {
    pub sentence: usize,
    pub kind: QuotePartKind,
    pub range: Range<usize>,
}

/// Everything found in one field.
#[derive(Clone, Debug, Default)]
pub(super) struct FieldFindings {
    pub entities: Vec<FoundEntity>,
    pub phrases: Vec<FoundPhrase>,
    pub quote_parts: Vec<FoundQuotePart>,
}

/// Reads all sentences of an article. A sentence that occurs again is read once: it would give the same result, and
/// live tickers repeat themselves.
pub(super) fn findings(model: &Model, who: &Who<'_>, readings: &[Reading]) -> Vec<FieldFindings> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut texts: Vec<&str> = Vec::new();
    for reading in readings {
        for text in reading.sentence_texts() {
            places.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len() - 1
            });
        }
    }
    let found: Vec<Findings> =
        texts.chunks(SENTENCES_PER_BATCH).flat_map(|batch| read_batch(model, who, batch)).collect();
    readings.iter().map(|reading| in_place(reading, |text| found.get(*places.get(text)?))).collect()
}

fn read_batch(model: &Model, who: &Who<'_>, sentences: &[&str]) -> Vec<Findings> {
    let readings = model.read_sentences(sentences);
    let mut findings: Vec<Findings> = readings
        .iter()
        .zip(sentences)
        .map(|(reading, sentence)| {
            let entities = whole_names(who.knowledge, sentence, &reading.entities);
            let phrases = phrases(who, sentence);
            let of_phrases = phrases.iter().map(|phrase| Span::new(phrase.range.start, phrase.range.end));
            let spans: Vec<Span> = entities.iter().map(|entity| entity.span).chain(of_phrases).collect();
            let mut scores = model.score_mentions(reading, &spans).into_iter();
            Findings {
                entities: entities.into_iter().zip(scores.by_ref()).collect(),
                phrases: phrases.into_iter().zip(scores).collect(),
                quote_parts: reading.quotes.iter().map(|part| (part.part, range(part.span))).collect(),
            }
        })
        .collect();
    score_without_polar_names(model, sentences, &mut findings);
    findings
}

/// Where a name is made of words that judge, and the sentence seems to judge, what the sentence says without the name
/// counts, for all its mentions: "Grace Victory attended with Jon Miller" praises neither.
fn score_without_polar_names(model: &Model, sentences: &[&str], findings: &mut [Findings]) {
    let hidden: Vec<Vec<Span>> =
        sentences.iter().zip(findings.iter()).map(|(sentence, found)| found.polar_names(sentence)).collect();
    let again: Vec<usize> = (0..findings.len()).filter(|index| !hidden[*index].is_empty()).collect();
    let texts: Vec<(&str, &[Span])> =
        again.iter().map(|index| (sentences[*index], hidden[*index].as_slice())).collect();
    for (index, reading) in again.into_iter().zip(model.read_sentences_without(&texts)) {
        let found = &mut findings[index];
        let scores = model.score_mentions(&reading, &found.spans());
        for (own, score) in found.scores().zip(scores) {
            own.probabilities = score.probabilities;
        }
    }
}

impl Findings {
    fn spans(&self) -> Vec<Span> {
        let of_phrases =
            self.phrases.iter().map(|(phrase, _)| Span::new(phrase.range.start, phrase.range.end));
        self.entities.iter().map(|(entity, _)| entity.span).chain(of_phrases).collect()
    }

    /// In the order of [`spans`](Self::spans).
    fn scores(&mut self) -> impl Iterator<Item = &mut MentionScore> {
        let of_entities = self.entities.iter_mut().map(|(_, score)| score);
        of_entities.chain(self.phrases.iter_mut().map(|(_, score)| score))
    }

    /// Names made of words that judge, if any mention of the sentence is not neutral.
    fn polar_names(&self, sentence: &str) -> Vec<Span> {
        let judged = |score: &MentionScore| {
            let [negative, neutral, positive] = score.probabilities;
            neutral <= negative.max(positive)
        };
        let of_phrases = self.phrases.iter().map(|(_, score)| score);
        let mut scores = self.entities.iter().map(|(_, score)| score).chain(of_phrases);
        if !scores.any(judged) {
            return Vec::new();
        }
        let names = self.entities.iter().map(|(entity, _)| entity.span);
        names.filter(|span| is_name_of_polar_words(span.slice(sentence))).collect()
    }
}

fn range(span: Span) -> Range<usize> {
    span.start.0..span.end.0
}

fn in_place<'f>(reading: &Reading, find: impl Fn(&str) -> Option<&'f Findings>) -> FieldFindings {
    let mut field = FieldFindings::default();
    for (sentence, text) in reading.sentence_texts().enumerate() {
        let (Some(findings), Some(start)) =
            (find(text), reading.sentences.get(sentence).map(|range| range.start))
        else {
            continue;
        };
        let moved = |range: Range<usize>| range.start + start..range.end + start;
        field.entities.extend(findings.entities.iter().map(|(entity, score)| FoundEntity {
            sentence,
            span: NamedSpan {
                range: moved(range(entity.span)),
                kind: entity.kind,
                confidence: entity.confidence,
                government: score.government,
            },
            score: *score,
        }));
        field.phrases.extend(findings.phrases.iter().map(|(phrase, score)| FoundPhrase {
            sentence,
            phrase: Phrase { range: moved(phrase.range.clone()), ..phrase.clone() },
            score: *score,
        }));
        field.quote_parts.extend(findings.quote_parts.iter().map(|(kind, range)| FoundQuotePart {
            sentence,
            kind: *kind,
            range: moved(range.clone()),
        }));
    }
    field
}
