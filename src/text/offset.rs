//! Offsets that cannot be mixed up: bytes here, other units only in the record.

/// A position in a delivered UTF-8 text, counted in bytes from its start. Always on a character boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ByteOffset(pub usize);

/// A half-open range `[start, end)` of bytes in a delivered text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: ByteOffset,
    /// One past the last byte.
    pub end: ByteOffset,
}

impl Span {
    /// A span from two byte positions.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self {
            start: ByteOffset(start),
            end: ByteOffset(end),
        }
    }

    /// The part of `text` that the span covers.
    #[must_use]
    pub fn slice(self, text: &str) -> &str {
        &text[self.start.0..self.end.0]
    }
}
