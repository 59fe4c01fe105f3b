//! Paragraphs and sentences of a clean text.

use std::ops::Range;

/// Paragraphs in order, without blanks at their ends.
pub fn paragraphs(clean: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut start = 0;
    clean.split('\n').filter_map(move |paragraph| {
        let range = start..start + paragraph.len();
        start = range.end + 1;
        trimmed(clean, range)
    })
}

/// Sentences of one paragraph of `clean`, in order, without blanks at their ends. Together they cover all of
/// the paragraph but blanks. Time is linear in its length, whatever it holds.
#[must_use]
pub fn sentences(clean: &str, paragraph: Range<usize>) -> Vec<Range<usize>> {
    let text = &clean[paragraph.clone()];
    let mut found = Vec::new();
    let mut start = 0;
    let mut position = 0;
    while let Some(offset) = text[position..].find(TERMINATORS) {
        let at = position + offset;
        let end = end_of_terminator(text, at);
        position = end;
        if ends_sentence(text, start, at, end) {
            found.extend(trimmed(clean, paragraph.start + start..paragraph.start + end));
            start = end;
        }
    }
    found.extend(trimmed(clean, paragraph.start + start..paragraph.end));
    found
}

const TERMINATORS: [char; 4] = ['.', '!', '?', '…'];

fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let piece = &text[range.clone()];
    let start = range.start + (piece.len() - piece.trim_start().len());
    let end = range.start + piece.trim_end().len();
    (start < end).then_some(start..end)
}

/// Takes in further terminators, then closing quotes and brackets.
fn end_of_terminator(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let after_marks = rest.trim_start_matches(TERMINATORS);
    let mut after = after_marks.trim_start_matches(['”', '’', ')', ']', '»']);
    // A straight quote right after the full stop closes when a blank follows.
    if let Some(stripped) = after.strip_prefix(['"', '\''])
        && stripped
            .chars()
            .next()
            .is_none_or(|next| next.is_whitespace() || matches!(next, ')' | ']' | '"' | '”'))
    {
        after = stripped.trim_start_matches(['"', '”', ')', ']']);
    }
    at + (rest.len() - after.len())
}

