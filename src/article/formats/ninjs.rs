//! IPTC ninjs: flat members in 1.x (`headline`, `body_text`), arrays with roles in 2.x and 3.x (`headlines`, `bodies`).

use super::super::Extent;
use super::super::draft::Draft;
use super::super::json::{Found, items, members, scalar_text, string_text};
use super::preset::{JsonFormat, Look, Pointers, first_name};
use crate::config::InputFormat;

pub(super) const FORMAT: JsonFormat = JsonFormat {
    format: InputFormat::Ninjs,
    is_article,
    is_envelope,
    envelopes: &["/item", "/items", "/_items"],
    wrappers: &[],
    pointers: Pointers {
        id: &["/uri", "/guid", "/id"],
        title: &["/headline", "/headline_main", "/title"],
        body: &["/body_text", "/body_main", "/body_xhtml", "/body_html", "/body_richtext"],
        published_at: &["/versioncreated", "/versionCreated", "/firstcreated", "/firstCreated"],
        language: &["/language"],
        source: &[],
        url: &[],
        byline: &["/byline", "/by", "/authors"],
        revision: &["/version"],
        status: &["/pubstatus", "/pubStatus"],
    },
    more: &[
        "/headlines",
        "/bodies",
        "/descriptions",
        "/description_text",
        "/infosource",
        "/infosources",
        "/infoSources",
        "/copyrightholder",
        "/copyrightHolder",
        "/source",
    ],
    outer: &[],
    refine,
};

fn is_article(look: &Look<'_>) -> bool {
    let is_dated =
        ["versioncreated", "versionCreated", "firstcreated", "firstCreated"].iter().any(|key| look.has(key));
    let has_text = look.is_array("headlines")
        || look.is_array("bodies")
        || look.has_prefix("body_")
        || look.has_prefix("headline");
    (look.has("uri") && (is_dated || has_text))
        || (look.has("guid") && (is_dated || look.has_prefix("body_")) && has_text)
}

fn is_envelope(look: &Look<'_>) -> bool {
    ["item", "items", "_items"]
        .iter()
        .any(|key| look.first_has(key, "uri") && look.first_has(key, "versioncreated"))
}

fn refine(draft: &mut Draft, found: &Found<'_>, _: &Found<'_>, article: &str) {
    if draft.title.is_none() {
        draft.title = best(found.get("/headlines")).or_else(|| by_prefix(article, "headline_"));
    }
    if draft.body.trim().is_empty() {
        let summary = || best(found.get("/descriptions")).or_else(|| found.text("/description_text"));
        let body = best(found.get("/bodies")).or_else(|| by_prefix(article, "body_"));
        let only = if body.is_none() { summary() } else { None };
        if only.is_some() {
            draft.extent = Extent::Beginning;
        }
        draft.body = body.or(only).unwrap_or_default();
    }
    let sources =
        ["/infosource", "/infosources", "/infoSources", "/copyrightholder", "/copyrightHolder", "/source"];
    draft.source = sources.iter().find_map(|pointer| first_name(found.get(pointer)?));
    draft.url = draft.id.clone().filter(|uri| uri.starts_with("http://") || uri.starts_with("https://"));
}

/// The value of the best of several: plain text before markup, the main role before others.
fn best(array: Option<&str>) -> Option<String> {
    let candidates = items(array?).into_iter().filter_map(|item| {
        let look = Look::at(item);
        let text = string_text(look.get("value")?).filter(|text| !text.trim().is_empty())?;
        let word = |key: &str| look.get(key).and_then(scalar_text).unwrap_or_default().to_lowercase();
        let kind = format!("{}{}", word("contenttype"), word("contentType"));
        let is_markup = kind.contains("html") || (kind.is_empty() && text.trim_start().starts_with('<'));
        let is_main = matches!(word("role").as_str(), "main" | "text" | "");
        Some(((is_markup, !is_main), text))
    });
    candidates.min_by_key(|(rank, _)| *rank).map(|(_, text)| text)
}

/// ninjs 1.x lets publishers add `body_*` and `headline_*` of their own.
fn by_prefix(article: &str, prefix: &str) -> Option<String> {
    members(article)
        .into_iter()
        .filter(|(key, _)| key.starts_with(prefix))
        .find_map(|(_, raw)| string_text(raw).filter(|text| !text.trim().is_empty()))
}
