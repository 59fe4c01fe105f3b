//! Text to pieces. `training/README.md`, "Tokenising", defines every step.

use std::collections::HashMap;
use std::str::FromStr;

use tokenizers::Tokenizer;

use super::ModelError;
use crate::text::Span;

/// Row of a case shape in its embedding. The order is that of the metadata's `case_shapes`.
mod shape {
    pub(super) const LOWER: u8 = 0;
    pub(super) const TITLE: u8 = 1;
    pub(super) const INITIAL: u8 = 2;
    pub(super) const UPPER: u8 = 3;
    pub(super) const MIXED: u8 = 4;
    pub(super) const DIGIT: u8 = 5;
    pub(super) const OTHER: u8 = 6;
    pub(super) const SPECIAL: u8 = 7;
}

/// Bytes `[start, end)` of the delivered text; `(0, 0)` for `[CLS]` and `[SEP]`.
pub(super) type PieceBytes = (usize, usize);

/// One tokenised text: one element per piece, `[CLS]` first and `[SEP]` last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Pieces {
    pub ids: Vec<u32>,
    pub shapes: Vec<u8>,
    pub offsets: Vec<PieceBytes>,
    /// Whether a word begins here: tags are read on these pieces only.
    pub word_start: Vec<bool>,
}

impl Pieces {
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

pub(super) struct PieceTokenizer {
    tokenizer: Tokenizer,
    character_map: HashMap<char, char>,
    /// By id: whether the piece continues a word (`##`).
    continues: Vec<bool>,
    /// Id of the piece that stands for a hidden one.
    mask: u32,
}

impl PieceTokenizer {
    /// `definition` is the text of `tokenizer.json`; `vocabulary` is the number of rows of the word embedding.
    pub(super) fn new(
        definition: &str,
        character_map: HashMap<char, char>,
        vocabulary: usize,
    ) -> Result<Self, ModelError> {
        let failed = |error: tokenizers::Error| ModelError::Tokenizer(error.to_string());
        let mut tokenizer = Tokenizer::from_str(definition).map_err(failed)?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(failed)?;
        let mut continues = vec![false; vocabulary];
        for (piece, id) in tokenizer.get_vocab(true) {
            let Some(entry) = continues.get_mut(id as usize) else {
                let reason = format!("piece {piece:?} has the id {id}, the model has {vocabulary} words");
                return Err(ModelError::Tokenizer(reason));
            };
            *entry = piece.starts_with("##");
        }
        // The vocabulary must have a piece for the unknown, or some text could not be encoded.
        let probe = tokenizer.encode("a \u{10FFFD}", true).map_err(failed)?;
        if probe.get_ids().len() < 3 {
            return Err(ModelError::Tokenizer("it adds no [CLS] and [SEP]".to_owned()));
        }
        let mask = tokenizer
            .token_to_id("[MASK]")
            .ok_or_else(|| ModelError::Tokenizer("it has no piece [MASK]".to_owned()))?;
        Ok(Self { tokenizer, character_map, continues, mask })
    }

    /// As [`pieces`](Self::pieces), with the pieces of `hidden` as the training hides names: unknown, but of their shape.
    pub(super) fn pieces_without(&self, text: &str, hidden: &[Span]) -> Pieces {
        let mut pieces = self.pieces(text);
        let inner = 1..pieces.len() - 1;
        for index in inner {
            let (start, end) = pieces.offsets[index];
            if hidden.iter().any(|span| start < span.end.0 && end > span.start.0) {
                pieces.ids[index] = self.mask;
            }
        }
        pieces
    }

