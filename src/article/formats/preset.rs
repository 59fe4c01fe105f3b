//! JSON formats: pointers to the fields, and what pointers cannot say.

use super::super::DecodeError;
use super::super::draft::{Draft, is_withdrawn};
use super::super::error::excerpt;
use super::super::json::{Found, JsonReader, PointerTree, items, members, scalar_text};
use super::Contents;
use crate::config::{InputFormat, JsonMapping};

/// Where the fields of an article stand; of several pointers the first with a usable value counts.
pub(in crate::article) struct Pointers {
    pub(super) id: &'static [&'static str],
    pub(super) title: &'static [&'static str],
    pub(super) body: &'static [&'static str],
    pub(super) published_at: &'static [&'static str],
    pub(super) language: &'static [&'static str],
    pub(super) source: &'static [&'static str],
    pub(super) url: &'static [&'static str],
    pub(super) byline: &'static [&'static str],
    pub(super) revision: &'static [&'static str],
    /// The publication status.
    pub(super) status: &'static [&'static str],
}

/// A format in JSON.
pub(in crate::article) struct JsonFormat {
    pub(in crate::article) format: InputFormat,
    /// Whether an object is an article of the format.
    pub(super) is_article: fn(&Look<'_>) -> bool,
    /// Whether an object is an envelope of the format, also an empty one.
    pub(super) is_envelope: fn(&Look<'_>) -> bool,
    /// Pointers to arrays of articles.
    pub(super) envelopes: &'static [&'static str],
    /// The member in which an article stands, within an item of an envelope and alone.
    pub(super) wrappers: &'static [&'static str],
    pub(super) pointers: Pointers,
    /// Pointers within an article for `refine`.
    pub(super) more: &'static [&'static str],
    /// Pointers within the envelope for `refine`.
    pub(super) outer: &'static [&'static str],
    /// Corrects a draft. Gets the values of `more`, those of `outer`, and the article.
    pub(super) refine: fn(&mut Draft, &Found<'_>, &Found<'_>, &str),
}

/// The members of an object, for recognising it.
pub(in crate::article) struct Look<'a>(Vec<(String, &'a str)>);

impl<'a> Look<'a> {
    pub(in crate::article) fn at(object: &'a str) -> Self {
        Self(members(object))
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, raw)| *raw)
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(super) fn is_object(&self, key: &str) -> bool {
        self.get(key).is_some_and(|raw| raw.starts_with('{'))
    }

    pub(super) fn is_array(&self, key: &str) -> bool {
        self.get(key).is_some_and(|raw| raw.starts_with('['))
    }

    pub(super) fn has_prefix(&self, prefix: &str) -> bool {
        self.0.iter().any(|(key, _)| key.starts_with(prefix))
    }

    /// Whether the first item of an array is an object with that member.
    pub(super) fn first_has(&self, array: &str, key: &str) -> bool {
        let first = self.get(array).map(items).unwrap_or_default();
        first.first().is_some_and(|item| Look::at(item).has(key))
    }
}

/// A JSON format, ready for use.
#[derive(Debug)]
pub(in crate::article) struct Preset {
    format: &'static JsonFormat,
    envelope: PointerTree,
    article: JsonReader,
}

impl std::fmt::Debug for JsonFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.format.name())
    }
}

impl Preset {
    pub(in crate::article) fn new(format: &'static JsonFormat) -> Self {
        let owned = |pointers: &[&str]| pointers.iter().map(|pointer| (*pointer).to_owned()).collect();
        let p = &format.pointers;
        let mapping = JsonMapping {
            id: owned(p.id),
            title: owned(p.title),
            body: owned(p.body),
            published_at: owned(p.published_at),
            language: owned(p.language),
            source: owned(p.source),
            url: owned(p.url),
            byline: owned(p.byline),
            revision: owned(p.revision),
        };
        let more: Vec<&str> = format.more.iter().chain(p.status).copied().collect();
        let outer = format.envelopes.iter().chain(format.wrappers).chain(format.outer);
        Self {
            format,
            envelope: PointerTree::new(outer.copied()),
            article: JsonReader::with_more(&mapping, &more),
        }
    }

    pub(in crate::article) fn format(&self) -> InputFormat {
        self.format.format
    }

    pub(in crate::article) fn recognises(&self, look: &Look<'_>) -> bool {
        (self.format.is_article)(look) || (self.format.is_envelope)(look)
    }

    /// Reads a value whose syntax was checked: an article, an envelope, or an array of articles.
    pub(in crate::article) fn read(&self, value: &str) -> Result<Contents, DecodeError> {
        if value.starts_with('[') {
            return self.many(value, &Found::default());
        }
        let outer = self.envelope.find(value)?;
        let array = self
            .format
            .envelopes
            .iter()
            .filter_map(|pointer| outer.get(pointer))
            .find(|raw| raw.starts_with('['));
        if let Some(array) = array {
            return self.many(array, &outer);
        }
        let mut inner = self.format.wrappers.iter().filter_map(|pointer| outer.get(pointer));
        let article = inner.find(|raw| raw.starts_with('{')).unwrap_or(value);
        Ok(Contents::One(Box::new(self.one(article, &outer)?)))
    }

    fn many(&self, array: &str, outer: &Found<'_>) -> Result<Contents, DecodeError> {
        let items = items(array).into_iter().filter(|item| *item != "null");
        let drafts = items.map(|item| {
            let wrapped = Look::at(item).get("item").filter(|_| !self.format.wrappers.is_empty());
            self.one(wrapped.unwrap_or(item), outer)
        });
        Ok(Contents::Many(drafts.collect::<Result<_, _>>()?))
    }

    fn one(&self, article: &str, outer: &Found<'_>) -> Result<Draft, DecodeError> {
        if !article.starts_with('{') {
            return Err(DecodeError::NotAnObject { found: excerpt(article) });
        }
        let (mut draft, found) = self.article.draft(article)?;
        let mut status = self.format.pointers.status.iter().filter_map(|pointer| found.text(pointer));
        draft.canceled = status.any(|status| is_withdrawn(&status));
        (self.format.refine)(&mut draft, &found, outer, article);
        Ok(draft)
    }
}

/// The name of the first of `[{"name": ...}]`, `["..."]`, or of one such.
pub(super) fn first_name(raw: &str) -> Option<String> {
    let first = if raw.starts_with('[') { items(raw).into_iter().next()? } else { raw };
    if let Some(text) = scalar_text(first) {
        return Some(text.into_owned());
    }
    let look = Look::at(first);
    ["name", "literal", "by"].iter().find_map(|key| Some(scalar_text(look.get(key)?)?.into_owned()))
}

/// Cuts the text at the marker, where it stands near the end. True where it did.
pub(super) fn cut_at(text: &mut String, marker: &str) -> bool {
    let Some(found) = text.rfind(marker).filter(|found| text.len() - found <= 160) else { return false };
    text.truncate(text[..found].trim_end().len());
    true
}
