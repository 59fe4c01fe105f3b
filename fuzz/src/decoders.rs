//! Values of records: the first line is the header `content-type` (empty: none), the rest the value. Each is read in
//! every format, and as JSON with several mappings.

use std::sync::LazyLock;

use serde_json::Value;
use tonewire::article::{Article, DECODE_ERROR_CODES, DecodeError, Decoder, content_hash};
use tonewire::config::{Config, InputConfig, InputFormat, JsonMapping, Settings};

use super::input::{first_line, text};

/// Small enough that inputs reach it.
const MAX_RECORD_BYTES: usize = 64 * 1024;
/// Longest message of an error: it stands in a header and in a line of the log.
const LONGEST_MESSAGE: usize = 1_000;

/// Of the formats that share a reader, one; what is only recognised (`Auto`) reaches the others.
const FORMATS: &[InputFormat] = &[
    InputFormat::Auto,
    InputFormat::Json,
    InputFormat::Text,
    InputFormat::Ninjs,
    InputFormat::JsonFeed,
    InputFormat::Newsapi,
    InputFormat::ApMedia,
    InputFormat::NewsmlG2,
    InputFormat::Newsml1,
    InputFormat::Nitf,
    InputFormat::Rss,
    InputFormat::Atom,
    InputFormat::Iptc7901,
    InputFormat::GdeltGkg,
    InputFormat::Html,
    InputFormat::Warc,
];

struct Reader {
    format: InputFormat,
    standard_mapping: bool,
    decoder: Decoder,
}

static READERS: LazyLock<Vec<Reader>> = LazyLock::new(|| {
    let mapped = [InputFormat::Auto, InputFormat::Json, InputFormat::Text];
    let standard = JsonMapping::default();
    let list = |pointers: &[&str]| pointers.iter().map(ToString::to_string).collect::<Vec<_>>();
    // Pointers into lists, through escapes, to empty keys, and to what lies inside of one another.
    let nested = JsonMapping {
        id: list(&["/a/0", "/a/0/id", "/"]),
        title: list(&["/a~1b", "/m~0n", "/a"]),
        body: list(&["/a/b/c", "/a/b", "/body", "/-"]),
        published_at: list(&["/a/1", "/99999999999999999999"]),
        ..JsonMapping::default()
    };
    let mut readers = Vec::new();
    for (standard_mapping, json, formats) in [(true, standard, FORMATS), (false, nested, mapped.as_slice())] {
        for &format in formats {
            let mut input = Config::from_settings(Settings::default()).expect("the defaults are valid").input;
            input.format = format;
            input.json = json.clone();
            input.max_record_bytes = MAX_RECORD_BYTES;
            readers.push(reader(&input, standard_mapping));
        }
    }
    readers
});

fn reader(input: &InputConfig, standard_mapping: bool) -> Reader {
    Reader { format: input.format, standard_mapping, decoder: Decoder::new(input) }
}

/// Any value is an article or an error of the list, and nothing of an article's text is lost.
pub fn holds(data: &[u8]) {
    let (header, value) = first_line(data);
    let content_type = text(header);
    let content_type = Some(content_type.as_str()).filter(|header| !header.is_empty());
    for reader in READERS.iter() {
        let outcome = reader.decoder.decode(value, content_type);
        assert_eq!(outcome, reader.decoder.decode(value, content_type), "one value, two outcomes");
        match &outcome {
            Ok(articles) => articles.iter().for_each(article_holds),
            Err(error) => error_holds(error),
        }
        if content_type.is_none() {
            text_is_untouched(reader, value, &outcome);
            agrees_with_another_parser(reader, value, &outcome);
        }
    }
}

fn article_holds(article: &Article) {
    assert!(!article.id.is_empty(), "an article without an id");
    assert_eq!(content_hash(article).len(), 64);
}

fn error_holds(error: &DecodeError) {
    let message = error.to_string();
    assert!(DECODE_ERROR_CODES.contains(&error.code()), "{}", error.code());
    assert!(!message.chars().any(char::is_control), "control characters in {message:?}");
    assert!(
        message.chars().count() <= LONGEST_MESSAGE,
        "a message of {} characters",
        message.chars().count()
    );
}

fn text_is_untouched(reader: &Reader, value: &[u8], outcome: &Result<Vec<Article>, DecodeError>) {
    if reader.format != InputFormat::Text || value.is_empty() || value.len() > MAX_RECORD_BYTES {
        return;
    }
    match (std::str::from_utf8(value), outcome) {
        (Ok(text), Ok(articles)) => {
            assert_eq!(articles[0].body, text.strip_prefix('\u{feff}').unwrap_or(text));
        }
        (Err(_), Err(error)) => assert_eq!(error.code(), "invalid_utf8"),
        (text, _) => panic!("{text:?} gives {outcome:?}"),
    }
}

/// What `serde_json` reads as an object, with a key `body` that is text, is an article with that body.
fn agrees_with_another_parser(reader: &Reader, value: &[u8], outcome: &Result<Vec<Article>, DecodeError>) {
    if reader.format != InputFormat::Json || !reader.standard_mapping || value.len() > MAX_RECORD_BYTES {
        return;
    }
    let Ok(Value::Object(object)) = serde_json::from_slice(value) else { return };
    if object.contains_key("specversion") {
        // A CloudEvent: the article is its data.
        return;
    }
    match outcome {
        Ok(articles) => {
            if let Some(Value::String(body)) = object.get("body").filter(|body| is_usable(body)) {
                assert_eq!(&articles[0].body, body);
            }
        }
        Err(error) => assert!(matches!(error.code(), "duplicate_key" | "wrong_type"), "{error}"),
    }
}

/// A blank body counts as missing.
fn is_usable(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}
