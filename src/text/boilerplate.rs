//! Lines that belong to the page and not to the article: links to other articles, credits, bylines, datelines.

use std::ops::Range;

/// What a stretch of boilerplate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boilerplate {
    /// Points to another article; what it says is not about this one's subjects.
    RelatedLink,
    /// Who contributed, photographed, edited.
    Credit,
    /// Author line.
    Byline,
    /// Place and agency before the first sentence.
    Dateline,
}

/// A stretch of boilerplate within a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub kind: Boilerplate,
    pub range: Range<usize>,
}

/// Paragraphs at the head of a text that may be a byline or begin with a dateline.
const HEAD_PARAGRAPHS: usize = 5;
/// A longer paragraph is text, however it begins.
const LONGEST_LINK: usize = 300;
const LONGEST_BYLINE: usize = 120;
const LONGEST_DATELINE: usize = 80;

/// Boilerplate in the paragraph of `clean` that is the `index`-th of its text.
#[must_use]
pub fn boilerplate(clean: &str, paragraph: Range<usize>, index: usize) -> Vec<Part> {
    let text = &clean[paragraph.clone()];
    if let Some(kind) = whole_paragraph(text, index) {
        return vec![Part { kind, range: paragraph }];
    }
    let mut parts = Vec::new();
    if index < HEAD_PARAGRAPHS
        && let Some(length) = dateline_length(text)
    {
        parts.push(Part { kind: Boilerplate::Dateline, range: paragraph.start..paragraph.start + length });
    }
    if let Some(start) = closing_credit(text) {
        parts.push(Part { kind: Boilerplate::Credit, range: paragraph.start + start..paragraph.end });
    }
    parts
}

fn whole_paragraph(text: &str, index: usize) -> Option<Boilerplate> {
    if text.len() > LONGEST_LINK {
        return None;
    }
    let lower = text.to_lowercase();
    if is_related_link(&lower) {
        Some(Boilerplate::RelatedLink)
    } else if is_credit(&lower) {
        Some(Boilerplate::Credit)
    } else if index < HEAD_PARAGRAPHS && is_byline(text) {
        Some(Boilerplate::Byline)
    } else {
        None
    }
}

/// Beginnings that need a colon, a dash, a bar or a capitalised title behind them: "Related: X" but not
/// "Related parties were informed".
const LINK_LABELS: &[&str] = &[
    "related",
    "related article",
    "related articles",
    "related story",
    "related stories",
    "related news",
    "related coverage",
    "related content",
    "related topics",
    "related link",
    "related links",
    "related reading",
    "read more",
    "read also",
    "read next",
    "read this",
    "read",
    "also read",
    "see also",
    "see more",
    "more",
    "more on this",
    "more on this story",
    "more from",
    "more news",
    "you may also like",
    "recommended",
    "recommended reading",
    "don't miss",
    "in case you missed it",
    "icymi",
    "up next",
    "further reading",
    "watch",
    "watch also",
    "watch now",
    "listen",
    "background",
    "opinion",
    "explainer",
];

/// Beginnings that tell by themselves.
const LINK_PHRASES: &[&str] = &[
    "click here",
    "sign up for",
    "subscribe to",
    "follow us on",
    "follow us ",
    "read the full story",
    "read our",
    "get the latest",
    "download our",
    "advertisement",
    "story continues below",
    "you may also like",
    "more on this story",
];

fn is_related_link(lower: &str) -> bool {
    let lower = lower.trim_start_matches(['>', '»', '•', '*', '-', '[', '(', '▶', '►', ' ']);
    let straight = lower.replace('’', "'");
    let labelled = LINK_LABELS.iter().any(|label| {
        straight.strip_prefix(label).is_some_and(|rest| {
            let rest = rest.trim_start();
            rest.starts_with(':')
                || rest.starts_with('|')
                || rest.starts_with('»')
                || rest.starts_with('>')
                || (rest.is_empty() && label.contains(' '))
        })
    });
    let more = straight.strip_prefix("read more ").is_some_and(|rest| {
        ["about", "at", "from", "here", "on", "in"].iter().any(|word| rest.starts_with(word))
    });
    labelled || more || LINK_PHRASES.iter().any(|phrase| straight.starts_with(phrase))
}

