//! Who says a quotation.

use crate::actors::{SPEECH_VERBS, is_one_of};
use crate::text::{QuotedText, paragraphs};
use std::ops::Range;

/// Longest stretch behind a quotation in which its speaker is looked for, in bytes.
const REACH_AFTER: usize = 240;
/// The same where the quotation does not end with a comma.
const LOOSE_REACH: usize = 60;
/// The same before a quotation.
const REACH_BEFORE: usize = 200;

/// Where an actor that can speak is mentioned in the clean text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    pub range: Range<usize>,
    pub actor: usize,
    pub person: bool,
}

/// Speaker and cue of a quotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribution {
    pub speaker: Option<usize>,
    /// The verb that introduces it.
    pub cue: Option<String>,
}

/// Finds the speakers of `quotes`. `voices` are in order of position.
#[must_use]
pub fn attribute(clean: &str, quotes: &[QuotedText], voices: &[Voice]) -> Vec<Attribution> {
    let paragraphs: Vec<Range<usize>> = paragraphs(clean).collect();
    let mut found: Vec<Attribution> = Vec::with_capacity(quotes.len());
    let mut previous_paragraph = None;
    for (index, quote) in quotes.iter().enumerate() {
        let at = paragraphs.partition_point(|paragraph| paragraph.end <= quote.range.start);
        let Some(paragraph) = paragraphs.get(at) else {
            found.push(Attribution::default());
            continue;
        };
        let place = Place {
            clean,
            voices,
            start: index
                .checked_sub(1)
                .map_or(paragraph.start, |before| quotes[before].range.end.max(paragraph.start)),
            end: quotes.get(index + 1).map_or(paragraph.end, |next| next.range.start.min(paragraph.end)),
        };
        let last = found.last().and_then(|attribution: &Attribution| attribution.speaker);
        let own = place.behind(&quote.range, last).or_else(|| place.before(&quote.range, last));
        let follows = previous_paragraph == Some(at)
            || (previous_paragraph.is_some_and(|before| before + 1 == at) && quote.range == *paragraph);
        let attribution = match own {
            Some(attribution) => attribution,
            // Speech that goes on: the same paragraph, or a paragraph that is nothing but a quotation.
            None if quote.continues || (follows && is_speech(&clean[quote.range.clone()])) => {
                Attribution { speaker: last, cue: None }
            }
            None => Attribution::default(),
        };
        if quote.continues
            && attribution.speaker.is_some()
            && let Some(opening) = found.last_mut()
            && opening.speaker.is_none()
        {
            opening.speaker = attribution.speaker;
        }
        found.push(attribution);
        previous_paragraph = Some(at);
    }
    found
}

/// Whether a quotation is speech rather than a word or two in quotation marks.
#[must_use]
pub fn is_speech(quoted: &str) -> bool {
    quoted.split(' ').nth(3).is_some()
}

/// The text around a quotation, up to its neighbours.
struct Place<'a> {
    clean: &'a str,
    voices: &'a [Voice],
    start: usize,
    end: usize,
}

impl Place<'_> {
    /// `"...," X said` and `"...," said X`.
    fn behind(&self, quote: &Range<usize>, last: Option<usize>) -> Option<Attribution> {
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
        let cue = Some(text[verb].to_owned());
        // Without a comma inside the marks, only words close by belong to the quotation.
        if !quoted.ends_with([',', '!', '?', '…']) && verb_start > LOOSE_REACH {
            return None;
        }
        let speaker = match self.speaker_in(quote.end..range.start) {
            Some(speaker) => Some(speaker),
            None if pronoun(&self.clean[quote.end..range.start]) => last,
            None => self.voices_in(range.end..quote.end + text.len()).next().map(|voice| voice.actor),
        };
        Some(Attribution { speaker, cue })
    }

    /// `X said: "..."` and `X called it "..."`.
    fn before(&self, quote: &Range<usize>, last: Option<usize>) -> Option<Attribution> {
        let start = ceil_boundary(self.clean, self.start.max(quote.start.saturating_sub(REACH_BEFORE)));
        let text = self.clean.get(start..quote.start)?;
        let start = start + last_sentence(text);
        let text = self.clean.get(start..quote.start)?;
        let verb = verbs(text).last()?;
        let cue = Some(text[verb.clone()].to_owned());
        let named = self.speaker_in(start..start + verb.start);
        let speaker = named.or_else(|| pronoun(&text[..verb.start]).then_some(last).flatten());
        Some(Attribution { speaker, cue })
    }

    /// The first person, else the first actor: what follows a name up to the verb describes its bearer.
    fn speaker_in(&self, range: Range<usize>) -> Option<usize> {
        let person = self.voices_in(range.clone()).find(|voice| voice.person);
        person.or_else(|| self.voices_in(range).next()).map(|voice| voice.actor)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::quotes;

    fn speakers(text: &str, names: &[&str]) -> Vec<Option<usize>> {
        let mut voices: Vec<Voice> = names
            .iter()
            .enumerate()
            .flat_map(|(actor, name)| {
                text.match_indices(name).map(move |(at, _)| Voice {
                    range: at..at + name.len(),
                    actor,
                    person: true,
                })
            })
            .collect();
        voices.sort_by_key(|voice| voice.range.start);
        attribute(text, &quotes(text), &voices).into_iter().map(|attribution| attribution.speaker).collect()
    }

    #[test]
    fn speakers_before_behind_and_further_on() {
        assert_eq!(
            speakers("“It is not new,” Kuhrt, who teaches, told Orth.", &["Kuhrt", "Orth"]),
            [Some(0)]
        );
        assert_eq!(speakers("“It is not new,” said Kuhrt of Orth.", &["Kuhrt", "Orth"]), [Some(0)]);
        assert_eq!(
            speakers(
                "Hugo Hall, a surgeon, said: “The council failed.\n“It must resign,” he added.",
                &["Hugo Hall"]
            ),
            [Some(0), Some(0)]
        );
        assert_eq!(
            speakers("\"We want peace,\" Xi said. \"However, so far we have not seen it.\"", &["Xi"]),
            [Some(0), Some(0)]
        );
        assert_eq!(speakers("Nobody was there. “What a day it was for us all.”", &["Xi"]), [None]);
    }
}
