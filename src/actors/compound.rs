//! Names inside hyphenated compounds: "Xi-authored", "pro-Putin", "Peru-Chile".

use super::cues::is_one_of;
use super::knowledge::KnowledgeBase;
use std::ops::Range;

/// What stands before the hyphen without being a name.
const PREFIXES: &[&str] = &["anti", "ex", "mid", "non", "post", "pre", "pro", "then"];
/// What stands behind the hyphen without being a name, besides words in "-ed".
const ENDINGS: &[&str] = &[
    "born", "brokered", "built", "era", "friendly", "held", "led", "linked", "made", "majority", "owned",
    "run", "style", "wide",
];

/// The names of a hyphenated compound that is not a name itself; `None` where it is one.
#[must_use]
pub(super) fn names_inside(
    knowledge: &KnowledgeBase,
    clean: &str,
    range: &Range<usize>,
    buffer: &mut String,
) -> Option<Vec<Range<usize>>> {
    let text = clean.get(range.clone())?;
    // "the U.S. Velm Authority": a country before a name that is not known with it.
    if let Some(at) = text.find(". ").filter(|at| text[..*at].contains('.'))
        && knowledge.claims(text, buffer).next().is_none()
        && knowledge.claims(&text[..=at], buffer).next().is_some()
    {
        return Some(vec![range.start..range.start + at + 1, range.start + at + 2..range.end]);
    }
    let (first, last) = text.split_once(['-', '–'])?;
    if knowledge.claims(text, buffer).next().is_some() {
        return None;
    }
    let last_start = range.end - last.len();
    if is_one_of(PREFIXES, &first.to_lowercase()) {
        // "Anti-Fraud Agency" has its prefix in its name; "Anti-Maduro" has its capital from the sentence's start.
        let capitalized = first.starts_with(char::is_uppercase) && last.starts_with(char::is_uppercase);
        if capitalized && last.contains(' ') && knowledge.claims(last, buffer).next().is_none() {
            return None;
        }
        let behind = last_start..range.end;
        return Some(vec![behind]);
    }
    let word = last.trim_end_matches(['-', '–']);
    let lower = word.starts_with(char::is_lowercase);
    if lower && (is_one_of(ENDINGS, word) || (word.len() > 3 && word.ends_with("ed"))) {
        let before = range.start..range.start + first.len();
        return Some(vec![before]);
    }
    let known =
        knowledge.claims(first, buffer).next().is_some() && knowledge.claims(last, buffer).next().is_some();
    (known && !text.contains(' '))
        .then(|| vec![range.start..range.start + first.len(), last_start..range.end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<&str> {
        let knowledge = KnowledgeBase::open().unwrap();
        let found = names_inside(&knowledge, text, &(0..text.len()), &mut String::new());
        found.map_or(vec![text], |ranges| ranges.into_iter().map(|range| &text[range]).collect())
    }

    #[test]
    fn lists_are_sorted() {
        assert!(PREFIXES.is_sorted() && ENDINGS.is_sorted());
    }

    #[test]
    fn a_compound_is_its_names_and_a_hyphenated_name_is_itself() {
        assert_eq!(names("NATO-led"), ["NATO"]);
        assert_eq!(names("Orban-authored"), ["Orban"]);
        assert_eq!(names("pro-Maduro"), ["Maduro"]);
        assert_eq!(names("Peru-Chile"), ["Peru", "Chile"]);
        assert_eq!(names("U.S. Velm Courier"), ["U.S.", "Velm Courier"]);
        assert_eq!(names("Anti-Maduro"), ["Maduro"]);
        assert_eq!(names("Anti-United Nations"), ["United Nations"]);
        for name in ["Anti-Graft Office", "Anne-Lise Dahl-Moe", "Rolls-Royce", "Ban Ki-moon", "Guinea-Bissau"]
        {
            assert_eq!(names(name), [name]);
        }
    }
}