    #[expect(clippy::expect_used, reason = "`new` has seen that the vocabulary has a piece for the unknown")]
    pub(super) fn pieces(&self, text: &str) -> Pieces {
        let (mapped, shifts) = self.map_characters(text);
        let encoding = self
            .tokenizer
            .encode(mapped, true)
            .expect("WordPiece with a piece for the unknown takes any text");
        let count = encoding.get_ids().len();
        let last = count - 1;
        let mut pieces = Pieces { ids: encoding.get_ids().to_vec(), ..Pieces::default() };
        for (index, (start, end)) in encoding.get_offsets().iter().enumerate() {
            let special = index == 0 || index == last;
            let (start, end) =
                if special { (0, 0) } else { (shifts.original(*start), shifts.original(*end)) };
            let (start, end) = (text.floor_char_boundary(start), text.ceil_char_boundary(end));
            pieces.shapes.push(if special {
                shape::SPECIAL
            } else {
                case_shape(&text[start..end.max(start)])
            });
            pieces.offsets.push((start, end.max(start)));
            pieces.word_start.push(!special && !self.continues[pieces.ids[index] as usize]);
        }
        pieces
    }

    /// Replaces characters one for one, so that straight and curly quotes, say, read alike.
    fn map_characters(&self, text: &str) -> (String, Shifts) {
        let mut mapped = String::with_capacity(text.len());
        let mut shifts = Shifts::default();
        for (position, character) in text.char_indices() {
            match self.character_map.get(&character) {
                None => mapped.push(character),
                Some(replacement) => {
                    mapped.push(*replacement);
                    shifts.add(mapped.len(), position + character.len_utf8());
                }
            }
        }
        (mapped, shifts)
    }
}

/// From byte offsets in the mapped text to those in the delivered one.
#[derive(Default)]
struct Shifts {
    /// Ends of replaced characters: (in the mapped text, in the delivered text).
    ends: Vec<(usize, usize)>,
}

impl Shifts {
    fn add(&mut self, mapped_end: usize, original_end: usize) {
        self.ends.push((mapped_end, original_end));
    }

    fn original(&self, mapped: usize) -> usize {
        let behind = self.ends.partition_point(|(mapped_end, _)| *mapped_end <= mapped);
        match behind.checked_sub(1).and_then(|index| self.ends.get(index)) {
            None => mapped,
            Some((mapped_end, original_end)) => mapped - mapped_end + original_end,
        }
    }
}

/// The encoder is uncased; this tells it what the letters of a piece looked like.
fn case_shape(piece: &str) -> u8 {
    let upper = piece.chars().filter(|c| c.is_uppercase()).count();
    let has_lower = piece.chars().any(char::is_lowercase);
    let begins_upper = piece.chars().next().is_some_and(char::is_uppercase);
    match (upper, has_lower) {
        (0, true) => shape::LOWER,
        (0, false) if piece.contains(|c: char| c.is_ascii_digit()) => shape::DIGIT,
        (0, false) => shape::OTHER,
        (1, false) => shape::INITIAL,
        (_, false) => shape::UPPER,
        (1, true) if begins_upper => shape::TITLE,
        (_, true) => shape::MIXED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_shapes_are_those_of_the_readme() {
        let expected = [
            ("may", shape::LOWER),
            ("May", shape::TITLE),
            ("M", shape::INITIAL),
            ("MAY", shape::UPPER),
            ("McCain", shape::MIXED),
            ("iPhone", shape::MIXED),
            ("U2", shape::INITIAL),
            ("14", shape::DIGIT),
            ("—", shape::OTHER),
            ("", shape::OTHER),
            ("习", shape::OTHER),
            ("Ö", shape::INITIAL),
        ];
        for (piece, expected) in expected {
            assert_eq!(case_shape(piece), expected, "{piece}");
        }
    }

    #[test]
    fn offsets_behind_replaced_characters_point_into_the_delivered_text() {
        let mut shifts = Shifts::default();
        // “a” is 3 + 1 + 3 bytes; mapped it is "a", 3 bytes.
        shifts.add(1, 3);
        shifts.add(3, 7);
        let mapped: Vec<usize> = (0..=4).map(|mapped| shifts.original(mapped)).collect();
        assert_eq!(mapped, [0, 3, 4, 7, 8]);
    }
}
