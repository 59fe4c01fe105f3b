//! JSON objects, read only along the configured pointers.
//!
//! Rules, the same wherever a field stands:
//! - What no pointer leads to is checked for syntax and otherwise left alone: huge numbers, deep
//!   nesting or a repeated key there do no harm. The check does not recurse.
//! - Half of a surrogate pair in a string becomes U+FFFD.
//! - Of several pointers the first with a usable value is taken; null and blank count as missing.
//! - Numbers keep their digits: an id of 21 digits comes out as it went in.
//! - A body that is neither string nor null is an error; another field of a wrong type is missing.

mod pointers;
mod scalar;

use std::borrow::Cow;

use serde_json::value::RawValue;

pub(super) use self::pointers::{Found, PointerTree};
pub(super) use self::scalar::{items, members, scalar_text, string_text};
use self::scalar::{kind_of, list_text};
use super::draft::Draft;
use super::error::excerpt;
use super::{DecodeError, date};
use crate::config::JsonMapping;

/// A mapping, ready for use.
#[derive(Clone, Debug)]
pub(super) struct JsonReader {
    mapping: JsonMapping,
    tree: PointerTree,
}

impl JsonReader {
    pub(super) fn new(mapping: &JsonMapping) -> Self {
        Self::with_more(mapping, &[])
    }

    /// A reader that also follows pointers whose meaning the caller knows.
    pub(super) fn with_more(mapping: &JsonMapping, more: &[&str]) -> Self {
        let JsonMapping { id, title, body, published_at, language, source, url, byline, revision } = mapping;
        let fields = [id, title, body, published_at, language, source, url, byline, revision];
        let pointers = fields.into_iter().flatten().map(String::as_str).chain(more.iter().copied());
        Self { mapping: mapping.clone(), tree: PointerTree::new(pointers) }
    }

    /// Reads one object.
    pub(super) fn read(&self, text: &str) -> Result<Draft, DecodeError> {
        Ok(self.draft(object(text)?)?.0)
    }

    /// Reads an object whose syntax was checked. The other pointers' values come with it.
    pub(super) fn draft<'a>(&self, object: &'a str) -> Result<(Draft, Found<'a>), DecodeError> {
        let found = self.tree.find(object)?;
        let mapping = &self.mapping;
        let draft = Draft {
            id: first_text(&found, &mapping.id),
            title: first_text(&found, &mapping.title),
            body: body_text(&found, &mapping.body)?,
            language: first_text(&found, &mapping.language),
            published_at: usable(&found, &mapping.published_at, |raw| date::parse(&scalar_text(raw)?)),
            source: first_text(&found, &mapping.source),
            url: first_text(&found, &mapping.url),
            byline: usable(&found, &mapping.byline, |raw| {
                scalar_text(raw).map(Cow::into_owned).or_else(|| list_text(raw))
            }),
            revision: first_text(&found, &mapping.revision),
            ..Draft::default()
        };
        Ok((draft, found))
    }
}

/// Checks the syntax of an object or an array of objects, without recursion.
pub(super) fn value(text: &str) -> Result<&str, DecodeError> {
    let root: &RawValue = serde_json::from_str(text).map_err(|error| syntax_error(text, &error))?;
    if root.get().starts_with(['{', '[']) {
        return Ok(root.get());
    }
    Err(DecodeError::NotAnObject { found: kind_and_excerpt(root.get()) })
}

/// Checks the syntax of a value, without recursion, and that it is an object.
pub(super) fn object(text: &str) -> Result<&str, DecodeError> {
    let root: &RawValue = serde_json::from_str(text).map_err(|error| syntax_error(text, &error))?;
    if !root.get().starts_with('{') {
        return Err(DecodeError::NotAnObject { found: kind_and_excerpt(root.get()) });
    }
    Ok(root.get())
}

fn first_text(found: &Found<'_>, pointers: &[String]) -> Option<String> {
    usable(found, pointers, |raw| scalar_text(raw).map(Cow::into_owned))
}

fn usable<T>(found: &Found<'_>, pointers: &[String], read: impl Fn(&str) -> Option<T>) -> Option<T> {
    pointers.iter().filter_map(|pointer| found.get(pointer)).find_map(read)
}

/// The first body with text; else the first blank one; else nothing.
fn body_text(found: &Found<'_>, pointers: &[String]) -> Result<String, DecodeError> {
    let mut blank = None;
    for (pointer, raw) in pointers.iter().filter_map(|pointer| Some((pointer, found.get(pointer)?))) {
        match string_text(raw) {
            Some(text) if !text.trim().is_empty() => return Ok(text),
            Some(text) => blank = blank.or(Some(text)),
            None if raw == "null" => {}
            None => {
                return Err(DecodeError::WrongType {
                    pointer: excerpt(pointer),
                    found: kind_of(raw),
                    value: excerpt(raw),
                });
            }
        }
    }
    Ok(blank.unwrap_or_default())
}

fn kind_and_excerpt(raw: &str) -> String {
    format!("{}: {}", kind_of(raw), excerpt(raw))
}

fn syntax_error(text: &str, error: &serde_json::Error) -> DecodeError {
    let message = error.to_string();
    let problem = message.split(" at line ").next().unwrap_or_default().to_owned();
    let line_text = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let at_column = line_text.get(error.column().saturating_sub(1)..).unwrap_or_default();
    let found = if error.is_eof() {
        "the end of the value".to_owned()
    } else if at_column.is_empty() {
        "the end of the line".to_owned()
    } else {
        format!("\"{}\"", excerpt(at_column))
    };
    DecodeError::InvalidJson { line: error.line(), column: error.column(), problem, found }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
