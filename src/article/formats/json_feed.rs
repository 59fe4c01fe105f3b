//! JSON Feed 1.0 and 1.1.

use super::super::Extent;
use super::super::draft::Draft;
use super::super::json::Found;
use super::preset::{JsonFormat, Look, Pointers, first_name};
use crate::config::InputFormat;

pub(super) const FORMAT: JsonFormat = JsonFormat {
    format: InputFormat::JsonFeed,
    is_article: |_| false,
    is_envelope,
    envelopes: &["/items"],
    wrappers: &[],
    pointers: Pointers {
        id: &["/id"],
        title: &["/title"],
        body: &["/content_text", "/content_html", "/summary"],
        published_at: &["/date_published", "/date_modified"],
        language: &["/language"],
        source: &[],
        url: &["/url", "/external_url"],
        byline: &["/authors", "/author/name"],
        revision: &[],
        status: &[],
    },
    more: &["/content_text", "/content_html"],
    outer: &["/title", "/language", "/authors", "/author"],
    refine,
};

fn is_envelope(look: &Look<'_>) -> bool {
    look.is_array("items")
        && look.get("version").is_some_and(|version| version.contains("jsonfeed.org/version/"))
}

fn refine(draft: &mut Draft, found: &Found<'_>, feed: &Found<'_>, _: &str) {
    let has_content = found.text("/content_text").or_else(|| found.text("/content_html")).is_some();
    if !has_content && !draft.body.is_empty() {
        draft.extent = Extent::Beginning;
    }
    draft.source = feed.text("/title");
    draft.language = draft.language.take().or_else(|| feed.text("/language"));
    let of_feed = || feed.get("/authors").or_else(|| feed.get("/author")).and_then(first_name);
    draft.byline = draft.byline.take().or_else(of_feed);
}
