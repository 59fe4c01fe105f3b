//! Size, character set and format of a value; then the reader of that format.

use std::borrow::Cow;
use std::sync::Arc;

use super::charset::{self, Declares};
use super::cloud_event::{self, CloudEvent};
use super::detect::{self, Guess};
use super::draft::Draft;
use super::error::excerpt;
use super::formats::preset::{Look, Preset};
use super::formats::{self, Contents, XmlFormat, text};
use super::json::{self, JsonReader};
use super::{Article, DecodeError, archive, html, language, warc, xml};
use crate::config::{InputConfig, InputFormat, JsonMapping};

/// First byte of a value that a schema-registry serializer wrote; four bytes of schema id follow.
const FRAME_MAGIC: u8 = 0;
/// Articles of one record. Their results go into one transaction.
const MAX_ARTICLES: usize = 10_000;

/// Reads record values. One instance serves all threads.
#[derive(Clone, Debug)]
pub struct Decoder {
    format: InputFormat,
    max_record_bytes: usize,
    json: JsonReader,
    presets: Arc<Vec<Preset>>,
    /// A mapping of the user's own says what the topic holds: no other JSON is recognised then.
    recognises_json: bool,
    recognise_language: bool,
    default_language: Option<String>,
}

impl Decoder {
    /// A decoder for the `[input]` table of the configuration.
    #[must_use]
    pub fn new(config: &InputConfig) -> Self {
        Self {
            format: config.format,
            max_record_bytes: config.max_record_bytes,
            json: JsonReader::new(&config.json),
            presets: Arc::new(formats::JSON.iter().map(Preset::new).collect()),
            recognises_json: config.json == JsonMapping::default(),
            recognise_language: config.recognise_language,
            default_language: config.default_language.as_deref().and_then(language::normalise),
        }
    }

    /// Reads one value: one article, or those of an envelope in their order. `content_type` is the record's header of
    /// that name, such as `text/plain; charset=iso-8859-1`: the format in it counts where the configuration says
    /// `auto`, the character set always.
    ///
    /// # Errors
    /// [`DecodeError`] where the value is not of its format; its record belongs in the dead letters.
    pub fn decode(&self, value: &[u8], content_type: Option<&str>) -> Result<Vec<Article>, DecodeError> {
        if value.is_empty() {
            return Err(DecodeError::EmptyValue);
        }
        if value.len() > self.max_record_bytes {
            return Err(DecodeError::RecordTooLarge { bytes: value.len(), limit: self.max_record_bytes });
        }
        let event = self.cloud_event(value, content_type);
        let contents = match &event {
            Some(event) => self.contents(&event.data, Some(&event.content_type))?,
            None => self.contents(value, content_type)?,
        };
        let articles = finished(contents, event.map(|event| event.id), value)?;
        Ok(articles.into_iter().map(|article| self.with_language(article)).collect())
    }

    /// The event around an article. It is taken off whatever the format of the topic, but a text may be anything.
    fn cloud_event(&self, value: &[u8], content_type: Option<&str>) -> Option<CloudEvent> {
        let may_be_json = content_type.is_none_or(|kind| kind.to_ascii_lowercase().contains("json"));
        let is_object = value.trim_ascii_start().starts_with(b"{");
        if self.format == InputFormat::Text || !may_be_json || !is_object {
            return None;
        }
        cloud_event::read(std::str::from_utf8(value).ok()?)
    }

    fn with_language(&self, mut article: Article) -> Article {
        if article.language.is_none() && self.recognise_language {
            article.language = language::recognise(article.title.as_deref(), &article.body);
        }
        article.language = article.language.take().or_else(|| self.default_language.clone());
        article
    }

    fn contents(&self, value: &[u8], content_type: Option<&str>) -> Result<Contents, DecodeError> {
        let guess = match self.format {
            InputFormat::Auto => content_type.and_then(detect::by_content_type),
            format => Some(Guess::Format(format)),
        };
        let is_warc =
            |value: &[u8]| guess.is_none() && (value.starts_with(b"WARC/") || archive::is_gzip(value));
        if guess == Some(Guess::Format(InputFormat::Warc)) || is_warc(value) {
            return warc::read(value, self.max_record_bytes);
        }
        let is_utf8 = content_type.and_then(charset::charset_of).is_none_or(|set| set == encoding_rs::UTF_8);
        let is_text = self.format == InputFormat::Text;
        let value = if is_utf8 && !is_text && !is_utf16(value) { unframed(value)? } else { value };
        let text = charset::to_text(value, content_type, declares(guess, value))?;
        match guess.unwrap_or_else(|| detect::by_text(&text)) {
            Guess::Json => self.any_json(&text),
            Guess::Xml => any_xml(&text),
            Guess::Format(format) => self.of_format(format, &text),
        }
    }

