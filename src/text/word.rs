//! Words, counted for limits and figures.

use std::ops::Range;

/// Words of a text: runs without white space that hold a letter or a digit.
pub fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let runs = text.split_whitespace().map(|run| {
        let start = run.as_ptr() as usize - text.as_ptr() as usize;
        start..start + run.len()
    });
    runs.filter(|range| text[range.clone()].chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_alone_is_no_word() {
        let text = "China’s plan — “not a plan” …";
        let found: Vec<&str> = words(text).map(|range| &text[range]).collect();
        assert_eq!(found, ["China’s", "plan", "“not", "a", "plan”"]);
        assert_eq!(words(" \u{200b}\n").count(), 0);
    }
}
