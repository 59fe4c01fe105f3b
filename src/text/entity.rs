//! Character references such as `&amp;` and `&#8217;`.

use super::offset_map::{OffsetMap, Rewriter};

/// Longest name that is looked up, without `&` and `;`.
const LONGEST_NAME: usize = 8;

/// Decodes references; `None` where the text has none. Feeds often escape twice: `&amp;#x27;` is read as
/// an apostrophe. A bare `&`, as in `AT&T`, stays.
pub(super) fn decode(text: &str) -> Option<(String, OffsetMap)> {
    let mut rewriter = Rewriter::new(text);
    let mut copied_to = 0;
    let mut position = 0;
    while let Some(found) = text[position..].find('&') {
        let start = position + found;
        match reference_at(&text[start..]) {
            Some((character, length)) => {
                rewriter.copy(copied_to..start);
                rewriter.replace(start..start + length, character.encode_utf8(&mut [0; 4]));
                copied_to = start + length;
                position = copied_to;
            }
            None => position = start + 1,
        }
    }
    if copied_to == 0 {
        return None;
    }
    rewriter.copy(copied_to..text.len());
    Some(rewriter.finish())
}

/// The character that the reference at the start of `text` stands for, and the reference's length.
fn reference_at(text: &str) -> Option<(char, usize)> {
    let mut ampersand = None;
    let mut length = 1;
    while text[length..].starts_with("amp;") && length <= 1 + 2 * "amp;".len() {
        length += "amp;".len();
        ampersand = Some(('&', length));
    }
    single_reference(&text[length..]).map(|(character, tail)| (character, length + tail)).or(ampersand)
}

/// Reads `name;` or `#number;`.
fn single_reference(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(LONGEST_NAME + 1).position(|byte| byte == b';')?;
    let name = &text[..end];
    let character = match name.strip_prefix('#') {
        Some(number) => numeric(number)?,
        None => named_character(name)?,
    };
    Some((character, end + 1))
}

fn numeric(number: &str) -> Option<char> {
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
        None => number.parse().ok()?,
    };
    let code = match code {
        0 => return None,
        // Browsers read these as Windows-1252, and pages rely on it.
        0x80..=0x9f => WINDOWS_1252[(code - 0x80) as usize],
        _ => return char::from_u32(code),
    };
    Some(code)
}

const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Names of the letters U+00C0 to U+00FF in the order of their codes.
const LATIN_1: [&str; 64] = [
    "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring", "AElig", "Ccedil", "Egrave", "Eacute", "Ecirc",
    "Euml", "Igrave", "Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute", "Ocirc", "Otilde",
    "Ouml", "times", "Oslash", "Ugrave", "Uacute", "Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave",
    "aacute", "acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave", "eacute", "ecirc", "euml",
    "igrave", "iacute", "icirc", "iuml", "eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
    "divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute", "thorn", "yuml",
];

/// The character of a reference such as `&nbsp;`, by its name.
pub fn named_character(name: &str) -> Option<char> {
    if let Some(index) = LATIN_1.iter().position(|known| *known == name) {
        return char::from_u32(0xc0 + u32::try_from(index).ok()?);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "shy" => '\u{ad}',
        "ensp" => '\u{2002}',
        "emsp" => '\u{2003}',
        "thinsp" => '\u{2009}',
        "zwnj" => '\u{200c}',
        "zwj" => '\u{200d}',
        "ndash" => '–',
        "mdash" => '—',
        "lsquo" => '‘',
        "rsquo" => '’',
        "sbquo" => '‚',
        "ldquo" => '“',
        "rdquo" => '”',
        "bdquo" => '„',
        "laquo" => '«',
        "raquo" => '»',
        "hellip" => '…',
        "bull" => '•',
        "middot" => '·',
        "euro" => '€',
        "pound" => '£',
        "yen" => '¥',
        "cent" => '¢',
        "sect" => '§',
        "copy" => '©',
        "reg" => '®',
        "trade" => '™',
        "deg" => '°',
        "frac12" => '½',
        "Scaron" => 'Š',
        "scaron" => 'š',
        "OElig" => 'Œ',
        "oelig" => 'œ',
        "Zcaron" => 'Ž',
        "zcaron" => 'ž',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> String {
        decode(text).map_or_else(|| text.to_owned(), |(text, _)| text)
    }

    #[test]
    fn references_are_decoded_whether_escaped_once_or_twice() {
        assert_eq!(
            decoded("AT&amp;T&#39;s &amp;amp; &amp;#x27;x&amp;#x27; &amp;lt;b&gt; caf&eacute;"),
            "AT&T's & 'x' <b> café"
        );
    }

    #[test]
    fn text_that_only_looks_like_a_reference_stays() {
        for text in ["AT&T; R&D", "a & b;", "&#0;", "&#xD800;", "&unknown;", "&", "&amp", "&é;"] {
            assert_eq!(decoded(text), text);
        }
    }
}
