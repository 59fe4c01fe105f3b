//! What a document may not have, checked in one pass before it is parsed.
//!
//! The parser compares every attribute of an element with the others and looks namespaces up one by one, and expands
//! entities that a document declares: each of these makes a small document expensive.

use crate::article::DecodeError;

/// Nested elements. Wire formats need 30, pages made by machines some hundreds.
const MAX_DEPTH: usize = 512;
/// Attributes of one element.
const MAX_ATTRIBUTES: usize = 512;
/// Namespace declarations in force at one place.
const MAX_NAMESPACES: usize = 128;

/// Refuses what is out of proportion. Syntax is the parser's business: this only has to see at least what it sees.
pub(super) fn check(text: &str) -> Result<(), DecodeError> {
    let mut namespaces_at: Vec<usize> = Vec::new();
    let mut namespaces = 0;
    let mut position = 0;
    while let Some(found) = text[position..].find('<') {
        let start = position + found;
        let rest = &text[start..];
        let refuse = |what: &str, remedy| {
            let line = text[..start].matches('\n').count() + 1;
            Err(DecodeError::XmlTooComplex { what: what.to_owned(), line, remedy })
        };
        position = if rest.starts_with("<!--") {
            end_of(text, start + 4, "-->")
        } else if rest.starts_with("<![CDATA[") {
            end_of(text, start + 9, "]]>")
        } else if rest.starts_with("<?") {
            end_of(text, start + 2, "?>")
        } else if rest.starts_with("<!ENTITY") {
            return refuse("an entity declaration", "write the characters themselves");
        } else if rest.starts_with("<!") {
            end_of_declaration(text, start + 2)
        } else if rest.starts_with("</") {
            namespaces -= namespaces_at.pop().unwrap_or_default();
            start + 2
        } else {
            let tag = Tag::read(text, start + 1);
            if tag.attributes > MAX_ATTRIBUTES {
                return refuse("more than 512 attributes in one element", "send fewer");
            }
            if !tag.closes_itself {
                namespaces_at.push(tag.namespaces);
                namespaces += tag.namespaces;
            }
            if namespaces > MAX_NAMESPACES {
                return refuse("more than 128 namespaces at one place", "declare them once, at the root");
            }
            if namespaces_at.len() > MAX_DEPTH {
                return refuse("elements nested deeper than 512", "send flatter documents");
            }
            tag.end
        };
    }
    Ok(())
}

fn end_of(text: &str, from: usize, needle: &str) -> usize {
    text[from..].find(needle).map_or(text.len(), |found| from + found + needle.len())
}

/// Past `<!DOCTYPE a SYSTEM "..." [` or `<!ATTLIST ...>`: a quoted `<!--` in it opens no comment.
fn end_of_declaration(text: &str, from: usize) -> usize {
    let mut quote = None;
    for (offset, byte) in text.bytes().enumerate().skip(from) {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>' | b'[') => return offset + 1,
            (None, _) => {}
        }
    }
    text.len()
}

struct Tag {
    end: usize,
    attributes: usize,
    namespaces: usize,
    closes_itself: bool,
}

impl Tag {
    fn read(text: &str, from: usize) -> Self {
        let mut tag = Self { end: text.len(), attributes: 0, namespaces: 0, closes_itself: false };
        let mut quote = None;
        let mut name_start = from;
        let bytes = text.as_bytes();
        for (offset, byte) in bytes.iter().copied().enumerate().skip(from) {
            match (quote, byte) {
                (Some(open), _) if byte == open => {
                    quote = None;
                    name_start = offset + 1;
                }
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'=') => {
                    tag.attributes += 1;
                    let name = bytes.get(name_start..offset).unwrap_or_default();
                    // The first name stands behind the element's own.
                    let name = name
                        .rsplit(u8::is_ascii_whitespace)
                        .find(|word| !word.is_empty())
                        .unwrap_or_default();
                    tag.namespaces += usize::from(name.starts_with(b"xmlns"));
                }
                (None, b'>') => {
                    tag.closes_itself = bytes.get(offset.wrapping_sub(1)) == Some(&b'/');
                    tag.end = offset + 1;
                    return tag;
                }
                (None, _) => {}
            }
        }
        tag
    }
}
