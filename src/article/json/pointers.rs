//! All configured JSON pointers followed in one pass, and nothing else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Deserializer as _;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::scalar::{from_wtf8, scalar_text};
use crate::article::DecodeError;
use crate::article::error::excerpt;

/// The pointers as a tree: each object on the way is walked once.
#[derive(Clone, Debug, Default)]
pub(in crate::article) struct PointerTree {
    /// The pointer that ends here, as configured.
    pointer: Option<String>,
    children: BTreeMap<String, PointerTree>,
}

/// The raw JSON that each pointer leads to.
#[derive(Debug, Default)]
pub(in crate::article) struct Found<'a>(BTreeMap<String, &'a str>);

impl<'a> Found<'a> {
    pub(in crate::article) fn get(&self, pointer: &str) -> Option<&'a str> {
        self.0.get(pointer).copied()
    }

    /// The text of a string or number, `None` where blank.
    pub(in crate::article) fn text(&self, pointer: &str) -> Option<String> {
        scalar_text(self.get(pointer)?).map(Cow::into_owned)
    }
}

impl PointerTree {
    pub(in crate::article) fn new<'a>(pointers: impl Iterator<Item = &'a str>) -> Self {
        let mut root = Self::default();
        for pointer in pointers {
            let mut node = &mut root;
            for token in pointer.split('/').skip(1) {
                let token = token.replace("~1", "/").replace("~0", "~");
                node = node.children.entry(token).or_default();
            }
            node.pointer = Some(pointer.to_owned());
        }
        root
    }

    /// Follows every pointer in a value whose syntax was checked.
    ///
    /// # Errors
    /// [`DecodeError::DuplicateKey`] where a key on a pointer's way stands twice.
    pub(in crate::article) fn find<'a>(&self, root: &'a str) -> Result<Found<'a>, DecodeError> {
        let mut found = Found::default();
        self.visit(root, "", &mut found)?;
        Ok(found)
    }

    /// Goes as deep as the longest pointer, however deep the value is.
    fn visit<'a>(&self, raw: &'a str, path: &str, found: &mut Found<'a>) -> Result<(), DecodeError> {
        if let Some(pointer) = &self.pointer {
            found.0.insert(pointer.clone(), raw);
        }
        if self.children.is_empty() {
            return Ok(());
        }
        for (token, value) in self.children_of(raw, path)? {
            if let Some(child) = self.children.get(&token) {
                child.visit(value, &format!("{path}/{token}"), found)?;
            }
        }
        Ok(())
    }

    fn children_of<'a>(&self, raw: &'a str, path: &str) -> Result<Vec<(String, &'a str)>, DecodeError> {
        let mut deserializer = serde_json::Deserializer::from_str(raw);
        // The syntax of the whole value was checked before, so that these calls cannot fail.
        let entries = match raw.as_bytes().first() {
            Some(b'{') => deserializer.deserialize_map(Members(&self.children)),
            Some(b'[') => deserializer.deserialize_seq(Items(&self.children)),
            _ => return Ok(Vec::new()),
        }
        .unwrap_or_default();
        let mut seen = BTreeSet::new();
        for (token, value) in &entries {
            if !seen.insert(token) {
                return Err(DecodeError::DuplicateKey {
                    pointer: excerpt(&format!("{path}/{token}")),
                    value: excerpt(value),
                });
            }
        }
        Ok(entries)
    }
}

type Children = BTreeMap<String, PointerTree>;

/// Collects the members that a pointer leads through.
struct Members<'t>(&'t Children);

impl<'de> Visitor<'de> for Members<'_> {
    type Value = Vec<(String, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            if self.0.contains_key(&key) {
                members.push((key, map.next_value::<&RawValue>()?.get()));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(members)
    }
}

/// Collects the items that a pointer leads through.
struct Items<'t>(&'t Children);

impl<'de> Visitor<'de> for Items<'_> {
    type Value = Vec<(String, &'de str)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        let mut index = 0_usize;
        while let Some(item) = sequence.next_element::<&RawValue>()? {
            let token = index.to_string();
            if self.0.contains_key(&token) {
                items.push((token, item.get()));
            }
            index += 1;
        }
        Ok(items)
    }
}

/// A key by its bytes: read as text, a lone surrogate in a key that nobody asks for would be an error.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = String;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Key {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        Ok(from_wtf8(bytes))
    }
}
