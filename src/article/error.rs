//! Why a record value cannot be read as an article.

/// Every value of [`DecodeError::code`], for metric labels and documentation.
pub const DECODE_ERROR_CODES: &[&str] = &[
    "empty_value",
    "record_too_large",
    "invalid_utf8",
    "invalid_charset",
    "schema_registry_frame",
    "invalid_json",
    "not_an_object",
    "duplicate_key",
    "wrong_type",
    "invalid_xml",
    "xml_too_complex",
    "unknown_xml",
    "wrong_format",
    "invalid_archive",
    "too_many_articles",
];

/// A value that is not an article. The message names the place, shows what stands there (shortened,
/// control characters escaped) and says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Zero bytes. A record without a value is a tombstone and never comes here.
    #[error("the value has zero bytes; send an article, or a null value to delete one")]
    EmptyValue,
    /// Larger than `input.max_record_bytes`.
    #[error(
        "the value has {bytes} bytes, more than input.max_record_bytes = {limit}; raise the limit or split the article"
    )]
    RecordTooLarge { bytes: usize, limit: usize },
    /// Not UTF-8, and no other character set is declared.
    #[error(
        "byte {position} (0x{byte:02x}) is not valid UTF-8; send UTF-8, or declare the character set in the header content-type, as in \"text/plain; charset=windows-1252\""
    )]
    InvalidUtf8 { position: usize, byte: u8 },
    /// The bytes do not fit the declared character set.
    #[error(
        "the value is not valid {charset}, which the header content-type declares; correct the header or the producer"
    )]
    InvalidCharset { charset: &'static str },
    /// A Confluent frame around something that is not JSON, such as Avro.
    #[error(
        "the value is framed for a schema registry (schema id {schema_id}) and what follows is not JSON; Avro and Protobuf are not read, convert the topic to JSON"
    )]
    SchemaRegistryFrame { schema_id: u32 },
    /// A syntax error. Line and column count from 1, the column in bytes.
    #[error(
        "invalid JSON at line {line}, column {column}: {problem}, found {found}; correct the producer, or set input.format = \"text\" if these are not JSON articles"
    )]
    InvalidJson { line: usize, column: usize, problem: String, found: String },
    /// JSON, but no object.
    #[error("expected a JSON object, found {found}; send one article per record, as an object")]
    NotAnObject { found: String },
    /// A key that the mapping reads stands twice: there is no telling which is meant.
    #[error("duplicate key {pointer} with the second value {value}; the producer must write it once")]
    DuplicateKey { pointer: String, value: String },
    /// The body is there and is not text.
    #[error("{pointer} must be a string, found {found}: {value}; correct the producer or input.json.body")]
    WrongType { pointer: String, found: &'static str, value: String },
    /// XML that is not well-formed. Line and column count from 1, the column in characters.
    #[error(
        "invalid XML at line {line}, column {column}: {problem}, found {found}; correct the producer, or set input.format = \"text\" if these are not XML articles"
    )]
    InvalidXml { line: u32, column: u32, problem: String, found: String },
    /// XML whose reading could take memory or time out of proportion to its size.
    #[error(
        "the XML has {what} (line {line}), which is not read because such documents are made to exhaust their reader; {remedy}"
    )]
    XmlTooComplex { what: String, line: usize, remedy: &'static str },
    /// An XML document of none of the formats.
    #[error(
        "the root element <{root}> belongs to none of the XML formats that are read ({known}); convert it, or set input.format = \"text\" to read it as it stands"
    )]
    UnknownXml { root: String, known: &'static str },
    /// The value is not of the configured format.
    #[error(
        "input.format = \"{format}\" needs {expected}, found {found}; set input.format to the format of the topic, or to \"auto\""
    )]
    WrongFormat { format: &'static str, expected: &'static str, found: String },
    /// A WARC file or a compressed value that is damaged.
    #[error(
        "{what} at byte {position}: {problem}; send the records whole, best one WARC record per Kafka record"
    )]
    InvalidArchive { what: &'static str, position: usize, problem: String },
    /// An envelope whose results would not fit into one transaction.
    #[error("the value holds more than {limit} articles; split it")]
    TooManyArticles { limit: usize },
}

impl DecodeError {
    /// The stable name of the error, one of [`DECODE_ERROR_CODES`].
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyValue => "empty_value",
            Self::RecordTooLarge { .. } => "record_too_large",
            Self::InvalidUtf8 { .. } => "invalid_utf8",
            Self::InvalidCharset { .. } => "invalid_charset",
            Self::SchemaRegistryFrame { .. } => "schema_registry_frame",
            Self::InvalidJson { .. } => "invalid_json",
            Self::NotAnObject { .. } => "not_an_object",
            Self::DuplicateKey { .. } => "duplicate_key",
            Self::WrongType { .. } => "wrong_type",
            Self::InvalidXml { .. } => "invalid_xml",
            Self::XmlTooComplex { .. } => "xml_too_complex",
            Self::UnknownXml { .. } => "unknown_xml",
            Self::WrongFormat { .. } => "wrong_format",
            Self::InvalidArchive { .. } => "invalid_archive",
            Self::TooManyArticles { .. } => "too_many_articles",
        }
    }
}

/// Longest excerpt of a value in a message, in characters.
const EXCERPT_CHARACTERS: usize = 40;

/// The beginning of untrusted text, safe to print: control characters, also the invisible ones that
/// reorder a line, are escaped.
pub(super) fn excerpt(text: &str) -> String {
    let mut shortened = String::new();
    let mut characters = text.chars();
    for character in characters.by_ref().take(EXCERPT_CHARACTERS) {
        push_printable(&mut shortened, character);
    }
    if characters.next().is_some() {
        shortened.push('…');
    }
    shortened
}

fn push_printable(target: &mut String, character: char) {
    let reorders = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    if character.is_control() || reorders {
        target.extend(character.escape_default());
    } else {
        target.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_short_and_holds_no_control_character() {
        let shown = excerpt(&format!("\u{1b}[31m\u{202e}\n{}", "x".repeat(100)));
        assert!(shown.starts_with("\\u{1b}[31m\\u{202e}\\n"), "{shown}");
        assert!(shown.ends_with('…'));
        assert!(!shown.chars().any(char::is_control));
    }
}
