//! Event Registry (newsapi.ai): `getArticles` answers, the stream of recent articles, and single articles.

use super::preset::{JsonFormat, Look, Pointers};
use crate::config::InputFormat;

pub(super) const FORMAT: JsonFormat = JsonFormat {
    format: InputFormat::EventRegistry,
    is_article,
    is_envelope,
    envelopes: &["/articles/results", "/recentActivityArticles/activity"],
    wrappers: &[],
    pointers: Pointers {
        id: &["/uri"],
        title: &["/title"],
        body: &["/body"],
        published_at: &["/dateTimePub", "/dateTime", "/date"],
        language: &["/lang"],
        source: &["/source/title", "/source/uri"],
        url: &["/url"],
        byline: &["/authors"],
        revision: &[],
        status: &[],
    },
    more: &[],
    outer: &[],
    refine: |_, _, _, _| {},
};

fn is_article(look: &Look<'_>) -> bool {
    look.has("uri")
        && look.has("lang")
        && look.is_object("source")
        && (look.has("dateTimePub") || look.has("dateTime"))
}

fn is_envelope(look: &Look<'_>) -> bool {
    look.get("articles").is_some_and(|raw| Look::at(raw).is_array("results"))
        || look.get("recentActivityArticles").is_some_and(|raw| Look::at(raw).is_array("activity"))
}
