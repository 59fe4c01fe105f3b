//! A sentence as the clause rules see it: words and marks, with the mentions among them.

use std::ops::Range;

/// Where an actor is mentioned; the range is in bytes of the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StanceMention {
    pub range: Range<usize>,
    pub actor: usize,
    pub person: bool,
}

/// A word, a possessive ending, or a mark.
struct Token {
    range: Range<usize>,
    /// Position of the mention that it belongs to.
    mention: Option<usize>,
}

pub(super) struct Sentence<'a> {
    text: &'a str,
    /// The text in lower case; ASCII only, so that every byte keeps its place.
    lower: String,
    tokens: Vec<Token>,
    pub mentions: &'a [StanceMention],
    /// Person that "he" or "she" means where the sentence itself names nobody.
    pub person_before: Option<usize>,
}

impl<'a> Sentence<'a> {
    /// `mentions` are in order and do not overlap.
    pub(super) fn new(text: &'a str, mentions: &'a [StanceMention], person_before: Option<usize>) -> Self {
        let mut tokens: Vec<Token> = Vec::new();
        let mut next_mention = 0;
        for range in pieces(text) {
            while mentions.get(next_mention).is_some_and(|mention| mention.range.end <= range.start) {
                next_mention += 1;
            }
            let inside = mentions.get(next_mention).is_some_and(|mention| mention.range.start < range.end);
            tokens.push(Token { range, mention: inside.then_some(next_mention) });
        }
        Self { text, lower: text.to_ascii_lowercase(), tokens, mentions, person_before }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// A word in lower case; a typographic apostrophe stays. Empty behind the end.
    pub(super) fn word(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| &self.lower[token.range.clone()])
    }

    pub(super) fn mention(&self, at: usize) -> Option<usize> {
        self.tokens.get(at)?.mention
    }

    pub(super) fn range(&self, at: usize) -> Option<Range<usize>> {
        self.tokens.get(at).map(|token| token.range.clone())
    }

    pub(super) fn is_possessive(&self, at: usize) -> bool {
        matches!(self.word(at), "'s" | "’s" | "'" | "’")
    }

    /// A mark that is no possessive ending.
    pub(super) fn is_mark(&self, at: usize) -> bool {
        !self.is_possessive(at) && self.word(at).chars().next().is_some_and(|first| !first.is_alphanumeric())
    }

    pub(super) fn is_quote_mark(&self, at: usize) -> bool {
        matches!(self.word(at), "\"" | "“" | "”")
    }

    pub(super) fn is_capitalised(&self, at: usize) -> bool {
        let first = self.tokens.get(at).and_then(|token| self.text[token.range.clone()].chars().next());
        first.is_some_and(char::is_uppercase)
    }

    /// First token of the mention at a token.
    pub(super) fn mention_start(&self, at: usize) -> usize {
        let own = self.mention(at);
        (0..at).rev().take_while(|before| self.mention(*before) == own).last().unwrap_or(at)
    }

    /// Token behind the mention at a token.
    pub(super) fn mention_end(&self, at: usize) -> usize {
        let own = self.mention(at);
        (at..self.len()).find(|after| self.mention(*after) != own).unwrap_or(self.len())
    }
}

/// Words with their inner hyphens, dots and apostrophes; possessive endings; every other sign for itself.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((start, first)) = characters.next() {
        if first.is_whitespace() {
            continue;
        }
        let mut end = start + first.len_utf8();
        let apostrophe = |c: char| matches!(c, '\'' | '’');
        if first.is_alphanumeric() || apostrophe(first) {
            while let Some((at, next)) = characters.peek().copied() {
                let rest = &text[at + next.len_utf8()..];
                let letter_follows = rest.chars().next().is_some_and(char::is_alphanumeric);
                let joins = (next == '-' || next == '.') && letter_follows && first.is_alphanumeric();
                // "don't" is one word, "Karth's" is two.
                let contraction = apostrophe(next)
                    && letter_follows
                    && text[start..at].ends_with(['n', 'N'])
                    && rest.starts_with(['t', 'T']);
                if !(next.is_alphanumeric() || joins || contraction) {
                    break;
                }
                end = at + next.len_utf8();
                characters.next();
            }
        }
        found.push(start..end);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn possessives_are_apart_and_contractions_are_not() {
        let text = "Karth’s U.S.-led plan didn't end (yet).";
        let words: Vec<&str> = pieces(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(
            words,
            ["Karth", "’s", "U.S", ".", "-", "led", "plan", "didn't", "end", "(", "yet", ")", "."]
        );
    }
}
