//! Lines and paragraphs: hard-wrapped lines are joined, lists and paragraphs are kept apart.

use super::offset_map::{OffsetMap, Rewriter};
use std::ops::Range;

/// A line that is longer than this was not wrapped by hand: it is a whole paragraph.
const LONGEST_WRAPPED_LINE: usize = 160;
/// Below this width a wrap cannot be told from a list by its width.
const NARROWEST_WRAP: usize = 40;

/// Rewrites `text` so that a line feed stands for a paragraph break and for nothing else, every other white
/// space is one plain space, and invisible characters are gone.
pub(super) fn flow(text: &str) -> (String, OffsetMap) {
    let lines = split_lines(text);
    let wrapping = Wrapping::of(&lines);
    let mut rewriter = Rewriter::new(text);
    for (index, line) in lines.iter().enumerate() {
        if line.content.is_empty() {
            continue;
        }
        if let Some(previous) = index.checked_sub(1).and_then(|before| lines.get(before)) {
            let gap = previous.content.end.min(line.content.start)..line.content.start;
            match wrapping.between(previous, line) {
                _ if rewriter.text().is_empty() => {}
                Joint::Paragraph => rewriter.replace(gap, "\n"),
                Joint::Space => rewriter.replace(gap, " "),
                Joint::Nothing => {}
            }
        }
        copy_line(&mut rewriter, text, line.content.clone());
    }
    rewriter.finish()
}

/// Copies a line with single plain spaces and without invisible characters.
fn copy_line(rewriter: &mut Rewriter<'_>, text: &str, content: Range<usize>) {
    let base = content.start;
    let mut copied_to = base;
    let mut characters = text[content.clone()].char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        let start = base + offset;
        let mut end = start + character.len_utf8();
        if character.is_whitespace() {
            let mut blanks = 1;
            while let Some(&(at, next)) = characters.peek() {
                if !next.is_whitespace() && !is_invisible(next) {
                    break;
                }
                end = base + at + next.len_utf8();
                blanks += 1;
                characters.next();
            }
            if character == ' ' && blanks == 1 {
                continue;
            }
            rewriter.copy(copied_to..start);
            rewriter.replace(start..end, " ");
            copied_to = end;
        } else if is_invisible(character) {
            rewriter.copy(copied_to..start);
            copied_to = end;
        }
    }
    rewriter.copy(copied_to..content.end);
}

/// Characters that show nothing: left out, so that they neither split a word nor end up in a name.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
        || (character.is_control() && !character.is_whitespace())
}

/// One line, without the blanks at its ends.
struct Line {
    content: Range<usize>,
    /// Blanks before the content.
    indent: usize,
    /// Characters.
    length: usize,
    /// Characters of the first word.
    first_word: usize,
    opens: Opening,
    closes: Closing,
    /// The line ends with a line break that the markup asked for.
    forced: bool,
    /// Lines up to the next blank one end with the end of a sentence.
    in_prose: bool,
    /// First line after a blank one.
    first_of_block: bool,
}

/// How a line begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opening {
    LowerCase,
    Bullet,
    Other,
}

/// How a line ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Closing {
    /// End of a sentence.
    Sentence,
    /// With a comma, a dash or a word such as "of", after which a sentence must go on.
    Unfinished,
    /// With a hyphen inside a word.
    Hyphen,
    Other,
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Blank lines come out as lines with empty content; so does a paragraph separator.
fn split_lines(text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = 0;
    let mut previous_was_return = false;
    for (at, character) in text.char_indices() {
        if !is_line_end(character) {
            previous_was_return = false;
            continue;
        }
        let after = at + character.len_utf8();
        if !(character == '\n' && previous_was_return) {
            lines.push(Line::new(text, start..at, character == '\u{2028}'));
            if character == '\u{2029}' {
                lines.push(Line::new(text, at..at, false));
            }
        }
        previous_was_return = character == '\r';
        start = after;
    }
    lines.push(Line::new(text, start..text.len(), false));
    mark_blocks(&mut lines);
    lines
}

