//! Sentences for the model: pieces, windows, entities, parts of quotes, scores.

use std::sync::LazyLock;

use tonewire::model::{EntitySpan, Model};
use tonewire::text::{Span, words};

use super::input::{assert_in_order, text};

static MODEL: LazyLock<Model> = LazyLock::new(|| Model::embedded().expect("the embedded model is sound"));

/// Most of a sentence that goes through the encoder here: it is slow, and windows need no more.
const LONGEST_ENCODED: usize = 200;

/// Pieces point into the sentence and leave no word out; what is read lies on character boundaries, and every
/// mention gets probabilities.
pub fn holds(data: &[u8]) {
    let sentence = text(data);
    windows_leave_no_word_out(&sentence);
    let end = sentence.floor_char_boundary(LONGEST_ENCODED);
    readings_hold(&sentence[..end]);
}

fn windows_leave_no_word_out(sentence: &str) {
    let windows = MODEL.windows(sentence);
    assert!(!windows.is_empty());
    let pieces: Vec<_> = windows.into_iter().flatten().collect();
    let mut previous = 0;
    for piece in &pieces {
        assert!(sentence.get(piece.clone()).is_some(), "{piece:?} is no stretch of {sentence:?}");
        assert!(previous <= piece.start, "pieces out of order in {sentence:?}");
        previous = piece.start;
    }
    for word in words(sentence) {
        // Letters that the encoder has no piece for, such as control characters, may be left out; Latin ones not.
        if sentence[word.clone()].bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let covered = pieces.iter().any(|piece| piece.start < word.end && word.start < piece.end);
            assert!(covered, "no piece for {word:?} in {sentence:?}");
        }
    }
}

fn readings_hold(sentence: &str) {
    let reading = MODEL.read_sentences(&[sentence]).remove(0);
    let range = |span: Span| span.start.0..span.end.0;
    assert_in_order(sentence, reading.entities.iter().map(|entity| range(entity.span)));
    for part in &reading.quotes {
        assert_in_order(sentence, [range(part.span)]);
    }
    let mut mentions: Vec<Span> = reading.entities.iter().map(|entity: &EntitySpan| entity.span).collect();
    mentions.extend(words(sentence).map(|word| Span::new(word.start, word.end)));
    let scores = MODEL.score_mentions(&reading, &mentions);
    assert_eq!(scores.len(), mentions.len());
    for score in scores {
        let sum: f32 = score.probabilities.iter().sum();
        assert!((sum - 1.0).abs() < 1e-3, "probabilities {:?}", score.probabilities);
        assert!((0.0..=1.0).contains(&score.government), "{}", score.government);
    }
}
