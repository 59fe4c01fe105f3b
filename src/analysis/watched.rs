//! The user's own names, ids and groups on the actors of an article.

use super::{Actor, Analysis, Field, Mention};
use crate::actors::{WatchedActor, WatchedId, Watchlist};
use crate::article::Article;

/// Gives every actor that is on the list its name, id, kind and groups. The list goes before what the program knows.
pub(super) fn mark(watchlist: &Watchlist, article: &Article, analysis: &mut Analysis) {
    if watchlist.is_empty() {
        return;
    }
    for actor in &mut analysis.actors {
        if let Some(watched) = find(watchlist, article, actor) {
            apply(watched, actor);
        }
    }
}

fn find<'w>(watchlist: &'w Watchlist, article: &Article, actor: &Actor) -> Option<&'w WatchedActor> {
    watchlist
        .find(&actor.name)
        .or_else(|| actor.mentions.iter().find_map(|mention| watchlist.find(written(article, mention))))
        .or_else(|| watchlist.iter().find(|watched| has_item(watched, actor)))
}

fn written<'a>(article: &'a Article, mention: &Mention) -> &'a str {
    let text = match mention.location.field {
        Field::Title => article.title.as_deref().unwrap_or_default(),
        Field::Body => &article.body,
    };
    let span = mention.location.span;
    text.get(span.start.0..span.end.0).unwrap_or_default()
}

fn has_item(watched: &WatchedActor, actor: &Actor) -> bool {
    match (&watched.id, &actor.wikidata) {
        (Some(WatchedId::Wikidata(number)), Some(item)) => {
            item.strip_prefix('Q').and_then(|digits| digits.parse().ok()) == Some(*number)
        }
        _ => false,
    }
}

fn apply(watched: &WatchedActor, actor: &mut Actor) {
    match &watched.id {
        Some(WatchedId::Wikidata(number)) => actor.wikidata = Some(format!("Q{number}")),
        Some(WatchedId::Own(id)) => {
            actor.wikidata = None;
            actor.slug = Some(id.clone());
        }
        None => {}
    }
    actor.name.clone_from(&watched.name);
    actor.groups.clone_from(&watched.groups);
    actor.kind = watched.kind;
}
