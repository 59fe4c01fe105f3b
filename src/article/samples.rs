//! The sample articles that the project ships; `samples/README.md` says what each shows.

/// A record value as a producer would send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// File name in `samples/`.
    pub name: &'static str,
    /// Value of the header `content-type`; `None`: no such header.
    pub content_type: Option<&'static str>,
    /// The value.
    pub value: &'static [u8],
}

/// All samples, in the order of their names.
pub fn samples() -> impl Iterator<Item = Sample> {
    SAMPLES.iter().copied()
}

macro_rules! sample {
    ($name:literal, $content_type:expr) => {
        Sample {
            name: $name,
            content_type: $content_type,
            value: include_bytes!(concat!("../../samples/", $name)),
        }
    };
}

const SAMPLES: &[Sample] = &[
    sample!("01-grain-corridor-talks.json", Some("application/json")),
    sample!("02-chip-maker-results.json", None),
    sample!("03-bridge-vote-hard-wrapped.txt", Some("text/plain; charset=utf-8")),
    sample!("04-html-body.json", None),
    sample!("05-headline-in-capitals.json", None),
    sample!("06-german.json", Some("application/json")),
    sample!("07-empty-body.json", None),
    sample!("08-title-only.json", None),
    sample!("09-poison-broken.json", Some("application/json")),
    sample!("10-poison-latin1.txt", None),
    sample!("11-lone-surrogate.json", None),
    sample!("12-emoji-and-accents.json", None),
    sample!("13-byte-order-mark.json", None),
    sample!("14-central-bank.json", Some("application/json")),
    sample!("15-election-night.json", None),
    sample!("16-agency-dispatch.txt", None),
    sample!("17-not-an-article.json", None),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::article::{Article, DecodeError, Decoder};
    use crate::config::{
        BadRecordPolicy, CanceledPolicy, DeadLetterLimits, InputConfig, InputFormat, JsonMapping,
        TombstonePolicy,
    };
    use std::time::Duration;

    const README: &str = include_str!("../../samples/README.md");

    fn decode(sample: &Sample) -> Result<Article, DecodeError> {
        let decoder = Decoder::new(&InputConfig {
            format: InputFormat::Auto,
            json: JsonMapping::default(),
            tombstones: TombstonePolicy::Skip,
            canceled: CanceledPolicy::Skip,
            recognise_language: true,
            default_language: None,
            on_bad_record: BadRecordPolicy::DeadLetter,
            max_record_bytes: 1_000_000,
            dead_letter_limits: DeadLetterLimits {
                percent: 0,
                window: Duration::from_secs(60),
                min_records: 1,
                consecutive: 0,
            },
        });
        decoder.decode(sample.value, sample.content_type).map(|mut articles| articles.remove(0))
    }

    fn named(start: &str) -> Article {
        let sample = samples().find(|sample| sample.name.starts_with(start));
        decode(&sample.unwrap()).unwrap()
    }

    /// Name and promised outcome of each row of the table.
    fn promises() -> Vec<(&'static str, &'static str)> {
        let rows = README.lines().filter(|line| line.starts_with("| `"));
        rows.map(|row| {
            let cells: Vec<&str> = row.split(" | ").collect();
            (cells[0].trim_matches(['|', ' ', '`']), cells[2])
        })
        .collect()
    }

    #[test]
    fn each_sample_decodes_or_fails_as_its_readme_says() {
        let names: Vec<&str> = samples().map(|sample| sample.name).collect();
        let promises = promises();
        assert_eq!(names, promises.iter().map(|promise| promise.0).collect::<Vec<_>>());
        for (sample, (name, promise)) in samples().zip(promises) {
            match decode(&sample) {
                Ok(article) => {
                    assert!(promise.starts_with("enriched"), "{name} decoded: {promise}");
                    let has_text = article.title.is_some() || !article.body.is_empty();
                    assert_eq!(has_text, !promise.contains("no_text"), "{name}");
                }
                Err(error) => {
                    let code = format!("dead letter, `{}`", error.code());
                    assert!(promise.starts_with(&code), "{name} failed with {code}: {promise}");
                }
            }
        }
    }

    #[test]
    fn samples_hold_what_they_are_meant_to_show() {
        assert!(named("03").body.contains("United\nStates"));
        assert!(named("04").body.contains("&ldquo;"));
        assert_eq!(named("05").published_at, "2026-03-26T10:00:00Z".parse().ok());
        assert_eq!(named("06").language.as_deref(), Some("de"));
        assert_eq!(named("11").title.as_deref(), Some("Players praise new stadium \u{fffd}"));
        assert_eq!(named("13").id, "sample-13");
        assert_eq!(named("15").id, "327267367867168100001");
    }

    #[test]
    fn no_two_samples_share_an_id() {
        let mut ids: Vec<String> = samples().filter_map(|s| Some(decode(&s).ok()?.id)).collect();
        let count = ids.len();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
