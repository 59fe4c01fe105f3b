use proptest::prelude::*;

use super::*;
use crate::article::DECODE_ERROR_CODES;
use crate::config::{BadRecordPolicy, CanceledPolicy, DeadLetterLimits, JsonMapping, TombstonePolicy};
use std::time::Duration;

fn decoder(format: InputFormat) -> Decoder {
    Decoder::new(&InputConfig {
        format,
        json: JsonMapping::default(),
        tombstones: TombstonePolicy::Skip,
        canceled: CanceledPolicy::Skip,
        recognise_language: true,
        default_language: None,
        on_bad_record: BadRecordPolicy::DeadLetter,
        max_record_bytes: 1000,
        dead_letter_limits: DeadLetterLimits {
            percent: 0,
            window: Duration::from_secs(60),
            min_records: 1,
            consecutive: 0,
        },
    })
}

fn auto(value: &[u8], content_type: Option<&str>) -> Result<Article, DecodeError> {
    decoder(InputFormat::Auto).decode(value, content_type).map(|mut articles| articles.remove(0))
}

fn code(value: &[u8], content_type: Option<&str>) -> &'static str {
    auto(value, content_type).map_or_else(|error| error.code(), |_| "decoded")
}

#[test]
fn the_content_type_decides_before_the_first_byte() {
    assert_eq!(auto(b"{\"body\":\"x\"}", Some("text/plain")).unwrap().body, "{\"body\":\"x\"}");
    assert_eq!(auto(b"{\"body\":\"x\"}", Some("Application/CloudEvents+JSON; a=b")).unwrap().body, "x");
    assert_eq!(auto(b" \n{\"body\":\"x\"}", Some("application/octet-stream")).unwrap().body, "x");
    assert_eq!(code(b"Hello", Some("application/json")), "invalid_json");
}

#[test]
fn a_text_may_start_with_a_bracket_a_quote_or_a_digit() {
    for text in ["[Agency] News", "\"Yes,\" she said.", "5 people met", "- - -", "null and void"] {
        assert_eq!(auto(text.as_bytes(), None).unwrap().body, text);
    }
    for json in ["[{\"body\":\"x\"}]", "[]", "null", "42", "\"text\""] {
        assert_eq!(code(json.as_bytes(), None), "not_an_object", "{json}");
    }
}

#[test]
fn a_byte_order_mark_leaves_no_trace() {
    assert_eq!(auto("\u{feff}{\"body\":\"x\"}".as_bytes(), None).unwrap().body, "x");
    assert_eq!(auto("\u{feff}Text".as_bytes(), None).unwrap(), auto(b"Text", None).unwrap());
}

#[test]
fn a_text_is_delivered_untouched() {
    let text = " Line one\r\nline two\0 \n";
    assert_eq!(auto(text.as_bytes(), None).unwrap().body, text);
}

#[test]
fn a_declared_character_set_is_honoured() {
    let body = |value: &[u8], content_type| auto(value, Some(content_type)).unwrap().body;
    assert_eq!(body(b"caf\xe9", "text/plain; charset=ISO-8859-1"), "café");
    assert_eq!(body(b"\x93x\x94", "text/plain;charset=\"windows-1252\""), "“x”");
    assert_eq!(body(b"\0h\0i", "text/plain; charset=utf-16be"), "hi");
    assert_eq!(code(b"\xd8\x00", Some("text/plain; charset=utf-16be")), "invalid_charset");
}

#[test]
fn invalid_utf8_is_located() {
    let error = auto(b"abc\xff", None).unwrap_err();
    assert_eq!(error, DecodeError::InvalidUtf8 { position: 3, byte: 0xff });
}

#[test]
fn a_schema_registry_frame_around_json_is_taken_off_and_any_other_is_named() {
    assert_eq!(auto(b"\0\0\0\0\x07{\"body\":\"x\"}", None).unwrap().body, "x");
    let error = auto(b"\0\0\0\x01\x02\x06abc", None).unwrap_err();
    assert_eq!(error, DecodeError::SchemaRegistryFrame { schema_id: 258 });
    assert!(error.to_string().contains("258"));
}

#[test]
fn size_limits_are_exact() {
    assert_eq!(code(b"", None), "empty_value");
    assert_eq!(code(&[b'x'; 1000], None), "decoded");
    assert_eq!(code(&[b'x'; 1001], None), "record_too_large");
}

proptest! {
    #[test]
    fn any_bytes_give_an_article_or_a_listed_error(
        value in proptest::collection::vec(any::<u8>(), 0..200),
        content_type in proptest::option::of("(text/plain|application/json)(; ?charset=(utf-8|utf-16le|latin1|x))?"),
    ) {
        for format in [InputFormat::Auto, InputFormat::Json, InputFormat::Text] {
            if let Err(error) = decoder(format).decode(&value, content_type.as_deref()) {
                prop_assert!(DECODE_ERROR_CODES.contains(&error.code()));
                prop_assert!(!error.to_string().chars().any(char::is_control));
            }
        }
    }

    #[test]
    fn anything_like_json_gives_an_article_or_a_listed_error(value in "[{}\\[\\]\",:\\\\ubodyte0d8e\u{e9} \n-]{0,60}") {
        let outcome = decoder(InputFormat::Json).decode(format!("{{\"body\":{value}").as_bytes(), None);
        if let Err(error) = outcome {
            prop_assert!(DECODE_ERROR_CODES.contains(&error.code()));
        }
    }
}
