//! UTF-8 that was read as Windows-1252 on its way: `Xiâ€™s` for `Xi’s`.

use super::offset_map::{OffsetMap, Rewriter};

/// Debris and what it stands for, longest first. Only sequences that correct text does not hold; repairing
/// everything that could be debris is known to damage correct text.
const DEBRIS: &[(&str, &str)] = &[
    ("â€™", "’"),
    ("â€˜", "‘"),
    ("â€œ", "“"),
    ("â€\u{9d}", "”"),
    ("â€“", "–"),
    ("â€”", "—"),
    ("â€¦", "…"),
    ("Â\u{a0}", " "),
    ("â€", "”"),
];

/// Repairs typical debris; `None` where there is none.
pub(super) fn repair(text: &str) -> Option<(String, OffsetMap)> {
    let mut rewriter = Rewriter::new(text);
    let mut copied_to = 0;
    for (start, _) in text.match_indices(['â', 'Â', 'Ã']) {
        let Some((length, repaired)) = debris_at(&text[start..]) else {
            continue;
        };
        rewriter.copy(copied_to..start);
        rewriter.replace(start..start + length, repaired.encode_utf8(&mut [0; 4]));
        copied_to = start + length;
    }
    if copied_to == 0 {
        return None;
    }
    rewriter.copy(copied_to..text.len());
    Some(rewriter.finish())
}

fn debris_at(text: &str) -> Option<(usize, char)> {
    if let Some((debris, repaired)) = DEBRIS.iter().find(|(debris, _)| text.starts_with(debris)) {
        return Some((debris.len(), repaired.chars().next()?));
    }
    // A letter of the range U+00C0 to U+00FF: `Ã` and a sign that no word has in its middle.
    let second = text.strip_prefix('Ã')?.chars().next()?;
    let code = u32::from(second);
    (0xa1..=0xbf).contains(&code).then_some(())?;
    Some(('Ã'.len_utf8() + second.len_utf8(), char::from_u32(code + 0x40)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debris_is_repaired_and_real_letters_stay() {
        let (repaired, _) = repair("Xiâ€™s visit. â€œWe thank NATO,â€ said RenÃ© Dall.").unwrap_or_default();
        assert_eq!(repaired, "Xi’s visit. “We thank NATO,” said René Dall.");
        assert!(repair("Mâcon – Åsa Drå – Ângela São Paulo SÃO").is_none());
    }
}
