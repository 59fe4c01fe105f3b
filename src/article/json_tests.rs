use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::article::Article;

fn read(text: &str) -> Result<Article, DecodeError> {
    read_with(&JsonReader::new(&JsonMapping::default()), text)
}

fn read_with(reader: &JsonReader, text: &str) -> Result<Article, DecodeError> {
    Ok(reader.read(text)?.finish(None, text.as_bytes()))
}

#[test]
fn every_mapped_field_is_read() {
    let article = read(
        r#"{"guid":7,"headline":"T","text":"B","date":"2023-03-21","lang":"en","publisher":"P","link":"u",
            "author":["A",{"name":"B"},null],"version":2}"#,
    )
    .unwrap();
    assert_eq!(article.id, "7");
    assert_eq!(article.title.as_deref(), Some("T"));
    assert_eq!(article.body, "B");
    assert_eq!(article.published_at, "2023-03-21T00:00:00Z".parse().ok());
    assert_eq!(article.language.as_deref(), Some("en"));
    assert_eq!(article.source.as_deref(), Some("P"));
    assert_eq!(article.url.as_deref(), Some("u"));
    assert_eq!(article.byline.as_deref(), Some("A, B"));
    assert_eq!(article.revision.as_deref(), Some("2"));
}

#[test]
fn pointers_lead_into_objects_and_arrays() {
    let mapping = JsonMapping {
        body: vec!["/data/0/a~1b".into()],
        source: vec!["/source/name".into(), "/source".into()],
        ..JsonMapping::default()
    };
    let reader = JsonReader::new(&mapping);
    let article =
        read_with(&reader, r#"{"source":{"id":1,"name":"Post"},"data":[{"a/b":"x"},{"a/b":"y"}]}"#).unwrap();
    assert_eq!((article.body.as_str(), article.source.as_deref()), ("x", Some("Post")));
    assert_eq!(read_with(&reader, r#"{"source":"Post"}"#).unwrap().source.as_deref(), Some("Post"));
}

#[test]
fn half_a_surrogate_pair_becomes_one_replacement_character_wherever_it_stands() {
    let body = |escaped: &str| read(&format!("{{\"body\":\"a{escaped}b\"}}")).unwrap().body;
    assert_eq!(body("\\ud83d"), "a\u{fffd}b");
    assert_eq!(body("\\ude00"), "a\u{fffd}b");
    assert_eq!(body("\\ud83d\\u0041"), "a\u{fffd}Ab");
    assert_eq!(body("\\ud83d\\ud83d\\ude00"), "a\u{fffd}\u{1f600}b");
    assert_eq!(body("\\ud83d\\n"), "a\u{fffd}\nb");
    assert_eq!(read(r#"{"x\ud83d":"\udc00","body":"b"}"#).unwrap().body, "b");
    assert_eq!(read(r#"{"body":"\ud83d"}"#).unwrap().body, "\u{fffd}");
}

#[test]
fn a_repeated_key_is_an_error_only_where_it_is_read() {
    let error = read(r#"{"body":"a","body":"b"}"#).unwrap_err();
    assert_eq!(error.code(), "duplicate_key");
    assert!(error.to_string().contains("/body"), "{error}");
    assert_eq!(read(r#"{"\u0062ody":"a","body":"b"}"#).unwrap_err().code(), "duplicate_key");
    assert!(read(r#"{"x":1,"x":2,"body":"b","y":{"body":1,"body":2}}"#).is_ok());
}

#[test]
fn unused_numbers_and_nesting_do_no_harm() {
    let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
    let text = format!(r#"{{"n":1e400,"m":{},"deep":{deep},"body":"b"}}"#, "9".repeat(1000));
    assert_eq!(read(&text).unwrap().body, "b");
    assert_eq!(read(&format!(r#"{{"author":{deep},"body":"b"}}"#)).unwrap().byline, None);
    assert_eq!(read(&format!(r#"{{"body":{deep}}}"#)).unwrap_err().code(), "wrong_type");
}

#[test]
fn a_numeric_id_keeps_its_digits() {
    assert_eq!(read(r#"{"id":327267367867168100001}"#).unwrap().id, "327267367867168100001");
}

#[test]
fn a_body_without_text_is_empty() {
    for text in ["{}", r#"{"body":null}"#, r#"{"body":""}"#] {
        assert_eq!(read(text).unwrap().body, "", "{text}");
    }
    assert_eq!(read(r#"{"body":" ","content":"x"}"#).unwrap().body, "x");
    assert_eq!(read(r#"{"body":" ","content":null}"#).unwrap().body, " ");
}

#[test]
fn a_body_of_another_type_is_named() {
    let error = read(r#"{"body":{"a":"\u001b\n"}}"#).unwrap_err();
    assert_eq!(error.code(), "wrong_type");
    assert!(error.to_string().starts_with("/body must be a string, found an object"), "{error}");
}

#[test]
fn a_syntax_error_is_located_and_shown() {
    let error = read("{\"id\":1,\n \"body\":NaN}").unwrap_err();
    let DecodeError::InvalidJson { line: 2, column: 9, found, .. } = &error else { panic!("{error:?}") };
    assert_eq!(found, "\"NaN}\"");
    assert!(read("{\"body\":\"cut").unwrap_err().to_string().contains("the end of the value"));
    assert_eq!(read("{} {}").unwrap_err().code(), "invalid_json");
}

fn junk() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z\"\\\\]{0,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn mapped_fields_come_out_exactly_whatever_stands_beside_them(
        id in "[a-z0-9]{1,8}",
        title in "\\PC{0,20}x",
        body in ".{0,40}[\u{0}\n\u{1f600}x]x",
        beside in proptest::collection::btree_map("_\\PC{0,6}", junk(), 0..6),
    ) {
        let mut object = json!({"id": id, "title": title, "body": body});
        object.as_object_mut().unwrap().extend(beside);
        let article = read(&object.to_string()).unwrap();
        prop_assert_eq!(article.id, id);
        prop_assert_eq!(article.title, Some(title));
        prop_assert_eq!(article.body, body);
    }
}
