//! Ids for articles that come without one, and the hash that recognises the same text.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::Article;

/// Hexadecimal digits of a made-up id: 128 bits, so that no two articles ever meet.
const ID_DIGITS: usize = 32;

/// SHA-256, in hexadecimal, of title, line feed, body. Runs of white space count as one space and the
/// ends are trimmed, so that the same text has the same hash however it is wrapped.
#[must_use]
pub fn content_hash(article: &Article) -> String {
    hash_of_text(article.title.as_deref().unwrap_or_default(), &article.body)
}

/// The id of an article that its publisher gave none: from the address without what is only there to
/// track readers, else from the text, else (no text either) from the value and the position in it.
pub(super) fn derive_id(
    url: Option<&str>,
    title: Option<&str>,
    body: &str,
    position: Option<usize>,
    value: &[u8],
) -> String {
    let title = title.unwrap_or_default();
    if let Some(url) = url {
        shortened("url", hex(Sha256::digest(without_tracking(url))))
    } else if title.trim().is_empty() && body.trim().is_empty() {
        let mut hasher = Sha256::new_with_prefix(value);
        if let Some(position) = position {
            hasher.update(format!("#{position}"));
        }
        shortened("value", hex(hasher.finalize()))
    } else {
        shortened("text", hash_of_text(title, body))
    }
}

fn shortened(kind: &str, mut digits: String) -> String {
    digits.truncate(ID_DIGITS);
    format!("{kind}:{digits}")
}

fn hash_of_text(title: &str, body: &str) -> String {
    let mut hasher = Sha256::new();
    update_normalised(&mut hasher, title);
    hasher.update(b"\n");
    update_normalised(&mut hasher, body);
    hex(hasher.finalize())
}

fn update_normalised(hasher: &mut Sha256, text: &str) {
    for (position, word) in text.split_whitespace().enumerate() {
        if position > 0 {
            hasher.update(b" ");
        }
        hasher.update(word.as_bytes());
    }
}

fn hex(digest: impl AsRef<[u8]>) -> String {
    digest.as_ref().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The address without fragment and tracking parameters; the order of the others stays.
fn without_tracking(url: &str) -> String {
    let url = url.trim();
    let url = url.split_once('#').map_or(url, |(address, _)| address);
    let Some((path, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let kept: Vec<&str> = query.split('&').filter(|parameter| !is_tracking(parameter)).collect();
    if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) }
}

fn is_tracking(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
    let known = [
        "", "ref", "fbclid", "gclid", "dclid", "msclkid", "mc_cid", "mc_eid", "igshid", "yclid", "cmpid",
        "ocid",
    ];
    name.starts_with("utm_") || name.starts_with("at_") || known.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(title: Option<&str>, body: &str) -> Article {
        Article::new("1", title, body)
    }

    #[test]
    fn the_hash_does_not_see_how_a_text_is_wrapped() {
        let wrapped = article(Some("A  title "), "one\ntwo\u{a0}three\r\n");
        let plain = article(Some("A title"), "one two three");
        assert_eq!(content_hash(&wrapped), content_hash(&plain));
        assert_ne!(content_hash(&plain), content_hash(&article(Some("A"), "title one two three")));
        assert_eq!(
            content_hash(&article(None, "")),
            "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b"
        );
    }

    #[test]
    fn tracking_parameters_do_not_change_the_id() {
        let plain = derive_id(Some("https://a.example/n?id=7"), None, "x", None, b"");
        let tracked =
            derive_id(Some("https://a.example/n?utm_source=x&id=7&fbclid=9#top"), Some("t"), "y", None, b"z");
        assert_eq!(plain, tracked);
        assert_ne!(plain, derive_id(Some("https://a.example/n?id=8"), None, "x", None, b""));
    }

    #[test]
    fn articles_without_any_text_are_told_apart_by_their_value() {
        assert_ne!(
            derive_id(None, None, " ", None, b"{\"a\":1}"),
            derive_id(None, None, " ", None, b"{\"a\":2}")
        );
    }
}
