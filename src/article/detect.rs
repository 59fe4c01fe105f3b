//! The format of a value: by the `content-type` header, the first bytes, the root element, the keys.

use serde_json::value::RawValue;

use super::{formats, xml};
use crate::config::InputFormat;

/// What is known before the keys of JSON are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guess {
    Format(InputFormat),
    /// JSON of some format.
    Json,
    /// XML of some format.
    Xml,
}

/// The format that a media type names; `None` for those that say nothing about it.
pub(super) fn by_content_type(content_type: &str) -> Option<Guess> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Some(match media_type.as_str() {
        "text/plain" => Guess::Format(InputFormat::Text),
        "text/html" | "application/xhtml+xml" => Guess::Format(InputFormat::Html),
        "application/warc" => Guess::Format(InputFormat::Warc),
        "text/xml" | "application/xml" => Guess::Xml,
        _ if media_type.ends_with("/json") || media_type.ends_with("+json") => Guess::Json,
        _ if media_type.ends_with("+xml") => Guess::Xml,
        _ => return None,
    })
}

/// The format by the text itself. A text may well start with a quotation mark, a digit, an agency's name in brackets or
/// a tag.
pub(super) fn by_text(text: &str) -> Guess {
    if let Some(format) = formats::TEXT.iter().find(|format| (format.recognises)(text)) {
        return Guess::Format(format.format);
    }
    let trimmed = text.trim_start();
    if is_page(trimmed) {
        return Guess::Format(InputFormat::Html);
    }
    if trimmed.starts_with("<?xml") || xml::root_name(trimmed).is_some_and(is_known_root) {
        return Guess::Xml;
    }
    if is_json(trimmed) { Guess::Json } else { Guess::Format(InputFormat::Text) }
}

/// Whether a document is a page, also with an XML declaration before it.
pub(super) fn is_page(text: &str) -> bool {
    let starts =
        |prefix: &str| text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    starts("<!doctype html") || xml::root_name(text).is_some_and(|name| name.eq_ignore_ascii_case("html"))
}

fn is_known_root(name: &str) -> bool {
    formats::XML.iter().any(|format| format.roots.contains(&name))
}

/// JSON where the value starts like an object or a list of values, or is a JSON value as a whole.
fn is_json(text: &str) -> bool {
    let mut characters = text.chars().filter(|character| !character.is_whitespace());
    let starts_like_json = match characters.next() {
        Some('{') => true,
        Some('[') => matches!(characters.next(), Some('{' | '[' | ']' | '"')),
        _ => false,
    };
    starts_like_json || serde_json::from_str::<&RawValue>(text).is_ok()
}