fn is_credit(lower: &str) -> bool {
    let lower = lower.trim_start_matches(['(', '[', '-', '—', '–', ' ']);
    let lower = lower.trim_end_matches([')', ']', '.', ' ']);
    const STARTS: &[&str] = &[
        "reporting by",
        "editing by",
        "additional reporting by",
        "with reporting by",
        "writing by",
        "written by",
        "compiled by",
        "edited by",
        "photo:",
        "photo by",
        "photograph:",
        "photo credit",
        "image:",
        "image credit",
        "©",
        "(c) ",
        "copyright ",
        "source:",
        "credit:",
        "with files from",
        "with inputs from",
        "with agency inputs",
        "with additional reporting",
    ];
    const ENDS: &[&str] = &[
        "contributed reporting",
        "contributed to this report",
        "contributed to this story",
        "contributed to this article",
        "contributed from",
        "all rights reserved",
    ];
    STARTS.iter().any(|start| lower.starts_with(start))
        || ENDS.iter().any(|end| lower.ends_with(end))
        || (lower.contains(" contributed to this ") || lower.contains(" contributed reporting"))
            && lower.len() < 200
}

/// "By Jane Doe and JOHN ROE | March 22, 2023".
fn is_byline(text: &str) -> bool {
    if text.len() > LONGEST_BYLINE {
        return false;
    }
    let Some(rest) =
        text.strip_prefix("By ").or_else(|| text.strip_prefix("BY ")).or_else(|| text.strip_prefix("by "))
    else {
        return false;
    };
    let mut words = rest.split_whitespace();
    let names = words.by_ref().take(2).filter(|word| word.starts_with(char::is_uppercase)).count();
    let prose = rest.ends_with(['.', '!', '?', '"', '”']) && !rest.ends_with("Jr.");
    names == 2 && !prose
}

/// Length of "MOSCOW, March 21 (Reuters) - " with its dash; `None` where the text begins otherwise.
fn dateline_length(text: &str) -> Option<usize> {
    let limit = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= LONGEST_DATELINE).last()?;
    let head = &text[..limit];
    let (at, dash) = [" — ", " – ", " -- ", " - ", "—"]
        .iter()
        .filter_map(|dash| head.find(dash).map(|at| (at, *dash)))
        .min()?;
    let place = &head[..at];
    let first = place.split([' ', ',']).next()?;
    let shouted =
        first.chars().filter(|c| c.is_alphabetic()).count() >= 3 && !first.chars().any(char::is_lowercase);
    let agency = place.ends_with(')') && place.contains('(');
    let plausible = place
        .split([' ', ',', '/'])
        .filter(|word| !word.is_empty())
        .all(|word| !word.starts_with(char::is_lowercase) || word == "and" || word == "de");
    ((shouted || agency) && plausible && first.starts_with(char::is_alphabetic)).then_some(at + dash.len())
}

/// Start of "(Reporting by A; Editing by B)" at the end of a paragraph of text.
fn closing_credit(text: &str) -> Option<usize> {
    if !text.ends_with([')', ']']) {
        return None;
    }
    let start = text.rfind(['(', '['])?;
    let inner = text.get(start + 1..)?.trim_start().to_lowercase();
    ["reporting by", "additional reporting", "editing by", "writing by", "compiled by", "with reporting"]
        .iter()
        .any(|label| inner.starts_with(label))
        .then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Option<Boilerplate> {
        boilerplate(text, 0..text.len(), 0).first().map(|part| part.kind)
    }

    #[test]
    fn links_credits_bylines_and_datelines_are_told_apart() {
        for (text, expected) in [
            ("Related article: China Urges Talks, Warns Against Weapons", Boilerplate::RelatedLink),
            ("READ MORE: Ostrava Bank Fined for Fraud", Boilerplate::RelatedLink),
            ("AFP contributed reporting.", Boilerplate::Credit),
            ("(Reporting by Dee Abbott; Editing by Kay Moss)", Boilerplate::Credit),
            ("Karth voted. (Reporting by Dee Abbott; Editing by Kay Moss)", Boilerplate::Credit),
            ("By ABBY WELLBY and Toby Byrne | March 22, 2023", Boilerplate::Byline),
            ("MOSCOW (AP) — Lawmakers rejected the bill.", Boilerplate::Dateline),
            ("TROY, N.C. (Reuters) -- Karth voted.", Boilerplate::Dateline),
            ("LONDON, March 21 (Reuters) - Shares fell.", Boilerplate::Dateline),
        ] {
            assert_eq!(kind(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn prose_is_not_boilerplate() {
        for text in [
            "Related parties were informed of the deal.",
            "Read more than once, the letter is a threat.",
            "By Monday Putin had left the city.",
            "Putin — who won — left.",
            "NATO said it would help.",
            "More than a third of voters stayed at home.",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}
