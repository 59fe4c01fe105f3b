//! news-please and CC-News. Missing values come as null and as the text `None`.

use super::super::draft::Draft;
use super::super::json::Found;
use super::preset::{JsonFormat, Look, Pointers};
use crate::config::InputFormat;

pub(super) const FORMAT: JsonFormat = JsonFormat {
    format: InputFormat::NewsPlease,
    is_article,
    is_envelope: |_| false,
    envelopes: &[],
    wrappers: &[],
    pointers: Pointers {
        id: &["/filename"],
        title: &["/title", "/title_page", "/title_rss"],
        body: &["/maintext", "/text"],
        published_at: &["/date_publish"],
        language: &["/language"],
        source: &["/source_domain"],
        url: &["/url"],
        byline: &["/authors"],
        revision: &[],
        status: &[],
    },
    more: &[],
    outer: &[],
    refine,
};

fn is_article(look: &Look<'_>) -> bool {
    look.has("source_domain") && (look.has("date_publish") || look.has("date_download"))
}

fn refine(draft: &mut Draft, _: &Found<'_>, _: &Found<'_>, _: &str) {
    for field in [&mut draft.title, &mut draft.url, &mut draft.source, &mut draft.byline, &mut draft.id] {
        if field.as_deref() == Some("None") {
            *field = None;
        }
    }
    if draft.body == "None" {
        draft.body.clear();
    }
}
