//! The articles that a new one is compared with: the last ones of its partition.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Fingerprint;
use crate::config::DuplicateWindow;

/// Longer ids are not remembered: a window has to stay within its memory.
const LONGEST_ID: usize = 512;

/// Where an article stands: the offset of its record, and its position where the record is an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub offset: i64,
    pub position: usize,
}

struct Entry {
    place: Place,
    id: Arc<str>,
    /// Milliseconds since 1970, of the record; None where it has none.
    time: Option<i64>,
    fingerprint: Fingerprint,
}

/// The last articles of a partition, by place.
///
/// What is asked of a place depends on what stands before it alone, never on what came after: articles that are read again
/// after a rewind get the same answers, as long as the window still reaches back to what they were compared with.
pub struct Window {
    bounds: DuplicateWindow,
    entries: VecDeque<Entry>,
}

impl Window {
    #[must_use]
    pub fn new(bounds: DuplicateWindow) -> Self {
        Self { bounds, entries: VecDeque::new() }
    }

    /// Remembers an article. What stood at its place is replaced.
    pub fn add(&mut self, place: Place, id: &str, time: Option<i64>, fingerprint: Fingerprint) {
        if id.len() > LONGEST_ID {
            return;
        }
        let entry = Entry { place, id: Arc::from(id), time, fingerprint };
        match self.entries.binary_search_by_key(&place, |entry| entry.place) {
            Ok(index) => self.entries[index] = entry,
            Err(index) => self.entries.insert(index, entry),
        }
        while self.entries.len() > Self::room(self.bounds.articles) {
            self.entries.pop_front();
        }
    }

    /// Articles are asked about while workers add later ones, which must not push out what stands before them.
    fn room(articles: usize) -> usize {
        articles + articles / 4 + 64
    }

    /// The id of the earliest article within the window that this one resembles; never its own id, which another version of
    /// it has too.
    #[must_use]
    pub fn first_of(
        &self,
        place: Place,
        id: &str,
        time: Option<i64>,
        fingerprint: &Fingerprint,
    ) -> Option<Arc<str>> {
        let end = self.entries.partition_point(|entry| entry.place < place);
        let start = end.saturating_sub(self.bounds.articles);
        let mut before = self.entries.range(start..end);
        let first = before.find(|entry| {
            &*entry.id != id && self.is_near(entry.time, time) && entry.fingerprint.resembles(fingerprint)
        });
        first.map(|entry| Arc::clone(&entry.id))
    }

    fn is_near(&self, one: Option<i64>, other: Option<i64>) -> bool {
        let (Some(one), Some(other)) = (one, other) else { return true };
        u128::from(one.abs_diff(other)) <= self.bounds.time.as_millis()
    }

    /// Most bytes that a window takes.
    #[must_use]
    pub fn most_bytes(articles: usize) -> usize {
        Self::room(articles).next_power_of_two() * size_of::<Entry>()
            + Self::room(articles) * (LONGEST_ID + 16)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const HOUR: i64 = 3_600_000;

    fn window(articles: usize) -> Window {
        Window::new(DuplicateWindow { articles, time: Duration::from_hours(1) })
    }

    fn story(number: usize) -> Fingerprint {
        let words: Vec<String> = (0..60).map(|i| format!("w{number}x{i}")).collect();
        Fingerprint::of(&words.join(" "))
    }

    fn at(offset: i64) -> Place {
        Place { offset, position: 0 }
    }

    #[test]
    fn a_copy_is_told_by_the_id_of_the_first_and_the_first_by_none() {
        let mut window = window(10);
        for (offset, id) in [(0, "first"), (1, "second"), (2, "third")] {
            window.add(at(offset), id, Some(0), story(1));
        }
        assert_eq!(window.first_of(at(0), "first", Some(0), &story(1)), None);
        for (offset, id) in [(1, "second"), (2, "third")] {
            assert_eq!(window.first_of(at(offset), id, Some(0), &story(1)).as_deref(), Some("first"));
        }
    }

    #[test]
    fn a_revision_and_a_record_read_again_are_no_copies_of_themselves() {
        let mut window = window(10);
        window.add(at(0), "a", Some(0), story(1));
        window.add(at(1), "a", Some(0), story(1));
        window.add(at(1), "a", Some(0), story(1));
        assert_eq!(window.first_of(at(1), "a", Some(0), &story(1)), None);
        assert_eq!(window.entries.len(), 2);
    }

    #[test]
    fn what_stands_behind_is_not_looked_at() {
        let mut window = window(10);
        window.add(at(5), "later", Some(0), story(1));
        assert_eq!(window.first_of(at(4), "earlier", Some(0), &story(1)), None);
        let in_envelope = Place { offset: 5, position: 1 };
        assert_eq!(window.first_of(in_envelope, "next", Some(0), &story(1)).as_deref(), Some("later"));
    }

    #[test]
    fn the_window_ends_in_number_and_in_time() {
        let mut window = window(3);
        window.add(at(0), "first", Some(0), story(1));
        assert!(window.first_of(at(1), "x", Some(HOUR), &story(1)).is_some());
        assert!(window.first_of(at(1), "x", Some(HOUR + 1), &story(1)).is_none());
        for offset in 1..4 {
            window.add(at(offset), &format!("other {offset}"), Some(0), story(9));
        }
        assert!(window.first_of(at(3), "x", Some(0), &story(1)).is_some());
        assert!(window.first_of(at(4), "x", Some(0), &story(1)).is_none());
    }

    proptest! {
        #[test]
        fn a_window_never_holds_more_than_its_bounds(
            places in prop::collection::vec((0_i64..500, 0_usize..3, 0_usize..800), 0..400),
            articles in 1_usize..50,
        ) {
            let mut window = window(articles);
            for (offset, position, length) in places {
                window.add(Place { offset, position }, &"i".repeat(length), None, story(1));
                prop_assert!(window.entries.len() <= Window::room(articles));
                let ids: usize = window.entries.iter().map(|entry| entry.id.len() + 16).sum();
                let bytes = window.entries.capacity() * size_of::<Entry>() + ids;
                prop_assert!(bytes <= Window::most_bytes(articles), "{} bytes", bytes);
                prop_assert!(window.entries.iter().is_sorted_by_key(|entry| entry.place));
            }
        }
    }
}
