//! Who says a quotation by the form of the words around it: `"...," X said`, `"...," said X`, `X said: "..."`.

use super::speaker::Voice;
use crate::actors::{SPEECH_VERBS, is_one_of};
use std::ops::Range;

/// Longest stretch behind a quotation in which its speaker is looked for, in bytes.
const REACH_AFTER: usize = 240;
/// The same where the quotation does not end with a comma.
const LOOSE_REACH: usize = 60;
/// The same before a quotation.
const REACH_BEFORE: usize = 200;

/// What the form tells.
pub(super) struct Form {
    pub who: Who,
    /// The verb that introduces the quotation.
    pub cue: Range<usize>,
}

pub(super) enum Who {
    Named(Voice),
    /// "He said"
    Pronoun,
    Unknown,
}

/// The text around a quotation, up to its neighbours.
pub(super) struct Place<'a> {
    pub clean: &'a str,
    pub voices: &'a [Voice],
    pub start: usize,
    pub end: usize,
}

impl Place<'_> {
    /// `"...," X said` and `"...," said X`.
    pub(super) fn behind(&self, quote: &Range<usize>) -> Option<Form> {
        let end = floor_boundary(self.clean, self.end.min(quote.end + REACH_AFTER));
        let text = self.clean.get(quote.end..end)?;
        // A quotation that ends its sentence is not explained by the next one.
        let quoted = self.clean[quote.clone()].trim_end_matches(['"', '”', '’', '\'', '»']);
        if quoted.ends_with('.') {
            return None;
        }
        let text = &text[..first_sentence(text)];
        let verb = verbs(text).next()?;
        let range = quote.end + verb.start..quote.end + verb.end;
        let verb_start = verb.start;
        let cue = quote.end + verb.start..quote.end + verb.end;
        // Without a comma inside the marks, only words close by belong to the quotation.
        if !quoted.ends_with([',', '!', '?', '…']) && verb_start > LOOSE_REACH {
            return None;
        }
        let who = match self.speaker_in(quote.end..range.start) {
            Some(voice) => Who::Named(voice.clone()),
            None if pronoun(&self.clean[quote.end..range.start]) => Who::Pronoun,
            None => match self.voices_in(range.end..quote.end + text.len()).next() {
                Some(voice) => Who::Named(voice.clone()),
                None => Who::Unknown,
            },
        };
        Some(Form { who, cue })
    }

    /// `X said: "..."` and `X called it "..."`.
    pub(super) fn before(&self, quote: &Range<usize>) -> Option<Form> {
        let start = ceil_boundary(self.clean, self.start.max(quote.start.saturating_sub(REACH_BEFORE)));
        let text = self.clean.get(start..quote.start)?;
        let start = start + last_sentence(text);
        let text = self.clean.get(start..quote.start)?;
        let verb = verbs(text).last()?;
        let cue = start + verb.start..start + verb.end;
        let named = self.speaker_in(start..start + verb.start);
        let who = match named {
            Some(voice) => Who::Named(voice.clone()),
            None if pronoun(&text[..verb.start]) => Who::Pronoun,
            None => Who::Unknown,
        };
        Some(Form { who, cue })
    }

    /// The first person, else the first actor: what follows a name up to the verb describes its bearer.
    fn speaker_in(&self, range: Range<usize>) -> Option<&Voice> {
        let person = self.voices_in(range.clone()).find(|voice| voice.person);
        person.or_else(|| self.voices_in(range).next())
    }

    fn voices_in(&self, range: Range<usize>) -> impl Iterator<Item = &Voice> {
        let first = self.voices.partition_point(|voice| voice.range.start < range.start);
        self.voices[first..].iter().take_while(move |voice| voice.range.end <= range.end)
    }
}

fn verbs(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut position = 0;
    text.split(|c: char| !c.is_alphabetic()).filter_map(move |word| {
        let range = position..position + word.len();
        position = range.end + text[range.end..].chars().next().map_or(0, char::len_utf8);
        is_one_of(SPEECH_VERBS, word).then_some(range)
    })
}

fn pronoun(text: &str) -> bool {
    text.split(|c: char| !c.is_alphabetic())
        .any(|word| matches!(word, "he" | "she" | "He" | "She" | "they" | "They" | "who"))
}

/// Length of the text up to its first full stop before a blank.
fn first_sentence(text: &str) -> usize {
    text.find(". ").unwrap_or(text.len())
}

/// Start of the last sentence.
fn last_sentence(text: &str) -> usize {
    text.rfind(". ").map_or(0, |at| at + 2)
}

fn floor_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}
