//! Texts as delivered: cleaning with its way back, paragraphs, sentences, words, quotations, boilerplate.

use tonewire::text::{Span, TextView, boilerplate, paragraphs, quotes, sentences, words};

use super::input::{assert_in_order, text};

/// Cleaning maps every character back to the delivered text, and everything found lies where it should.
pub fn holds(data: &[u8]) {
    let delivered = text(data);
    let view = TextView::new(&delivered);
    clean_text_is_plain(view.clean());
    the_way_back_is_a_slice_in_order(&delivered, &view);
    parts_hold(view.clean());
    // Sentences are cut from any text, not only from what cleaning leaves.
    sentences_cover_all_but_blanks(&delivered);
}

fn clean_text_is_plain(clean: &str) {
    let unclean = |c: char| matches!(c, '\r' | '\t' | '\u{ad}' | '\u{feff}' | '\u{a0}' | '\u{200b}');
    assert!(!clean.contains(unclean), "{clean:?}");
    assert!(!clean.contains("  ") && !clean.contains("\n\n"), "{clean:?}");
    assert_eq!(clean.trim(), clean);
}

fn the_way_back_is_a_slice_in_order(delivered: &str, view: &TextView) {
    let mut previous = Span::default();
    for (start, character) in view.clean().char_indices() {
        let span = view.delivered(start..start + character.len_utf8());
        assert!(delivered.get(span.start.0..span.end.0).is_some_and(|slice| !slice.is_empty()), "{span:?}");
        assert!(previous.start <= span.start && previous.end <= span.end, "{previous:?}, then {span:?}");
        previous = span;
    }
    let whole = view.delivered(0..view.clean().len());
    assert!(delivered.get(whole.start.0..whole.end.0).is_some());
    let everything = view.clean_range(Span::new(0, delivered.len()));
    assert_eq!(everything, 0..view.clean().len());
}

fn parts_hold(clean: &str) {
    sentences_cover_all_but_blanks(clean);
    assert_in_order(clean, words(clean));
    for (index, paragraph) in paragraphs(clean).enumerate() {
        let parts = boilerplate(clean, paragraph.clone(), index);
        assert_in_order(clean, parts.iter().map(|part| part.range.clone()));
        assert!(
            parts.iter().all(|part| paragraph.start <= part.range.start && part.range.end <= paragraph.end)
        );
    }
    let quotes = quotes(clean);
    assert_in_order(clean, quotes.iter().map(|quote| quote.range.clone()));
    assert!(quotes.first().is_none_or(|first| !first.continues), "nothing goes on from before the text");
}

fn sentences_cover_all_but_blanks(text: &str) {
    let found: Vec<_> = paragraphs(text).flat_map(|paragraph| sentences(text, paragraph)).collect();
    assert_in_order(text, found.iter().cloned());
    let mut covered = 0;
    for range in found {
        assert!(text[covered..range.start].trim().is_empty(), "left out before {range:?} of {text:?}");
        let sentence = &text[range.clone()];
        assert_eq!(sentence.trim(), sentence);
        assert!(!sentence.contains('\n'), "a sentence over two paragraphs");
        covered = range.end;
    }
    assert!(text[covered..].trim().is_empty(), "left out at the end of {text:?}");
}