fn mark_blocks(lines: &mut [Line]) {
    let mut in_prose = false;
    let mut below_is_blank = true;
    for line in lines.iter_mut().rev() {
        if line.content.is_empty() {
            below_is_blank = true;
            continue;
        }
        if below_is_blank {
            in_prose = line.closes == Closing::Sentence;
        }
        below_is_blank = false;
        line.in_prose = in_prose;
    }
    let mut above_is_blank = true;
    for line in lines {
        line.first_of_block = above_is_blank;
        above_is_blank = line.content.is_empty();
    }
}

impl Line {
    fn new(text: &str, whole: Range<usize>, forced: bool) -> Self {
        let blank = |character: char| character.is_whitespace() || is_invisible(character);
        let raw = &text[whole.clone()];
        let without_indent = raw.trim_start_matches(blank);
        let indent = raw.len() - without_indent.len();
        let trimmed = without_indent.trim_end_matches(blank);
        let start = whole.start + indent;
        let content = start..start + trimmed.len();
        Self {
            indent,
            length: trimmed.chars().count(),
            first_word: trimmed.chars().take_while(|character| !character.is_whitespace()).count(),
            opens: opening(trimmed),
            closes: closing(trimmed),
            content,
            forced,
            in_prose: false,
            first_of_block: false,
        }
    }
}

fn opening(line: &str) -> Opening {
    let mut characters = line.chars();
    match characters.next() {
        Some('•' | '·' | '▪' | '◦' | '‣' | '■' | '●') => Opening::Bullet,
        Some('-' | '*' | '–') if characters.next() == Some(' ') => Opening::Bullet,
        Some(first) if first.is_lowercase() => Opening::LowerCase,
        Some(first) if first.is_ascii_digit() => {
            let after = line.trim_start_matches(|character: char| character.is_ascii_digit());
            let numbered =
                line.len() - after.len() <= 2 && (after.starts_with(". ") || after.starts_with(") "));
            if numbered { Opening::Bullet } else { Opening::Other }
        }
        _ => Opening::Other,
    }
}

/// Words that never end a line of a list.
const UNFINISHED: &[&str] = &[
    "a", "an", "and", "as", "at", "but", "by", "for", "from", "his", "her", "in", "into", "is", "its", "of",
    "on", "or", "that", "the", "their", "to", "was", "were", "which", "who", "with",
];

fn closing(line: &str) -> Closing {
    let without_quotes = line.trim_end_matches(['"', '”', '’', '\'', ')', ']', '»']);
    match without_quotes.chars().next_back() {
        Some('.' | '!' | '?' | '…') => return Closing::Sentence,
        Some(',' | '—' | '–' | ';') => return Closing::Unfinished,
        _ => {}
    }
    let mut backwards = line.chars().rev();
    if backwards.next() == Some('-') {
        return match backwards.next() {
            Some(before) if before.is_alphabetic() => Closing::Hyphen,
            _ => Closing::Unfinished,
        };
    }
    let last_word = line.rsplit(' ').next().unwrap_or(line);
    if UNFINISHED.contains(&last_word) { Closing::Unfinished } else { Closing::Other }
}

/// What replaces a line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Joint {
    Paragraph,
    Space,
    Nothing,
}

/// How the lines of a text were made.
struct Wrapping {
    /// Usual width of a full line in characters; `None` where every line is a paragraph.
    width: Option<usize>,
}

impl Wrapping {
    fn of(lines: &[Line]) -> Self {
        let mut widths = Vec::new();
        let (mut continuations, mut lower_case, mut overlong) = (0, 0, 0);
        for pair in lines.windows(2) {
            let [line, next] = pair else { continue };
            if line.content.is_empty() || next.content.is_empty() || line.forced {
                continue;
            }
            continuations += 1;
            lower_case += usize::from(next.opens == Opening::LowerCase);
            if line.length > LONGEST_WRAPPED_LINE || next.length > LONGEST_WRAPPED_LINE {
                overlong += 1;
            } else {
                widths.push(line.length);
            }
        }
        // In wrapped prose two lines of three go on in lower case; where next to none does, each line was
        // ended on purpose.
        let wrapped = overlong * 2 < continuations && (continuations < 5 || lower_case * 7 >= continuations);
        widths.sort_unstable();
        let width = widths.get(widths.len() * 9 / 10).copied();
        Self { width: if wrapped { width } else { None } }
    }

