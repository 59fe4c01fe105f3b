//! The language of an article: declared in one of three codings, or recognised.

mod recognise;
mod table;

pub(super) use recognise::recognise;

use table::LANGUAGES;

/// Longest tag that is looked at; RFC 5646 recommends room for 35 characters.
const LONGEST_TAG: usize = 64;

/// A BCP 47 tag for `en`, `en_us`, `eng` or `English`. `None` where nothing is declared (`""`, `None`, `und`) or the
/// text is no language: then the language is recognised.
pub(super) fn normalise(declared: &str) -> Option<String> {
    let declared = declared.trim();
    if declared.len() > LONGEST_TAG {
        return None;
    }
    if let Some(code) = by_name(declared) {
        return Some(code.to_owned());
    }
    let mut subtags = declared.split(['-', '_']);
    let primary = primary(subtags.next()?)?;
    let rest: Vec<&str> = subtags.collect();
    let is_well_formed = rest.iter().all(|subtag| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    if !is_well_formed {
        return Some(primary);
    }
    Some(rest.iter().fold(primary, |tag, subtag| format!("{tag}-{}", cased(subtag))))
}

/// Upper case for regions, a capital for scripts, lower case for all else.
fn cased(subtag: &str) -> String {
    let is_word = subtag.bytes().all(|byte| byte.is_ascii_alphabetic());
    match subtag.len() {
        2 if is_word => subtag.to_ascii_uppercase(),
        4 if is_word => format!("{}{}", subtag[..1].to_ascii_uppercase(), subtag[1..].to_ascii_lowercase()),
        _ => subtag.to_ascii_lowercase(),
    }
}

/// Two letters where the language has such a code, else three.
fn primary(code: &str) -> Option<String> {
    let code = code.to_ascii_lowercase();
    let is_code = matches!(code.len(), 2 | 3) && code.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_code || matches!(code.as_str(), "und" | "mul" | "zxx" | "mis" | "xx" | "unk") {
        return None;
    }
    let known = LANGUAGES.iter().find(|(_, three, also, _)| *three == code || *also == code);
    Some(known.map_or(code, |(two, ..)| (*two).to_owned()))
}

fn by_name(name: &str) -> Option<&'static str> {
    let known = LANGUAGES
        .iter()
        .find(|(_, _, _, names)| names.split('|').any(|known| known.to_lowercase() == name.to_lowercase()));
    known.map(|(two, ..)| *two)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_codings_give_one_tag() {
        for declared in ["en", "EN", "eng", "English", " english ", "ENGLISH"] {
            assert_eq!(normalise(declared).as_deref(), Some("en"), "{declared}");
        }
        for (declared, tag) in [
            ("ger", "de"),
            ("deu", "de"),
            ("German", "de"),
            ("Deutsch", "de"),
            ("zho", "zh"),
            ("chi", "zh"),
            ("chinese", "zh"),
            ("nb-NO", "nb-NO"),
            ("en_us", "en-US"),
            ("en-us", "en-US"),
            ("pt-br", "pt-BR"),
            ("ZH-hant-tw", "zh-Hant-TW"),
            ("eng-GB", "en-GB"),
            ("es-419", "es-419"),
            ("ast", "ast"),
            ("sr-latn", "sr-Latn"),
            ("tw", "tw"),
            ("nor", "no"),
            ("Norwegian", "no"),
            ("français", "fr"),
        ] {
            assert_eq!(normalise(declared).as_deref(), Some(tag), "{declared}");
        }
    }

    #[test]
    fn what_is_no_language_is_not_declared() {
        for declared in [
            "",
            " ",
            "None",
            "null",
            "und",
            "unknown",
            "x-default",
            "n/a",
            "-",
            "é",
            "ééé",
            "12",
            &"e".repeat(5000),
        ] {
            assert_eq!(normalise(declared), None, "{declared}");
        }
        assert_eq!(normalise("en-!!").as_deref(), Some("en"));
    }
}
