//! Words that judge by themselves, from `data/sentiment/polarity.txt`.

use std::collections::HashMap;
use std::sync::LazyLock;

static TABLE: &str = include_str!("../../data/sentiment/polarity.txt");

static WORDS: LazyLock<HashMap<&'static str, bool>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t'));
    lines
        .flat_map(|(polarity, words)| words.split(", ").map(move |word| (word, polarity == "positive")))
        .collect()
});

/// Whether a word in lower case judges: `true` is positive.
pub(super) fn judges(word: &str) -> Option<bool> {
    WORDS.get(word).copied()
}

/// Whether a name is made of words that judge elsewhere: "Grace Victory", "Anti-Corruption Bureau".
///
/// A model that has learned what these words mean finds sentiment in such a name (Balahur et al. 2010; VADER #155).
#[must_use]
pub fn is_name_of_polar_words(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
    words.any(|word| judges(&word.to_lowercase()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_polar_words_are_known_in_any_case_and_behind_hyphens() {
        for name in ["Hope Ferris", "ANTI-CORRUPTION BUREAU", "Court for War Crimes", "Joy"] {
            assert!(is_name_of_polar_words(name), "{name}");
        }
        for name in ["Anna Miller", "Ministry of Transport", "Warsaw", "", "Hopewell"] {
            assert!(!is_name_of_polar_words(name), "{name}");
        }
    }

    #[test]
    fn the_table_is_in_lower_case_and_no_word_judges_both_ways() {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for line in TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (polarity, words) = line.split_once('\t').unwrap();
            for word in words.split(", ") {
                assert_eq!(word, word.to_lowercase().trim());
                assert!(seen.insert(word, polarity).is_none_or(|before| before == polarity), "{word}");
            }
        }
        assert_eq!((judges("strong"), judges("weak"), judges("table")), (Some(true), Some(false), None));
    }
}