fn ends_sentence(text: &str, sentence_start: usize, at: usize, end: usize) -> bool {
    let rest = &text[end..];
    let Some(next) = rest.chars().next() else {
        return true;
    };
    if !next.is_whitespace() {
        return false;
    }
    let following = rest.trim_start();
    let begins = Beginning::of(following);
    if begins == Beginning::LowerCase {
        return false;
    }
    let mark = &text[at..end];
    // An ellipsis with a quote or bracket behind it, or `!` and `?`, ends a sentence before a capital.
    if !mark.starts_with('.') || mark.len() > 1 {
        return begins != Beginning::Digit || !mark.starts_with(['.', '…']) || mark.ends_with(['"', '”']);
    }
    let word = word_before(text, sentence_start, at);
    match abbreviation(word) {
        Abbreviation::Not => true,
        Abbreviation::BeforeNumber => begins != Beginning::Digit,
        Abbreviation::BeforeName => false,
        Abbreviation::MayEnd => starts_new_sentence(following),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Beginning {
    LowerCase,
    Digit,
    Other,
}

impl Beginning {
    fn of(text: &str) -> Self {
        let first =
            text.chars().find(|character| !matches!(character, '"' | '“' | '‘' | '\'' | '(' | '[' | '«'));
        match first {
            Some(first) if first.is_lowercase() => Self::LowerCase,
            Some(first) if first.is_numeric() => Self::Digit,
            _ => Self::Other,
        }
    }
}

/// The word that ends at `at`, at most 24 bytes of it.
fn word_before(text: &str, sentence_start: usize, at: usize) -> &str {
    let mut start = at;
    for (offset, character) in text[sentence_start..at].char_indices().rev() {
        let here = sentence_start + offset;
        if !(character.is_alphanumeric() || matches!(character, '.' | '-' | '&')) || at - here > 24 {
            break;
        }
        start = here;
    }
    &text[start..at]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Abbreviation {
    Not,
    /// "No." in "No. 5".
    BeforeNumber,
    /// "Gen." and initials: a name follows.
    BeforeName,
    /// "U.S." and "Inc.": the sentence goes on unless the next word begins one.
    MayEnd,
}

const BEFORE_NAME: &[&str] = &[
    "adm", "amb", "atty", "brig", "capt", "cmdr", "col", "comdr", "cpl", "dr", "ens", "fr", "gen", "gov",
    "hon", "lt", "maj", "mgr", "mme", "mr", "mrs", "ms", "msgr", "mt", "messrs", "pfc", "pres", "prof",
    "pvt", "rep", "reps", "rev", "rt", "sen", "sens", "sgt", "spc", "sr", "st", "supt", "vs",
];
const BEFORE_NUMBER: &[&str] = &[
    "art", "fig", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "no",
    "nos", "nr", "p", "pp", "sec", "vol",
];
const MAY_END: &[&str] = &[
    "approx", "ariz", "ave", "blvd", "bros", "calif", "cf", "co", "colo", "conn", "corp", "dept", "est",
    "etc", "fla", "inc", "jr", "kan", "ltd", "mass", "mich", "minn", "okla", "ore", "penn", "plc", "tenn",
    "univ", "va", "wash", "wis",
];

fn abbreviation(word: &str) -> Abbreviation {
    let lower = word.to_lowercase();
    if BEFORE_NAME.contains(&lower.as_str()) && word.starts_with(char::is_uppercase) || lower == "vs" {
        return Abbreviation::BeforeName;
    }
    if BEFORE_NUMBER.contains(&lower.as_str()) {
        return Abbreviation::BeforeNumber;
    }
    if MAY_END.contains(&lower.as_str()) && word.starts_with(char::is_uppercase) || lower == "etc" {
        return Abbreviation::MayEnd;
    }
    let letters =
        word.split('.').all(|part| part.chars().count() == 1 && part.chars().all(char::is_alphabetic));
    match (letters, word.chars().count()) {
        (true, 1) if word == "I" => Abbreviation::MayEnd,
        (true, 1) if word.chars().all(char::is_uppercase) => Abbreviation::BeforeName,
        (true, 2..) => Abbreviation::MayEnd,
        _ if lower == "ph.d" => Abbreviation::MayEnd,
        _ => Abbreviation::Not,
    }
}

/// Words that begin a sentence and hardly ever follow an abbreviation within one.
const STARTERS: &[&str] = &[
    "A",
    "After",
    "All",
    "Also",
    "An",
    "And",
    "As",
    "At",
    "Because",
    "Before",
    "But",
    "By",
    "During",
    "For",
    "From",
    "He",
    "Her",
    "His",
    "How",
    "However",
    "I",
    "If",
    "In",
    "It",
    "Its",
    "Last",
    "Many",
    "Meanwhile",
    "Most",
    "No",
    "Not",
    "On",
    "One",
    "Others",
    "She",
    "Since",
    "So",
    "Some",
    "Such",
    "That",
    "The",
    "Their",
    "Then",
    "There",
    "These",
    "They",
    "This",
    "Those",
    "Though",
    "To",
    "Under",
    "Until",
    "We",
    "What",
    "When",
    "Where",
    "While",
    "Who",
    "Why",
    "With",
    "Yet",
    "You",
];

fn starts_new_sentence(following: &str) -> bool {
    let word = following
        .trim_start_matches(['"', '“', '‘', '('])
        .split(|character: char| !character.is_alphabetic())
        .next()
        .unwrap_or_default();
    following.starts_with(['“', '"', '‘']) || STARTERS.binary_search(&word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<&str> {
        paragraphs(text).flat_map(|paragraph| sentences(text, paragraph)).map(|range| &text[range]).collect()
    }

    #[test]
    fn starters_are_sorted_for_binary_search() {
        assert!(STARTERS.is_sorted());
    }

    #[test]
    fn abbreviations_initials_and_numbers_do_not_end_a_sentence() {
        for text in [
            "On Jan. 20, former Sen. Ada Korr met U.S. Gen. Mark Vale in St. Albin.",
            "Mr. J. R. Smith paid $3.5 million at 5 p.m. on Monday for No. 7.",
            "The U.S. Supreme Court ruled vs. Acme Inc. and others.",
            "She waited ... and left.",
            "\"Is it true?\" he asked.",
            "“Shameful!” said Korr.",
            "Read it at www.example.com today.",
        ] {
            assert_eq!(split(text), [text]);
        }
    }

    #[test]
    fn sentences_end_after_closing_quotes_and_brackets() {
        assert_eq!(
            split(
                "“Go.” He left (at last.) \"No.\" She stayed… Then he left the U.S. The end came at 5 p.m. It was late."
            ),
            [
                "“Go.”",
                "He left (at last.)",
                "\"No.\"",
                "She stayed…",
                "Then he left the U.S.",
                "The end came at 5 p.m.",
                "It was late."
            ]
        );
        assert_eq!(split("A headline\nThe text. More"), ["A headline", "The text.", "More"]);
    }

    #[test]
    fn a_megabyte_without_a_full_stop_is_one_sentence() {
        let text = "word ".repeat(200_000);
        assert_eq!(split(&text).len(), 1);
        let dots = "a.b!".repeat(250_000);
        assert_eq!(split(&dots).len(), 1);
    }

    proptest! {
        #[test]
        fn sentences_cover_everything_but_blanks_without_overlap(text in "([a-zA-Z .!?…\"“”'’()\n]|U\\.S\\.|Mr\\. |\\PC){0,80}") {
            let mut covered = 0;
            let mut kept = String::new();
            for range in paragraphs(&text).flat_map(|paragraph| sentences(&text, paragraph)) {
                prop_assert!(range.start >= covered && range.start < range.end);
                prop_assert!(text[covered..range.start].trim().is_empty());
                covered = range.end;
                kept.push_str(&text[range]);
            }
            prop_assert!(text[covered..].trim().is_empty());
        }
    }
}
