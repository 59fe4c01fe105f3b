//! The short forms that a text goes on with after a full name: "Marsh" for "Ilya Marsh", "Kim" for "Kim Tae-ri".

use super::knowledge::KnowledgeBase;

/// Words before a family name that belong to it.
const GENERATION: &[&str] = &["ii", "iii", "iv", "jr", "sr"];

/// Calls `each` with every short form of a folded full name.
pub(super) fn short_names(knowledge: &KnowledgeBase, folded: &str, mut each: impl FnMut(&str)) {
    let mut name = folded;
    while let Some((rest, last)) = name.rsplit_once(' ')
        && GENERATION.contains(&last)
    {
        name = rest;
    }
    let Some((first, rest)) = name.split_once(' ') else { return };
    let last = name.rsplit(' ').next().unwrap_or(name);
    if knowledge.nouns().is_family_first(first) && rest.split(' ').count() <= 2 {
        each(first);
        // Only where both ends are family names is the last one a given name for certain.
        if knowledge.nouns().is_family_first(last) || rest.contains(' ') {
            return;
        }
    }
    // "von der Leyen", "der Leyen", "Leyen"; of long names only the last words are ever used.
    let mut tail = rest;
    while tail.split(' ').count() > 3 {
        tail = tail.split_once(' ').map_or("", |(_, tail)| tail);
    }
    loop {
        if tail.len() > 1 {
            each(tail);
        }
        match tail.split_once(' ') {
            Some((_, rest)) => tail = rest,
            None => break,
        }
    }
}

/// Folded first word and last word, by which "J. Marsh" and "Ilya P. Marsh" are compared with "Ilya Marsh".
#[must_use]
pub(super) fn ends(folded: &str) -> Option<(&str, &str)> {
    let (first, rest) = folded.split_once(' ')?;
    Some((first, rest.rsplit(' ').next().unwrap_or(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::knowledge::fold;

    fn short(full: &str) -> Vec<String> {
        let knowledge = KnowledgeBase::open().unwrap();
        let mut found = Vec::new();
        short_names(&knowledge, &fold(full), |name| found.push(name.to_owned()));
        found
    }

    #[test]
    fn a_person_goes_on_under_the_family_name() {
        assert_eq!(short("Ilya Marsh"), ["marsh"]);
        assert_eq!(short("Ursula von der Leyen"), ["von der leyen", "der leyen", "leyen"]);
        assert_eq!(short("Bashar al-Assad"), ["al assad", "assad"]);
        assert_eq!(short("Hugo Hall Jr."), ["hall"]);
        assert_eq!(short("Marsh"), Vec::<String>::new());
    }

    #[test]
    fn an_east_asian_family_name_comes_first() {
        assert_eq!(short("Kim Jong Un"), ["kim"]);
        assert_eq!(short("Yoon Suk-yeol"), ["yoon"]);
        assert!(short("Xi Jinping").contains(&"xi".to_owned()));
    }
}
