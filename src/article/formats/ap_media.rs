//! AP Media API: feeds and items. The text itself stands behind the address of a rendition.

use super::super::Extent;
use super::super::draft::Draft;
use super::super::json::Found;
use super::preset::{JsonFormat, Look, Pointers, first_name};
use crate::config::InputFormat;

pub(super) const FORMAT: JsonFormat = JsonFormat {
    format: InputFormat::ApMedia,
    is_article: |look| look.get("altids").is_some_and(|ids| Look::at(ids).has("itemid")),
    is_envelope,
    envelopes: &["/data/items"],
    wrappers: &["/data/item", "/item"],
    pointers: Pointers {
        id: &["/altids/itemid", "/uri"],
        title: &["/headline", "/title"],
        body: &["/description_summary", "/description_caption"],
        published_at: &["/versioncreated", "/firstcreated"],
        language: &["/language"],
        source: &["/provider"],
        url: &["/uri"],
        byline: &[],
        revision: &["/version"],
        status: &["/pubstatus"],
    },
    more: &["/bylines"],
    outer: &[],
    refine,
};

fn is_envelope(look: &Look<'_>) -> bool {
    let data = look.get("data").map(Look::at);
    look.has("api_version") && data.is_some_and(|data| data.is_array("items") || data.is_object("item"))
}

fn refine(draft: &mut Draft, found: &Found<'_>, _: &Found<'_>, _: &str) {
    draft.byline = found.get("/bylines").and_then(first_name);
    draft.extent = if draft.body.is_empty() { Extent::Nothing } else { Extent::Beginning };
    // The query holds the tokens of whoever fetched the item.
    draft.url = draft.url.take().map(|url| url.split('?').next().unwrap_or_default().to_owned());
}
