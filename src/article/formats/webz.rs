//! Webz.io (Webhose): answers and posts.

use super::super::Extent;
use super::super::draft::Draft;
use super::super::json::Found;
use super::preset::{JsonFormat, Look, Pointers, cut_at};
use crate::config::InputFormat;

/// What the lite tier writes in place of the rest.
const CUT: &str = "Full text is unavailable";

pub(super) const FORMAT: JsonFormat = JsonFormat {
    format: InputFormat::Webz,
    is_article,
    is_envelope: |look| {
        look.is_array("posts") && (look.has("totalResults") || look.first_has("posts", "thread"))
    },
    envelopes: &["/posts"],
    wrappers: &[],
    pointers: Pointers {
        id: &["/uuid", "/thread/uuid"],
        title: &["/title", "/thread/title_full", "/thread/title"],
        body: &["/text"],
        published_at: &["/published", "/thread/published"],
        language: &["/language"],
        source: &["/thread/site", "/thread/site_full"],
        url: &["/url", "/thread/url"],
        byline: &["/author"],
        revision: &[],
        status: &[],
    },
    more: &[],
    outer: &[],
    refine,
};

fn is_article(look: &Look<'_>) -> bool {
    look.is_object("thread") && look.has("uuid")
}

fn refine(draft: &mut Draft, _: &Found<'_>, _: &Found<'_>, _: &str) {
    if cut_at(&mut draft.body, CUT) {
        draft.extent = Extent::Beginning;
    }
}
