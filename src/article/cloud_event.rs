//! CloudEvents 1.0 in structured mode: a JSON object around the article.
//!
//! In binary mode the value is the article itself and `content-type` is its own, so that nothing needs to be taken off.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, Engine, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{scalar_text, string_text};

/// An event whose data is an article.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CloudEvent {
    /// For articles that have no id of their own: unique together with the source, which is one for a topic.
    pub(super) id: String,
    pub(super) data: Vec<u8>,
    /// `datacontenttype`; JSON where it is not given.
    pub(super) content_type: String,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    specversion: &'a RawValue,
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow, rename = "source")]
    _source: &'a RawValue,
    #[serde(borrow, rename = "type")]
    _type: &'a RawValue,
    #[serde(borrow)]
    datacontenttype: Option<&'a RawValue>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    data_base64: Option<&'a RawValue>,
}

/// The event in a JSON text; `None` where it is none, or has no data.
pub(super) fn read(text: &str) -> Option<CloudEvent> {
    // Before anything is parsed: hardly any value is an event.
    if !text.contains("\"specversion\"") {
        return None;
    }
    let event: Envelope<'_> = serde_json::from_str(text).ok()?;
    string_text(event.specversion.get()).filter(|version| version.starts_with("1."))?;
    let id = scalar_text(event.id.get())?.into_owned();
    let declared = event.datacontenttype.and_then(|raw| string_text(raw.get()));
    let content_type = declared.unwrap_or_else(|| "application/json".to_owned());
    let is_json = content_type.split(';').next().is_some_and(|kind| kind.trim().ends_with("json"));
    let data = match (event.data.map(RawValue::get), event.data_base64) {
        (_, Some(encoded)) => from_base64(&string_text(encoded.get())?)?,
        // JSON data stands in the event as it is; data of other types is text in a string.
        (Some(raw), None) if is_json && !raw.starts_with('"') => raw.as_bytes().to_vec(),
        (Some(raw), None) => string_text(raw)?.into_bytes(),
        (None, None) => return None,
    };
    // The string of `data` is UTF-8 now, whatever it was before it came into the event.
    let content_type = match event.data_base64 {
        Some(_) => content_type,
        None => content_type.split(';').next().unwrap_or_default().trim().to_owned(),
    };
    Some(CloudEvent { id, data, content_type })
}

/// The standard alphabet, as senders write it: padded or not, over several lines or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    BASE64.decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(rest: &str) -> Option<CloudEvent> {
        read(&format!(
            r#"{{"specversion":"1.0","id":"e1","source":"/wire","type":"article.published",{rest}}}"#
        ))
    }

    #[test]
    fn data_is_json_or_text_or_bytes() {
        let data = |rest: &str| event(rest).map(|event| (event.data, event.content_type));
        assert_eq!(
            data(r#""data":{"body":"x"}"#),
            Some((br#"{"body":"x"}"#.to_vec(), "application/json".to_owned()))
        );
        assert_eq!(
            data(r#""datacontenttype":"application/xml; charset=iso-8859-1","data":"<nitf>\u00e9</nitf>""#),
            Some(("<nitf>é</nitf>".as_bytes().to_vec(), "application/xml".to_owned()))
        );
        assert_eq!(
            data(r#""datacontenttype":"text/plain; charset=iso-8859-1","data_base64":"Y2Fm6Q==""#),
            Some((b"caf\xe9".to_vec(), "text/plain; charset=iso-8859-1".to_owned()))
        );
        assert_eq!(from_base64("aGkh"), Some(b"hi!".to_vec()));
        assert_eq!(from_base64("aGk"), Some(b"hi".to_vec()));
        assert_eq!(from_base64("a*"), None);
    }

    #[test]
    fn what_is_no_event_or_has_no_data_is_left_as_it_is() {
        assert_eq!(event(r#""data_base64":"*""#), None);
        assert_eq!(event(r#""extension":"x""#), None);
        assert_eq!(read(r#"{"specversion":"1.0","data":{}}"#), None);
        assert_eq!(read(r#"{"body":"x"}"#), None);
        assert_eq!(read(r#"{"specversion":"0.3","id":"1","source":"a","type":"b","data":{}}"#), None);
    }
}
