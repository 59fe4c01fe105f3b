//! Quotations: pairs of quotation marks within paragraphs.

use super::sentence::paragraphs;
use std::ops::Range;

/// A quotation in clean text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedText {
    /// With its marks.
    pub range: Range<usize>,
    /// The same speaker goes on: the quotation before was left open, as it is done over several paragraphs.
    pub continues: bool,
}

/// Quotations in order, the outermost of nested ones. An opening mark without a closing one counts only where
/// the next paragraph begins with an opening mark: then the quotation goes on there.
#[must_use]
pub fn quotes(clean: &str) -> Vec<QuotedText> {
    let mut found = Vec::new();
    let mut open_before: Option<(Range<usize>, Style)> = None;
    for paragraph in paragraphs(clean) {
        let (pairs, open) = pairs(clean, paragraph.clone());
        let mut continues = false;
        if let Some((range, style)) = open_before.take()
            && style.opens_with(clean[paragraph.clone()].chars().next())
        {
            let after_one_left_open =
                found.last().is_some_and(|last: &QuotedText| last.continues && last.range == range);
            if !after_one_left_open {
                found.push(QuotedText { range, continues: false });
            }
            continues = true;
        }
        for (index, range) in pairs.into_iter().enumerate() {
            let first_in_paragraph = index == 0 && range.start == paragraph.start;
            found.push(QuotedText { range, continues: continues && first_in_paragraph });
        }
        if let Some((start, style)) = open {
            let range = start..paragraph.end;
            if continues && start == paragraph.start {
                found.push(QuotedText { range: range.clone(), continues: true });
            }
            open_before = Some((range, style));
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Straight,
    Curly,
    Angled,
    StraightSingle,
    CurlySingle,
}

impl Style {
    fn opens_with(self, mark: Option<char>) -> bool {
        match self {
            Self::Straight => mark == Some('"'),
            Self::Curly => matches!(mark, Some('“' | '”' | '„')),
            Self::Angled => mark == Some('«'),
            Self::StraightSingle => mark == Some('\''),
            Self::CurlySingle => mark == Some('‘'),
        }
    }

    fn is_single(self) -> bool {
        matches!(self, Self::StraightSingle | Self::CurlySingle)
    }
}

/// Closed pairs of a paragraph, and the mark that is still open at its end.
fn pairs(clean: &str, paragraph: Range<usize>) -> (Vec<Range<usize>>, Option<(usize, Style)>) {
    let marks = marks(clean, paragraph);
    let mut found = Vec::new();
    let mut open = None;
    let mut index = 0;
    let closings = NextClosing::of(&marks);
    while let Some(mark) = marks.get(index) {
        index += 1;
        let Some(style) = mark.opens else { continue };
        match closings.after(index - 1, style) {
            Some(closing) => {
                found.push(mark.at..marks[closing].end);
                index = closing + 1;
            }
            None if style.is_single() => {}
            None => {
                open = Some((mark.at, style));
                break;
            }
        }
    }
    (found, open)
}

/// A quotation mark and what it can be.
struct Mark {
    at: usize,
    end: usize,
    opens: Option<Style>,
    closes: Option<Style>,
}

fn marks(clean: &str, paragraph: Range<usize>) -> Vec<Mark> {
    let text = &clean[paragraph.clone()];
    let mut before = None;
    let mut found = Vec::new();
    let mut characters = text.char_indices().peekable();
    while let Some((offset, character)) = characters.next() {
        let after = characters.peek().map(|(_, next)| *next);
        let (opens, closes) = possible(character, before, after);
        if opens.is_some() || closes.is_some() {
            let at = paragraph.start + offset;
            found.push(Mark { at, end: at + character.len_utf8(), opens, closes });
        }
        before = Some(character);
    }
    found
}

fn possible(mark: char, before: Option<char>, after: Option<char>) -> (Option<Style>, Option<Style>) {
    let free_before = before.is_none_or(|c| {
        c.is_whitespace() || matches!(c, '(' | '[' | '—' | '–' | '-' | '…' | '"' | '“' | '‘' | '\'' | '/')
    });
    let text_after = after.is_some_and(|c| !c.is_whitespace());
    let opens_here = free_before && text_after;
    // An apostrophe stands between letters, after the s of a plural, or before digits and cut words.
    let letter_after = after.is_some_and(char::is_alphanumeric);
    let punctuation_before = before.is_some_and(|c| matches!(c, '.' | ',' | '!' | '?' | '…' | ';'));
    let plural = matches!(before, Some('s' | 'z' | 'x'));
    let closes_single =
        !letter_after && before.is_some_and(|c| !c.is_whitespace()) && (punctuation_before || !plural);
    match mark {
        '"' if opens_here => (Some(Style::Straight), None),
        '"' => (None, Some(Style::Straight)),
        '„' => (Some(Style::Curly), None),
        '“' if before.is_some_and(char::is_alphanumeric) => (None, Some(Style::Curly)),
        '“' => (Some(Style::Curly), None),
        '”' if opens_here && !free_close(before) => (Some(Style::Curly), None),
        '”' => (None, Some(Style::Curly)),
        '«' => (Some(Style::Angled), None),
        '»' => (None, Some(Style::Angled)),
        '‘' if opens_here => (Some(Style::CurlySingle), None),
        '’' if closes_single => (None, Some(Style::CurlySingle)),
        '\'' if opens_here && after.is_some_and(char::is_alphabetic) => (Some(Style::StraightSingle), None),
        '\'' if closes_single => (None, Some(Style::StraightSingle)),
        _ => (None, None),
    }
}

/// Whether `”` with this character before it is more likely the end of a quotation: an ellipsis, a dash or
/// another mark can end one.
fn free_close(before: Option<char>) -> bool {
    before.is_some_and(|c| !c.is_whitespace() && c != '(' && c != '[')
}

/// For every mark the next one that closes each style, so that looking for it takes no time.
struct NextClosing(Vec<[Option<usize>; 5]>);

impl NextClosing {
    fn of(marks: &[Mark]) -> Self {
        let mut next = [None; 5];
        let mut table = vec![next; marks.len()];
        for (index, mark) in marks.iter().enumerate().rev() {
            table[index] = next;
            if let Some(style) = mark.closes {
                next[style as usize] = Some(index);
            }
        }
        Self(table)
    }

    fn after(&self, index: usize, style: Style) -> Option<usize> {
        self.0.get(index)?[style as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<&str> {
        quotes(text).into_iter().map(|quote| &text[quote.range]).collect()
    }

    #[test]
    fn straight_and_curly_pairs_are_found() {
        assert_eq!(
            found("He said \"yes\" and “no,” and “he said ‘so’ then.”"),
            ["\"yes\"", "“no,”", "“he said ‘so’ then.”"]
        );
        assert_eq!(found("She called it ‘a farce,’ he said."), ["‘a farce,’"]);
    }

    #[test]
    fn apostrophes_are_not_quotation_marks() {
        for text in [
            "China’s and the workers’ rights",
            "the '90s weren't the workers' best",
            "O'Dell's 5' wall",
            "rock 'n' roll",
        ] {
            assert!(found(text).iter().all(|quote| *quote == "'n'"), "{text}");
        }
    }

    #[test]
    fn a_quotation_over_paragraphs_goes_on_with_the_same_speaker() {
        let text = "He said: “The council has failed.\n“It must resign,” he added.\n“New one.”";
        let all = quotes(text);
        assert_eq!(found(text), ["“The council has failed.", "“It must resign,”", "“New one.”"]);
        assert_eq!(all.iter().map(|quote| quote.continues).collect::<Vec<_>>(), [false, true, false]);
    }

    #[test]
    fn a_mark_left_open_is_no_quotation() {
        assert!(found("He said “nothing at all.\nThen he left.").is_empty());
    }

    proptest! {
        #[test]
        fn quotations_are_in_order_and_on_character_boundaries(text in "([a-z .,\n]|[\"“”‘’'„«»]|\\PC){0,60}") {
            let mut end = 0;
            for quote in quotes(&text) {
                prop_assert!(text.get(quote.range.clone()).is_some());
                prop_assert!(quote.range.start >= end && quote.range.start < quote.range.end);
                end = quote.range.end;
            }
        }
    }
}
