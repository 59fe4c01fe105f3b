//! Size, character set and format of a value; then the reader of that format.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8};
use serde_json::value::RawValue;

use super::json::JsonReader;
use super::{Article, DecodeError, text};
use crate::config::{InputConfig, InputFormat};

const BYTE_ORDER_MARK: &str = "\u{feff}";
/// First byte of a value that a schema-registry serializer wrote; four bytes of schema id follow.
const FRAME_MAGIC: u8 = 0;

/// Reads record values. One instance serves all threads.
#[derive(Clone, Debug)]
pub struct Decoder {
    format: InputFormat,
    max_record_bytes: usize,
    json: JsonReader,
}

impl Decoder {
    /// A decoder for the `[input]` table of the configuration.
    #[must_use]
    pub fn new(config: &InputConfig) -> Self {
        Self {
            format: config.format,
            max_record_bytes: config.max_record_bytes,
            json: JsonReader::new(&config.json),
        }
    }

    /// Reads one value. `content_type` is the record's header of that name, such as
    /// `text/plain; charset=iso-8859-1`: the format in it counts where the configuration says `auto`,
    /// the character set always.
    ///
    /// # Errors
    /// [`DecodeError`] where the value is not an article; its record belongs in the dead letters.
    pub fn decode(&self, value: &[u8], content_type: Option<&str>) -> Result<Vec<Article>, DecodeError> {
        if value.is_empty() {
            return Err(DecodeError::EmptyValue);
        }
        if value.len() > self.max_record_bytes {
            return Err(DecodeError::RecordTooLarge { bytes: value.len(), limit: self.max_record_bytes });
        }
        let charset = content_type.and_then(charset_of).unwrap_or(UTF_8);
        let value =
            if charset == UTF_8 && self.format != InputFormat::Text { unframed(value)? } else { value };
        let text = to_text(value, charset)?;
        let article = match self.choose(&text, content_type) {
            Chosen::Json => self.json.read(&text)?,
            Chosen::Text => text::decode(&text),
        };
        Ok(vec![article])
    }

    fn choose(&self, text: &str, content_type: Option<&str>) -> Chosen {
        match self.format {
            InputFormat::Json => Chosen::Json,
            InputFormat::Text => Chosen::Text,
            InputFormat::Auto => content_type.and_then(format_of).unwrap_or_else(|| guess(text)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chosen {
    Json,
    Text,
}

/// Takes off a schema-registry frame. Only JSON may follow it (the JSON Schema serializer writes that).
fn unframed(value: &[u8]) -> Result<&[u8], DecodeError> {
    let [FRAME_MAGIC, a, b, c, d, framed @ ..] = value else {
        return Ok(value);
    };
    if framed.trim_ascii_start().first() == Some(&b'{') {
        Ok(framed)
    } else {
        Err(DecodeError::SchemaRegistryFrame { schema_id: u32::from_be_bytes([*a, *b, *c, *d]) })
    }
}

fn to_text<'a>(value: &'a [u8], charset: &'static Encoding) -> Result<Cow<'a, str>, DecodeError> {
    if charset != UTF_8 {
        let (text, used, had_errors) = charset.decode(value);
        return if had_errors { Err(DecodeError::InvalidCharset { charset: used.name() }) } else { Ok(text) };
    }
    let text = std::str::from_utf8(value).map_err(|error| {
        let position = error.valid_up_to();
        DecodeError::InvalidUtf8 { position, byte: value.get(position).copied().unwrap_or_default() }
    })?;
    Ok(Cow::Borrowed(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)))
}

/// The declared character set; `None` where there is none or its name is unknown, which means UTF-8.
fn charset_of(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, label) = parameter.split_once('=')?;
        let label = label.trim().trim_matches('"');
        if name.trim().eq_ignore_ascii_case("charset") { Encoding::for_label(label.as_bytes()) } else { None }
    })
}

/// The declared format; `None` for media types that say nothing about it.
fn format_of(content_type: &str) -> Option<Chosen> {
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type.ends_with("/json") || media_type.ends_with("+json") {
        Some(Chosen::Json)
    } else if media_type == "text/plain" {
        Some(Chosen::Text)
    } else {
        None
    }
}

/// JSON where the value starts like an object or a list of values, or is a JSON value as a whole. A text
/// may well start with a quotation mark, a digit or an agency's name in brackets.
fn guess(text: &str) -> Chosen {
    let text = text.trim_start();
    let mut characters = text.chars().filter(|character| !character.is_whitespace());
    let starts_like_json = match characters.next() {
        Some('{') => true,
        Some('[') => matches!(characters.next(), Some('{' | '[' | ']' | '"')),
        _ => false,
    };
    if starts_like_json || serde_json::from_str::<&RawValue>(text).is_ok() {
        Chosen::Json
    } else {
        Chosen::Text
    }
}

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
