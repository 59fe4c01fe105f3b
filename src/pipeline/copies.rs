//! Which articles of a partition are copies of earlier ones, although workers read several at a time.
//!
//! Every record gets a [`Turn`] when it is read. Its worker tells the fingerprints of its articles as soon as they are
//! decoded, and asks for the first of each once it is analysed. The answer waits until all records before it have told, which they
//! nearly always have by then: workers take records in their order, and decoding takes a hundredth of the time of reading.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::article::Article;
use crate::article::duplicates::{Fingerprint, Place, Window};
use crate::config::DuplicateWindow;

/// An article behind a record that takes longer to decode is not marked: its worker is needed for others.
const PATIENCE: Duration = Duration::from_secs(1);

/// The articles of one partition, for as long as it stays with this member.
#[derive(Clone)]
pub(super) struct Copies(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    told: Condvar,
}

struct State {
    window: Window,
    /// Offsets of records that have not told yet. A record that is read again after a rewind may be there twice.
    silent: BTreeMap<i64, usize>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Copies {
    pub(super) fn new(bounds: DuplicateWindow) -> Self {
        let state = State { window: Window::new(bounds), silent: BTreeMap::new() };
        Self(Arc::new(Shared { state: Mutex::new(state), told: Condvar::new() }))
    }

    /// The turn of a record; to be taken in the order of offsets.
    pub(super) fn turn(&self, offset: i64) -> Turn {
        *self.0.lock().silent.entry(offset).or_default() += 1;
        Turn { shared: Arc::clone(&self.0), offset, is_silent: true }
    }
}

/// One record's turn to tell what its articles are recognised by. A turn that ends without a word has no articles.
pub(super) struct Turn {
    shared: Arc<Shared>,
    offset: i64,
    is_silent: bool,
}

impl Turn {
    /// Tells the articles of the record; gives their fingerprints, for [`first_of`](Self::first_of).
    pub(super) fn tell(&mut self, articles: &[Article], time: Option<i64>) -> Vec<Fingerprint> {
        let fingerprints: Vec<_> = articles.iter().map(|article| Fingerprint::of(&article.body)).collect();
        let mut state = self.shared.lock();
        for (position, (article, fingerprint)) in articles.iter().zip(&fingerprints).enumerate() {
            let place = Place { offset: self.offset, position };
            state.window.add(place, &article.id, time, fingerprint.clone());
        }
        drop(state);
        self.end();
        fingerprints
    }

    /// The id of the earliest article that the one at `position` is a copy of.
    pub(super) fn first_of(
        &self,
        position: usize,
        article: &Article,
        time: Option<i64>,
        fingerprint: &Fingerprint,
    ) -> Option<Arc<str>> {
        let state = self.shared.lock();
        let silent_before = |state: &mut State| state.silent.range(..self.offset).next().is_some();
        let waited = self.shared.told.wait_timeout_while(state, PATIENCE, silent_before);
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            return None;
        }
        state.window.first_of(Place { offset: self.offset, position }, &article.id, time, fingerprint)
    }

    /// Nobody waits for this record any more.
    fn end(&mut self) {
        if !std::mem::take(&mut self.is_silent) {
            return;
        }
        let mut state = self.shared.lock();
        if let Some(count) = state.silent.get_mut(&self.offset) {
            *count -= 1;
            if *count == 0 {
                state.silent.remove(&self.offset);
            }
        }
        drop(state);
        self.shared.told.notify_all();
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(id: &str, story: &str) -> Article {
        let body: Vec<String> = (0..60).map(|word| format!("{story}{word}")).collect();
        Article::new(id, None, &body.join(" "))
    }

    fn copies() -> Copies {
        Copies::new(DuplicateWindow { articles: 10, time: Duration::from_hours(1) })
    }

    #[test]
    fn an_answer_waits_for_the_records_before_it() {
        let copies = copies();
        let (mut first, mut second) = (copies.turn(0), copies.turn(1));
        let (original, copy) = (article("original", "a"), article("copy", "a"));
        let told = second.tell(std::slice::from_ref(&copy), None);
        std::thread::scope(|scope| {
            let answer = scope.spawn(|| second.first_of(0, &copy, None, &told[0]));
            first.tell(std::slice::from_ref(&original), None);
            assert_eq!(answer.join().unwrap().as_deref(), Some("original"));
        });
    }

    #[test]
    fn a_record_that_cannot_be_read_holds_up_nobody() {
        let copies = copies();
        let (failed, mut next) = (copies.turn(0), copies.turn(1));
        drop(failed);
        let told = next.tell(&[article("a", "a")], None);
        assert_eq!(next.first_of(0, &article("a", "a"), None, &told[0]), None);
        assert!(copies.0.lock().silent.is_empty());
    }

    #[test]
    fn a_record_read_again_gives_the_same_answers() {
        let copies = copies();
        let articles = [article("a", "a"), article("b", "a"), article("c", "c")];
        let mut answers = Vec::new();
        for _ in 0..2 {
            let turns: Vec<Turn> = (0..3).map(|offset| copies.turn(offset)).collect();
            for (mut turn, article) in turns.into_iter().zip(&articles) {
                let told = turn.tell(std::slice::from_ref(article), None);
                answers.push(turn.first_of(0, article, None, &told[0]));
            }
        }
        assert_eq!(answers[..3], answers[3..]);
        assert_eq!(answers[1].as_deref(), Some("a"));
        assert_eq!((&answers[0], &answers[2]), (&None, &None));
    }
}
