//! The character set of a value: declared in the header, by a byte order mark, in the document, or recognised.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

use super::DecodeError;

/// Bytes of a document in which it may declare its character set; browsers look at 1,024.
const DECLARATION_BYTES: usize = 4_096;
/// Bytes from which an undeclared character set is guessed.
const SNIFFED_BYTES: usize = 65_536;

/// What a document may say about its own character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declares {
    /// Nothing: JSON and plain text are UTF-8 unless the header says otherwise, and a wrong guess would put invented
    /// letters into names.
    Nothing,
    /// `<?xml encoding="...">`, `<meta charset="...">`; where that is missing or wrong it is recognised, as readers of
    /// feeds and pages do.
    Itself,
}

/// The value as text. `content_type` is the header of that name.
pub(super) fn to_text<'a>(
    value: &'a [u8],
    content_type: Option<&str>,
    declares: Declares,
) -> Result<Cow<'a, str>, DecodeError> {
    if let Some((charset, mark)) = Encoding::for_bom(value) {
        let unmarked = value.get(mark..).unwrap_or_default();
        return if charset == UTF_8 { utf8(unmarked, declares) } else { strictly(unmarked, charset) };
    }
    match content_type.and_then(charset_of) {
        Some(charset) if charset != UTF_8 => strictly(value, charset),
        _ => utf8(value, declares),
    }
}

fn strictly<'a>(value: &'a [u8], charset: &'static Encoding) -> Result<Cow<'a, str>, DecodeError> {
    match charset.decode_without_bom_handling_and_without_replacement(value) {
        Some(text) => Ok(text),
        None => Err(DecodeError::InvalidCharset { charset: charset.name() }),
    }
}

/// Valid UTF-8 is UTF-8 whatever the document declares: other text hardly ever is valid UTF-8 by chance, and documents
/// that were converted on their way keep the old declaration.
fn utf8(value: &[u8], declares: Declares) -> Result<Cow<'_, str>, DecodeError> {
    let error = match std::str::from_utf8(value) {
        Ok(text) if declares == Declares::Nothing || !text.is_ascii() => return Ok(Cow::Borrowed(text)),
        // Only 7-bit character sets such as ISO-2022-JP and UTF-7 remain, whose bytes are ASCII.
        Ok(text) => {
            return Ok(declared(value)
                .and_then(|set| strictly(value, set).ok())
                .unwrap_or(Cow::Borrowed(text)));
        }
        Err(error) => error,
    };
    if declares == Declares::Itself {
        let from_document =
            declared(value).filter(|set| *set != UTF_8).and_then(|set| strictly(value, set).ok());
        return Ok(from_document.unwrap_or_else(|| recognised(value)));
    }
    let position = error.valid_up_to();
    Err(DecodeError::InvalidUtf8 { position, byte: value.get(position).copied().unwrap_or_default() })
}

/// The text in the character set that fits best. What does not fit becomes U+FFFD.
fn recognised(value: &[u8]) -> Cow<'_, str> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(value.get(..SNIFFED_BYTES).unwrap_or(value), true);
    detector.guess(None, Utf8Detection::Allow).decode_without_bom_handling(value).0
}

/// `<?xml ... encoding="X"?>`, `<meta charset=X>` or `<meta ... content="text/html; charset=X">`.
fn declared(value: &[u8]) -> Option<&'static Encoding> {
    let head = value.get(..DECLARATION_BYTES).unwrap_or(value);
    // The names are ASCII in every character set that may be declared this way.
    let head: String = head.iter().map(|byte| char::from(*byte).to_ascii_lowercase()).collect();
    let key = if head.trim_start().starts_with("<?xml") { "encoding" } else { "charset" };
    let mut from = 0;
    while let Some(found) = head[from..].find(key) {
        from += found + key.len();
        let Some(label) = head[from..].trim_start().strip_prefix('=') else { continue };
        let label = label.trim_start().trim_start_matches(['"', '\'']);
        let end =
            label.find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.".contains(c))).unwrap_or(label.len());
        if let Some(charset) = Encoding::for_label(&label.as_bytes()[..end]) {
            // A document whose declaration can be read byte by byte is not in UTF-16.
            return Some(charset.output_encoding());
        }
    }
    None
}

/// The character set of a header such as `text/html; charset=iso-8859-1`; `None` where there is none or its name is
/// unknown, which means UTF-8.
pub(super) fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, label) = parameter.split_once('=')?;
        let label = label.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("charset") { Encoding::for_label(label.as_bytes()) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &[u8], content_type: Option<&str>, declares: Declares) -> String {
        to_text(value, content_type, declares).unwrap().into_owned()
    }

    #[test]
    fn documents_declare_their_character_set() {
        let xml = b"<?xml version='1.0' encoding = \"ISO-8859-1\"?><a>caf\xe9</a>";
        assert!(text(xml, None, Declares::Itself).ends_with("<a>café</a>"));
        assert!(text(b"<meta charset=windows-1251>\xcc\xf3\xf0", None, Declares::Itself).ends_with("Мур"));
        let meta = b"<meta http-equiv=content-type content=\"text/html; charset=gbk\">\xd6\xd0\xce\xc4";
        assert!(text(meta, None, Declares::Itself).ends_with("中文"));
    }

    #[test]
    fn the_header_goes_before_the_document_and_a_mark_before_both() {
        let xml = b"<?xml version='1.0' encoding='iso-8859-2'?><a>\xe9\xb1</a>";
        assert!(text(xml, Some("text/xml; charset=iso-8859-1"), Declares::Itself).contains("é±"));
        let marked = "\u{feff}<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>";
        assert!(text(marked.as_bytes(), None, Declares::Itself).contains("<a>é</a>"));
        assert_eq!(text(b"\xff\xfeh\0i\0", None, Declares::Nothing), "hi");
    }

    #[test]
    fn valid_utf8_is_utf8_whatever_the_document_declares() {
        let xml = "<?xml version='1.0' encoding='iso-8859-1'?><a>Décès</a>";
        assert!(text(xml.as_bytes(), None, Declares::Itself).contains("Décès"));
    }

    #[test]
    fn an_undeclared_character_set_of_a_document_is_recognised() {
        let page = "<p>Die Grünen in Südbaden kritisierten Ministerin Käthe Böhm für die Verspätung.</p>";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(page);
        assert_eq!(text(&bytes, None, Declares::Itself), page);
        let page = "<p>Мэр Лиона заявила в пятницу, что мост откроют для автобусов до конца мая.</p>";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(page);
        assert_eq!(text(&bytes, None, Declares::Itself), page);
    }

    #[test]
    fn plain_text_is_never_guessed() {
        assert!(to_text(b"caf\xe9", None, Declares::Nothing).is_err());
        assert!(to_text(b"\xd8\x00", Some("text/plain; charset=utf-16be"), Declares::Nothing).is_err());
    }
}
