//! What is kept of a sentence that has been read, so that mentions can be scored later without a second pass.

use crate::text::Span;

use super::tags::TAGS;
use super::tokenize::{PieceBytes, Pieces};
use super::windows::Window;
use super::{EntitySpan, QuotePart};

/// A sentence that the model has read. [`Model::score_mentions`](super::Model::score_mentions) scores spans of it.
pub struct SentenceReading {
    /// In order of position.
    pub entities: Vec<EntitySpan>,
    /// Sources, then cues, then contents, each in order of position.
    pub quotes: Vec<QuotePart>,
    pub(super) windows: Vec<WindowStates>,
}

/// The encoder's vectors of one window.
pub(super) struct WindowStates {
    window: Window,
    /// Of the window's pieces, `[CLS]` first and `[SEP]` last.
    offsets: Vec<PieceBytes>,
    /// `[pieces, width]`.
    pub hidden: Vec<f32>,
    /// Tag scores, emptied by [`joined_scores`].
    scores: Vec<f32>,
}

impl WindowStates {
    pub(super) fn new(pieces: &Pieces, window: &Window, hidden: &[f32], scores: &[f32]) -> Self {
        let inner = pieces.offsets[window.pieces.clone()].iter().copied();
        let offsets = std::iter::once((0, 0)).chain(inner).chain(std::iter::once((0, 0))).collect();
        Self { window: window.clone(), offsets, hidden: hidden.to_vec(), scores: scores.to_vec() }
    }

    /// The mentions that begin in this window: their places in `mentions` and their pieces.
    pub(super) fn mentions(&self, mentions: &[Span]) -> (Vec<usize>, Vec<Vec<usize>>) {
        let own = mentions.iter().enumerate().filter(|(_, span)| self.window.bytes.contains(&span.start.0));
        own.map(|(place, span)| (place, self.pieces_of(*span))).unzip()
    }

    /// Pieces that overlap the span, `[CLS]` and `[SEP]` never; else the piece that starts nearest; `[CLS]` when
    /// there is no piece at all.
    fn pieces_of(&self, span: Span) -> Vec<usize> {
        let inner = 1..self.offsets.len() - 1;
        let overlaps =
            |index: &usize| self.offsets[*index].0 < span.end.0 && self.offsets[*index].1 > span.start.0;
        let found: Vec<usize> = inner.clone().filter(overlaps).collect();
        if !found.is_empty() {
            return found;
        }
        let distance = |index: &usize| self.offsets[*index].0.abs_diff(span.start.0);
        vec![inner.min_by_key(distance).unwrap_or(0)]
    }
}

/// The tag scores of a whole sentence: those of `[CLS]`, of every piece in order, and of `[SEP]`.
pub(super) fn joined_scores(windows: &mut [WindowStates]) -> Vec<f32> {
    let mut joined = Vec::new();
    let count = windows.len();
    for (index, window) in windows.iter_mut().enumerate() {
        let scores = std::mem::take(&mut window.scores);
        let start = if index == 0 { 0 } else { TAGS };
        let end = if index + 1 == count { scores.len() } else { scores.len() - TAGS };
        joined.extend_from_slice(&scores[start..end]);
    }
    joined
}
