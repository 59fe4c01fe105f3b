//! Raw JSON values as text.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::pointers::Key;

/// Text of a string, a number (its digits as they stand) or a truth value; `None` where blank or of
/// another type.
pub(in crate::article) fn scalar_text(raw: &str) -> Option<Cow<'_, str>> {
    let text = match raw.as_bytes().first()? {
        b'"' => Cow::Owned(string_text(raw)?),
        b'{' | b'[' | b'n' => return None,
        _ => Cow::Borrowed(raw),
    };
    if text.trim().is_empty() { None } else { Some(text) }
}

/// Texts of a list joined by commas, as for several authors; objects in it count by their `name`.
pub(super) fn list_text(raw: &str) -> Option<String> {
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    let texts: Vec<String> = items.iter().filter_map(|item| item_text(item.get())).collect();
    if texts.is_empty() { None } else { Some(texts.join(", ")) }
}

fn item_text(raw: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        name: &'a RawValue,
    }
    match scalar_text(raw) {
        Some(text) => Some(text.into_owned()),
        None => scalar_text(serde_json::from_str::<Named<'_>>(raw).ok()?.name.get()).map(Cow::into_owned),
    }
}

/// The content of a JSON string; `None` for other types.
pub(in crate::article) fn string_text(raw: &str) -> Option<String> {
    if !raw.starts_with('"') {
        return None;
    }
    serde_json::Deserializer::from_str(raw).deserialize_bytes(StringBytes).ok()
}

/// The items of an array; none for other types.
pub(in crate::article) fn items(raw: &str) -> Vec<&str> {
    if !raw.starts_with('[') {
        return Vec::new();
    }
    serde_json::from_str::<Vec<&RawValue>>(raw).unwrap_or_default().into_iter().map(RawValue::get).collect()
}

/// The members of an object, in their order; none for other types.
pub(in crate::article) fn members(raw: &str) -> Vec<(String, &str)> {
    if !raw.starts_with('{') {
        return Vec::new();
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(AllMembers).unwrap_or_default()
}

struct AllMembers;

impl<'de> Visitor<'de> for AllMembers {
    type Value = Vec<(String, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            members.push((key, map.next_value::<&RawValue>()?.get()));
        }
        Ok(members)
    }
}

/// What a value is, for messages.
pub(super) fn kind_of(raw: &str) -> &'static str {
    match raw.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    }
}

/// `serde_json` gives half of a surrogate pair only to readers that ask for bytes, as three bytes that
/// start with 0xED 0xA0..=0xBF; as text it would refuse the record.
struct StringBytes;

impl Visitor<'_> for StringBytes {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(from_wtf8(bytes))
    }
}

/// UTF-8 in which each lone surrogate becomes one U+FFFD.
pub(super) fn from_wtf8(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(valid) => {
                text.push_str(valid);
                return text;
            }
            Err(error) => {
                let (valid, invalid) = rest.split_at(error.valid_up_to());
                text.push_str(&String::from_utf8_lossy(valid));
                text.push(char::REPLACEMENT_CHARACTER);
                let is_surrogate = matches!(invalid, [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..]);
                rest = invalid.get(if is_surrogate { 3 } else { 1 }..).unwrap_or_default();
            }
        }
    }
}
