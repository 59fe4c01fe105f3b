//! Where each piece of a rewritten text came from.

use std::ops::Range;

/// Maps positions of a rewritten text back to the text it was made from.
///
/// Kept as sorted runs, one per change, so that a text that was hardly changed costs hardly any memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetMap {
    runs: Vec<Run>,
}

/// A stretch of the rewritten text, up to the start of the next run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    rewritten: usize,
    source_start: usize,
    source_end: usize,
    /// Copied runs map byte by byte; replaced runs only as a whole.
    copied: bool,
}

impl OffsetMap {
    /// The source range that `rewritten` stands for. Characters that were left out at its edges are not
    /// part of it, those left out inside are. An empty range maps to an empty range.
    #[must_use]
    pub fn source_range(&self, rewritten: Range<usize>) -> Range<usize> {
        let start = self.source_start(rewritten.start);
        if rewritten.end <= rewritten.start {
            return start..start;
        }
        start..self.source_end(rewritten.end).max(start)
    }

    /// The first rewritten position that stands for `source` or for anything after it.
    #[must_use]
    pub fn rewritten_start(&self, source: usize, rewritten_len: usize) -> usize {
        let index = self.runs.partition_point(|run| run.source_end <= source);
        match self.runs.get(index) {
            None => rewritten_len,
            Some(run) if run.copied => run.rewritten + source.saturating_sub(run.source_start),
            Some(run) => run.rewritten,
        }
    }

    fn source_start(&self, rewritten: usize) -> usize {
        match self.run_at(rewritten) {
            None => rewritten,
            Some(run) if run.copied => (run.source_start + (rewritten - run.rewritten)).min(run.source_end),
            Some(run) => run.source_start,
        }
    }

    fn source_end(&self, rewritten: usize) -> usize {
        let last = rewritten - 1;
        match self.run_at(last) {
            None => rewritten,
            Some(run) if run.copied => (run.source_start + (rewritten - run.rewritten)).min(run.source_end),
            Some(run) => run.source_end,
        }
    }

    fn run_at(&self, rewritten: usize) -> Option<&Run> {
        let after = self.runs.partition_point(|run| run.rewritten <= rewritten);
        self.runs.get(after.checked_sub(1)?)
    }
}

/// Builds a rewritten text and its [`OffsetMap`] from left to right.
pub struct Rewriter<'a> {
    source: &'a str,
    text: String,
    map: OffsetMap,
}

impl<'a> Rewriter<'a> {
    /// Starts with nothing written.
    #[must_use]
    pub fn new(source: &'a str) -> Self {
        Self { source, text: String::with_capacity(source.len()), map: OffsetMap::default() }
    }

    /// What has been written so far.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Writes a part of the source as it stands.
    pub fn copy(&mut self, range: Range<usize>) {
        let Some(piece) = self.source.get(range.clone()) else {
            return;
        };
        if piece.is_empty() {
            return;
        }
        match self.map.runs.last_mut() {
            Some(last) if last.copied && last.source_end == range.start => last.source_end = range.end,
            _ => self.map.runs.push(Run {
                rewritten: self.text.len(),
                source_start: range.start,
                source_end: range.end,
                copied: true,
            }),
        }
        self.text.push_str(piece);
    }

    /// Writes `replacement` for a part of the source.
    pub fn replace(&mut self, range: Range<usize>, replacement: &str) {
        if replacement.is_empty() {
            return;
        }
        self.map.runs.push(Run {
            rewritten: self.text.len(),
            source_start: range.start,
            source_end: range.end,
            copied: false,
        });
        self.text.push_str(replacement);
    }

    /// The text and its map.
    #[must_use]
    pub fn finish(self) -> (String, OffsetMap) {
        (self.text, self.map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_piece_maps_as_a_whole_and_left_out_bytes_only_count_inside() {
        let source = "ab-cd&amp;ef";
        let mut rewriter = Rewriter::new(source);
        rewriter.copy(0..2);
        rewriter.copy(3..5);
        rewriter.replace(5..10, "&");
        rewriter.copy(10..12);
        let (text, map) = rewriter.finish();
        assert_eq!(text, "abcd&ef");
        assert_eq!(&source[map.source_range(0..2)], "ab");
        assert_eq!(&source[map.source_range(1..3)], "b-c");
        assert_eq!(&source[map.source_range(2..4)], "cd");
        assert_eq!(&source[map.source_range(4..5)], "&amp;");
        assert_eq!(&source[map.source_range(4..7)], "&amp;ef");
        assert_eq!(map.rewritten_start(2, text.len()), 2);
        assert_eq!(map.rewritten_start(7, text.len()), 4);
        assert_eq!(map.rewritten_start(11, text.len()), 6);
    }
}
