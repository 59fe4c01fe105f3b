//! Files of the user's own actors.

use std::collections::HashSet;

use tonewire::actors::{Watchlist, WatchlistError};

use super::input::text;

/// A list is one in which every name finds its actor, or an error that says where.
pub fn holds(data: &[u8]) {
    let file = text(data);
    match Watchlist::parse(&file) {
        Ok(list) => list_holds(&list),
        Err(error) => error_holds(&error, file.lines().count()),
    }
}

fn list_holds(list: &Watchlist) {
    assert_eq!(list.iter().count(), list.len());
    let mut ids = HashSet::new();
    for (position, actor) in list.iter().enumerate() {
        assert!(!actor.name.trim().is_empty(), "an actor without a name");
        for name in std::iter::once(&actor.name).chain(&actor.aliases) {
            assert_eq!(list.position(name), Some(position), "{name:?} as it is written in the list");
        }
        if let Some(id) = &actor.id {
            assert!(ids.insert(id.clone()), "two actors with the id {id}");
        }
        let groups: HashSet<_> = actor.groups.iter().collect();
        assert_eq!(groups.len(), actor.groups.len(), "a group twice: {:?}", actor.groups);
    }
}

fn error_holds(error: &WatchlistError, lines: usize) {
    assert!(!error.to_string().is_empty());
    let last = lines.max(1) + 1;
    match error {
        WatchlistError::Syntax { line, .. } => assert!((1..=last).contains(line), "line {line} of {lines}"),
        WatchlistError::Invalid(problems) => {
            assert!(!problems.is_empty());
            assert!(problems.is_sorted_by_key(|problem| problem.line));
            assert!(problems.iter().all(|problem| (1..=last).contains(&problem.line)), "{problems:?}");
        }
        WatchlistError::ReadFile { .. } => panic!("nothing was read from a file: {error}"),
    }
}
