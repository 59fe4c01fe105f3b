//! Slips that make a feed no XML although everybody can see what is meant.

use roxmltree::Error;

use crate::text::named_character;

/// Longest name of a reference that is looked at.
const LONGEST_NAME: usize = 16;

/// Whether the error is of a kind that [`repaired`] removes.
pub(super) fn may_help(error: &Error) -> bool {
    matches!(
        error,
        Error::UnknownEntityReference(..) | Error::MalformedEntityReference(..) | Error::NonXmlChar(..)
    )
}

/// Named characters of HTML become characters, other ampersands `&amp;`, control characters spaces. What stands in
/// CDATA sections and comments keeps its ampersands.
pub(super) fn repaired(text: &str) -> String {
    let mut fixed = String::with_capacity(text.len() + text.len() / 16);
    let mut position = 0;
    while let Some(found) = text[position..].find(['&', '<']) {
        let start = position + found;
        push_printable(&mut fixed, &text[position..start]);
        let rest = &text[start..];
        let verbatim =
            [("<![CDATA[", "]]>"), ("<!--", "-->")].iter().find(|(open, _)| rest.starts_with(open));
        position = if let Some((_, close)) = verbatim {
            let end = rest.find(close).map_or(text.len(), |end| start + end + close.len());
            push_printable(&mut fixed, &text[start..end]);
            end
        } else if rest.starts_with('<') {
            fixed.push('<');
            start + 1
        } else {
            start + push_reference(&mut fixed, rest)
        };
    }
    push_printable(&mut fixed, &text[position..]);
    fixed
}

/// Writes what the reference at the start of `rest` stands for, and returns its length.
fn push_reference(fixed: &mut String, rest: &str) -> usize {
    let end = rest.bytes().take(LONGEST_NAME).position(|byte| byte == b';');
    let name = end.and_then(|end| rest.get(1..end)).unwrap_or_default();
    let is_xml = matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") || is_numeric(name);
    match (is_xml, named_character(name)) {
        (true, _) => {
            fixed.push_str(&rest[..name.len() + 2]);
            name.len() + 2
        }
        (false, Some(character)) => {
            fixed.push(character);
            name.len() + 2
        }
        (false, None) => {
            fixed.push_str("&amp;");
            1
        }
    }
}

/// `#38` or `#x26` for a character that XML allows.
fn is_numeric(name: &str) -> bool {
    let Some(number) = name.strip_prefix('#') else { return false };
    let code = match number.strip_prefix('x') {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32).is_some_and(is_xml_character)
}

fn push_printable(fixed: &mut String, text: &str) {
    fixed.extend(text.chars().map(|c| if is_xml_character(c) { c } else { ' ' }));
}

fn is_xml_character(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}