    fn between(&self, line: &Line, next: &Line) -> Joint {
        if line.content.is_empty() || line.forced || next.opens == Opening::Bullet {
            return Joint::Paragraph;
        }
        let goes_on = next.opens == Opening::LowerCase;
        if line.closes == Closing::Hyphen && goes_on {
            return Joint::Nothing;
        }
        let joined = match line.closes {
            Closing::Hyphen | Closing::Unfinished => self.width.is_some() || goes_on,
            Closing::Sentence => goes_on || (next.indent <= line.indent && self.line_was_full(line, next)),
            Closing::Other => goes_on || self.joins_without_punctuation(line, next),
        };
        if joined { Joint::Space } else { Joint::Paragraph }
    }

    /// Prose does not stop without a full stop, a headline and a line of a list do.
    fn joins_without_punctuation(&self, line: &Line, next: &Line) -> bool {
        match self.width {
            None => false,
            Some(_) if line.in_prose && !line.first_of_block => true,
            Some(width) if line.in_prose && width < NARROWEST_WRAP => true,
            Some(_) => self.line_was_full(line, next),
        }
    }

    /// Whether the next word had no room on the line any more. Proportional type makes the width of full
    /// lines vary by about a quarter.
    fn line_was_full(&self, line: &Line, next: &Line) -> bool {
        self.width.is_some_and(|width| {
            width >= NARROWEST_WRAP && (line.length + 1 + next.first_word) * 4 >= width * 3
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flowed(text: &str) -> String {
        flow(text).0
    }

    #[test]
    fn wrapped_lines_join_and_lists_do_not() {
        assert_eq!(
            flowed(
                "Xi on Tuesday invited Prime Minister Mikhail\nMishustin to Beijing. The Wall Street\nJournal praised the\nEuropean\r\nUnion."
            ),
            "Xi on Tuesday invited Prime Minister Mikhail Mishustin to Beijing. The Wall Street Journal praised the European Union."
        );
        assert_eq!(
            flowed("Members present:\n\nNATO\nEuropean Union\nMikhail Mishustin\n"),
            "Members present:\nNATO\nEuropean Union\nMikhail Mishustin"
        );
    }

    #[test]
    fn a_list_inside_a_wrapped_text_stays_a_list() {
        let wrapped = "The ministers of the eleven countries that signed the treaty last year met\nagain in the capital to talk about what is left to be done, and to agree on\nthe next steps. They were:\n\nAnna Berg\nCarl Dahl, who is new\nErik Falk\n\n- one thing\n- another thing\n";
        let flowed = flowed(wrapped);
        assert!(flowed.contains("met again in"));
        assert!(
            flowed.ends_with("\nAnna Berg\nCarl Dahl, who is new\nErik Falk\n- one thing\n- another thing"),
            "{flowed}"
        );
    }

    #[test]
    fn an_indented_line_after_a_full_stop_is_a_paragraph() {
        let text = "The lecturer at the college in the capital who has written a book on it all\ntold the paper about it on Monday. \n The visit was his first since the year in which the war in the north began,\nand may be the last.";
        assert_eq!(flowed(text).matches('\n').count(), 1);
    }

    #[test]
    fn one_line_per_paragraph_stays_so() {
        let paragraph = "The minister said that the law would be changed before the end of the year and that nobody would lose by it, whatever the opposition might say about it in the meantime.";
        let text = [paragraph; 4].join("\n");
        assert_eq!(flowed(&text), text);
    }

    #[test]
    fn spaces_become_plain_and_invisible_characters_vanish() {
        assert_eq!(
            flowed("\u{feff}Zelen\u{ad}sky\u{a0}met \u{2009} NA\u{2060}TO.\u{0} \r\n"),
            "Zelensky met NATO."
        );
    }

    #[test]
    fn a_word_broken_at_a_hyphen_is_joined_without_a_space() {
        assert_eq!(
            flowed("The prime minister made a long-\nterm promise."),
            "The prime minister made a long-term promise."
        );
    }
}
