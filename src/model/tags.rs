//! Tag scores of a text's words to spans of entities and of quote parts.

use crate::text::Span;

use super::metadata::QuoteStartCosts;
use super::tokenize::Pieces;
use super::viterbi::best_tags;
use super::{EntityKind, EntitySpan, QuotePart, QuotePartKind};

const ENTITY_TAGS: usize = 11;
const QUOTE_TAGS: usize = 3;
/// Scores of one piece: the entity tags, then O, B, I of source, cue and content.
pub(super) const TAGS: usize = ENTITY_TAGS + 3 * QUOTE_TAGS;

const ENTITY_KINDS: [EntityKind; 5] = [
    EntityKind::Person,
    EntityKind::Organization,
    EntityKind::Location,
    EntityKind::Group,
    EntityKind::Other,
];
const QUOTE_PARTS: [QuotePartKind; 3] = [QuotePartKind::Source, QuotePartKind::Cue, QuotePartKind::Content];

/// Words of a text: where each begins and ends, and the scores of its first piece.
#[derive(Default)]
pub(super) struct Words {
    spans: Vec<(usize, usize)>,
    scores: Vec<f32>,
}

impl Words {
    /// `scores` holds [`TAGS`] values for every piece of `pieces`.
    pub(super) fn new(pieces: &Pieces, scores: &[f32]) -> Self {
        let mut words = Self::default();
        for (index, row) in scores.chunks_exact(TAGS).enumerate() {
            let (start, end) = pieces.offsets[index];
            if pieces.word_start[index] {
                words.spans.push((start, end));
                words.scores.extend_from_slice(row);
            } else if index + 1 < pieces.len()
                && let Some(word) = words.spans.last_mut()
            {
                word.1 = end;
            }
        }
        words
    }

    /// The entities, in order.
    pub(super) fn entities(&self) -> Vec<EntitySpan> {
        let scores = self.layer(0, ENTITY_TAGS);
        let found = spans_of(&best_tags(&scores, ENTITY_TAGS, 0.0));
        let entity = |found: &TaggedWords| EntitySpan {
            span: self.span(found),
            kind: ENTITY_KINDS[found.kind],
            confidence: confidence(&scores, found),
        };
        found.iter().map(entity).collect()
    }

    /// The parts of quotes: sources, then cues, then contents, each in order.
    pub(super) fn quote_parts(&self, costs: &QuoteStartCosts) -> Vec<QuotePart> {
        let mut parts = Vec::new();
        for (index, (part, cost)) in
            QUOTE_PARTS.into_iter().zip([costs.source, costs.cue, costs.content]).enumerate()
        {
            let scores = self.layer(ENTITY_TAGS + index * QUOTE_TAGS, QUOTE_TAGS);
            let found = spans_of(&best_tags(&scores, QUOTE_TAGS, cost));
            parts.extend(found.iter().map(|found| QuotePart { span: self.span(found), part }));
        }
        parts
    }

    /// The columns of one set of tags.
    fn layer(&self, first: usize, tags: usize) -> Vec<f32> {
        self.scores.chunks_exact(TAGS).flat_map(|row| &row[first..first + tags]).copied().collect()
    }

    fn span(&self, found: &TaggedWords) -> Span {
        let start = self.spans[found.first].0;
        Span::new(start, self.spans[found.last].1.max(start))
    }
}

/// A run of words that one span covers.
struct TaggedWords {
    first: usize,
    last: usize,
    /// Index of the kind; its tags are `2 kind + 1` (opens) and `2 kind + 2` (goes on).
    kind: usize,
}

fn spans_of(tags: &[usize]) -> Vec<TaggedWords> {
    let mut spans: Vec<TaggedWords> = Vec::new();
    for (word, tag) in tags.iter().enumerate() {
        if tag % 2 == 1 {
            spans.push(TaggedWords { first: word, last: word, kind: tag / 2 });
        } else if *tag > 0
            && let Some(open) = spans.last_mut()
        {
            open.last = word;
        }
    }
    spans
}

/// As sure as the least sure of its words that it belongs to an entity of this kind.
fn confidence(scores: &[f32], found: &TaggedWords) -> f32 {
    let (begin, inside) = (2 * found.kind + 1, 2 * found.kind + 2);
    let of_word = |word: usize| {
        let row = &scores[word * ENTITY_TAGS..(word + 1) * ENTITY_TAGS];
        let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let power = |score: f32| (score - highest).exp();
        (power(row[begin]) + power(row[inside])) / row.iter().map(|score| power(*score)).sum::<f32>()
    };
    (found.first..=found.last).map(of_word).fold(1.0, f32::min)
}