    fn any_json(&self, text: &str) -> Result<Contents, DecodeError> {
        let value = text.trim();
        if self.recognises_json {
            let first = if value.starts_with('[') {
                json::items(value).first().copied().unwrap_or("null")
            } else {
                value
            };
            let look = Look::at(first);
            if let Some(preset) = self.presets.iter().find(|preset| preset.recognises(&look)) {
                return preset.read(json::value(text)?);
            }
        }
        self.json.read(text).map(one)
    }

    fn of_format(&self, format: InputFormat, text: &str) -> Result<Contents, DecodeError> {
        if let Some(preset) = self.presets.iter().find(|preset| preset.format() == format) {
            return preset.read(json::value(text)?);
        }
        if let Some(known) = formats::XML.iter().find(|known| known.format == format) {
            return xml::with_root(text, |root| {
                let name = root.tag_name().name();
                let expected = "another root element";
                if known.roots.contains(&name) {
                    Ok((known.read)(root))
                } else {
                    Err(wrong(format, expected, name))
                }
            });
        }
        if let Some(known) = formats::TEXT.iter().find(|known| known.format == format) {
            return if (known.recognises)(text) {
                Ok((known.read)(text))
            } else {
                Err(wrong(format, known.expected, text))
            };
        }
        match format {
            InputFormat::Html => Ok(one(html::read(text))),
            InputFormat::Json => self.json.read(text).map(one),
            _ => Ok(one(text::read(text))),
        }
    }
}

/// The articles in their order. `event_id` names one that has no id of its own; those of an envelope it cannot tell
/// apart.
fn finished(contents: Contents, event_id: Option<String>, value: &[u8]) -> Result<Vec<Article>, DecodeError> {
    let drafts = match contents {
        Contents::One(mut draft) => {
            draft.id = draft.id.take().or(event_id);
            return Ok(vec![draft.finish(None, value)]);
        }
        Contents::Many(drafts) => drafts,
    };
    if drafts.len() > MAX_ARTICLES {
        return Err(DecodeError::TooManyArticles { limit: MAX_ARTICLES });
    }
    let numbered = drafts.into_iter().enumerate();
    Ok(numbered.map(|(position, draft)| draft.finish(Some(position), value)).collect())
}

fn one(draft: Draft) -> Contents {
    Contents::One(Box::new(draft))
}

fn wrong(format: InputFormat, expected: &'static str, found: &str) -> DecodeError {
    DecodeError::WrongFormat { format: format.name(), expected, found: format!("\"{}\"", excerpt(found)) }
}

fn any_xml(text: &str) -> Result<Contents, DecodeError> {
    if detect::is_page(text.trim_start()) {
        return Ok(one(html::read(text)));
    }
    xml::with_root(text, |root| {
        let name = root.tag_name().name();
        let known: Option<&XmlFormat> = formats::XML.iter().find(|format| format.roots.contains(&name));
        match known {
            Some(format) => Ok((format.read)(root)),
            None => Err(DecodeError::UnknownXml { root: excerpt(name), known: formats::XML_NAMES }),
        }
    })
}

/// Documents of markup and wires may be in any character set; JSON and plain text must say so.
fn declares(guess: Option<Guess>, value: &[u8]) -> Declares {
    match guess {
        Some(Guess::Xml) => Declares::Itself,
        Some(Guess::Json) => Declares::Nothing,
        Some(Guess::Format(format)) => {
            let has_declaration = matches!(format, InputFormat::Html | InputFormat::Iptc7901)
                || formats::XML.iter().any(|known| known.format == format);
            if has_declaration { Declares::Itself } else { Declares::Nothing }
        }
        None => {
            let head: Cow<'_, str> = String::from_utf8_lossy(value.get(..1_024).unwrap_or(value));
            match detect::by_text(&head) {
                Guess::Xml | Guess::Format(InputFormat::Html | InputFormat::Iptc7901) => Declares::Itself,
                _ => Declares::Nothing,
            }
        }
    }
}

fn is_utf16(value: &[u8]) -> bool {
    value.starts_with(&[0xff, 0xfe]) || value.starts_with(&[0xfe, 0xff])
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

#[cfg(test)]
#[path = "decoder_tests.rs"]
mod tests;
