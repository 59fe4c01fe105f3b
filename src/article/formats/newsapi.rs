//! NewsAPI.org: `/everything` and `/top-headlines` answers, and single articles of them.
//!
//! `content` is cut at 200 characters with `… [+2310 chars]` behind them, the title ends in ` - Source`, and what was
//! taken down says `[Removed]` everywhere.

use super::super::Extent;
use super::super::draft::Draft;
use super::super::json::Found;
use super::preset::{JsonFormat, Look, Pointers, cut_at};
use crate::config::InputFormat;

pub(super) const FORMAT: JsonFormat = JsonFormat {
    format: InputFormat::Newsapi,
    is_article,
    is_envelope,
    envelopes: &["/articles"],
    wrappers: &[],
    pointers: Pointers {
        id: &[],
        title: &["/title"],
        body: &["/content", "/description"],
        published_at: &["/publishedAt"],
        language: &["/language"],
        source: &["/source/name", "/source/id"],
        url: &["/url"],
        byline: &["/author"],
        revision: &[],
        status: &[],
    },
    more: &["/content"],
    outer: &[],
    refine,
};

fn is_article(look: &Look<'_>) -> bool {
    look.has("publishedAt") && look.is_object("source") && look.has("url")
}

fn is_envelope(look: &Look<'_>) -> bool {
    look.is_array("articles") && look.has("totalResults")
}

fn refine(draft: &mut Draft, found: &Found<'_>, _: &Found<'_>, _: &str) {
    draft.canceled = draft.title.as_deref() == Some("[Removed]");
    let is_summary = found.text("/content").is_none() && !draft.body.is_empty();
    if cut_marker(&mut draft.body) || is_summary {
        draft.extent = Extent::Beginning;
    }
    if let (Some(title), Some(source)) = (&mut draft.title, &draft.source) {
        let suffix = format!(" - {source}");
        if title.len() > suffix.len() && title.ends_with(&suffix) {
            title.truncate(title.len() - suffix.len());
        }
    }
}

/// Cuts ` [+2310 chars]` off.
fn cut_marker(body: &mut String) -> bool {
    let is_marker = body.rfind("[+").is_some_and(|at| {
        let inner = body[at + 2..].trim_end();
        inner
            .strip_suffix(" chars]")
            .is_some_and(|count| !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()))
    });
    is_marker && cut_at(body, "[+")
}
