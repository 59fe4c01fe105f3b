//! One field of an article, read into sentences.

use super::Field;
use crate::actors::{ReadSentence, words};
use crate::text::{Boilerplate, Part, Span, TextView, boilerplate, paragraphs, sentences};
use std::ops::Range;

/// A field as far as it was read.
pub(super) struct Reading {
    pub field: Field,
    view: TextView,
    /// Clean bytes that were read.
    length: usize,
    pub sentences: Vec<ReadSentence>,
    boilerplate: Vec<Part>,
    /// Number of words read.
    pub words: usize,
    /// The limit left something unread.
    pub truncated: bool,
}

impl Reading {
    /// Reads at most `limit` words and stops at the end of a sentence.
    #[must_use]
    pub(super) fn new(field: Field, delivered: &str, limit: usize) -> Self {
        let view = TextView::new(delivered);
        let mut reading = Self {
            field,
            length: 0,
            sentences: Vec::new(),
            boilerplate: Vec::new(),
            words: 0,
            truncated: false,
            view,
        };
        let clean = reading.view.clean().to_owned();
        for (index, paragraph) in paragraphs(&clean).enumerate() {
            for sentence in sentences(&clean, paragraph.clone()) {
                if !reading.take(&clean, sentence, limit) {
                    reading.truncated = true;
                    return reading;
                }
            }
            reading.boilerplate.extend(boilerplate(&clean, paragraph, index));
        }
        reading
    }

    /// Adds a sentence; `false` where it goes over the limit.
    fn take(&mut self, clean: &str, sentence: Range<usize>, limit: usize) -> bool {
        let mut read = ReadSentence { words: words(clean, sentence.clone()), range: sentence };
        let room = limit.saturating_sub(self.words);
        let fits = read.words.len() <= room;
        if !fits {
            // Only a first sentence that is longer than the limit is cut inside.
            if !self.sentences.is_empty() || room == 0 {
                return false;
            }
            read.words.truncate(room);
            read.range.end = read.words.last().map_or(read.range.start, |word| word.range.end);
        }
        self.words += read.words.len();
        self.length = read.range.end;
        self.sentences.push(read);
        fits
    }

    /// The clean text that was read.
    #[must_use]
    pub(super) fn clean(&self) -> &str {
        self.view.clean().get(..self.length).unwrap_or_default()
    }

    /// Where a part of the clean text stands in the delivered text.
    #[must_use]
    pub(super) fn delivered(&self, clean: Range<usize>) -> Span {
        self.view.delivered(clean)
    }

    /// The boilerplate around a position of the clean text.
    #[must_use]
    pub(super) fn boilerplate_at(&self, position: usize) -> Option<Boilerplate> {
        let index = self.boilerplate.partition_point(|part| part.range.end <= position);
        self.boilerplate.get(index).filter(|part| part.range.contains(&position)).map(|part| part.kind)
    }
}
