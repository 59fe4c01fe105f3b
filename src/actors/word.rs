//! Words of a sentence as names need them.

use std::ops::Range;

/// What stands between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    Space,
    Hyphen,
    /// A possessive ending and a space: "King’s College".
    Possessive,
    /// Punctuation, or the start of the sentence.
    Other,
}

/// A word in clean text, without a possessive ending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    pub range: Range<usize>,
    pub gap: Gap,
    /// Begins with a capital letter.
    pub capital: bool,
    /// Has at least two letters, all of them capital.
    pub shouted: bool,
}

/// Reads the words of `sentence`, a range of `clean`.
#[must_use]
pub fn words(clean: &str, sentence: Range<usize>) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let mut position = sentence.start;
    while let Some(offset) = clean[position..sentence.end].find(is_letter) {
        let start = position + offset;
        let whole = start..word_end(clean, start, sentence.end);
        position = whole.end;
        if touches_replacement(clean, &whole) {
            continue;
        }
        let range = start..start + without_possessive(&clean[whole]).len();
        let text = &clean[range.clone()];
        let letters = text.chars().filter(|character| character.is_alphabetic()).count();
        found.push(Word {
            gap: found.last().map_or(Gap::Other, |last| gap(&clean[last.range.end..start])),
            capital: text.starts_with(char::is_uppercase),
            shouted: letters >= 2 && !text.chars().any(char::is_lowercase),
            range,
        });
    }
    found
}

/// Letters, digits and the marks that follow a letter.
fn is_letter(character: char) -> bool {
    character.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&character)
}

/// Apostrophes and ampersands belong to a word between letters, full stops in acronyms such as "U.S.".
fn word_end(clean: &str, start: usize, limit: usize) -> usize {
    let text = &clean[start..limit];
    let mut end = 0;
    let mut run = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let next_is_letter = characters.peek().is_some_and(|(_, next)| is_letter(*next));
        let inside = match character {
            '\'' | '’' | '&' => next_is_letter,
            '.' => {
                run == 1
                    && (next_is_letter || clean[start..start + at].contains('.'))
                    && clean[start..].starts_with(char::is_uppercase)
            }
            _ => is_letter(character),
        };
        if !inside {
            break;
        }
        run = if is_letter(character) { run + 1 } else { 0 };
        end = at + character.len_utf8();
    }
    start + end
}

fn without_possessive(word: &str) -> &str {
    ["'s", "’s", "'S", "’S"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending))
        .filter(|rest| !rest.is_empty())
        .unwrap_or(word)
}

/// A word next to U+FFFD is a fragment, never a name.
fn touches_replacement(clean: &str, range: &Range<usize>) -> bool {
    clean[range.end..].starts_with('\u{fffd}') || clean[..range.start].ends_with('\u{fffd}')
}

fn gap(between: &str) -> Gap {
    match between {
        " " => Gap::Space,
        "-" | "‑" | "–" => Gap::Hyphen,
        "'s " | "’s " | "'S " | "’S " => Gap::Possessive,
        _ => Gap::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<&str> {
        words(text, 0..text.len()).into_iter().map(|word| &text[word.range]).collect()
    }

    #[test]
    fn possessives_are_cut_off_and_acronyms_stay_whole() {
        assert_eq!(
            read("China’s U.S.-led AT&T's O'Dell, leaders’ end. U.S. M\u{fffd}n x"),
            ["China", "U.S.", "led", "AT&T", "O'Dell", "leaders", "end", "U.S.", "x"]
        );
    }
}
