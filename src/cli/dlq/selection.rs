//! Which dead letters a command is about.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::letter::Letter;

/// Filters. A letter must pass all of them; of one that is given several times, any.
#[derive(Debug, Default, Args)]
pub(super) struct Selection {
    /// Only letters with this error code, such as `invalid_json`. May be given several times.
    #[arg(long, value_name = "CODE")]
    reason: Vec<String>,
    /// Only letters of this step: decode, analysis, encode or produce. May be given several times.
    #[arg(long, value_name = "STAGE")]
    stage: Vec<String>,
    /// Only letters whose original stood in this topic. May be given several times.
    #[arg(long, value_name = "TOPIC")]
    source_topic: Vec<String>,
    /// Only letters from this time on: RFC 3339 (2026-05-01T10:00:00Z), or a time ago (90m, 2h, 3d as 72h). The time
    /// of a letter is that of its original record.
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Timestamp>,
    /// Only letters before this time.
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Timestamp>,
    /// Only this partition of the dead-letter topic.
    #[arg(long, value_name = "NUMBER")]
    pub(super) partition: Option<i32>,
    /// No more than so many letters, the first that pass the filters.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) limit: Option<u64>,
}

impl Selection {
    /// Whether a letter passes the filters; its number is not judged here.
    pub(super) fn takes(&self, letter: &Letter) -> bool {
        let any = |wanted: &[String], found: &str| wanted.is_empty() || wanted.iter().any(|one| one == found);
        let about = &letter.about;
        let source_topic = about.source.as_ref().map_or("", |(topic, _, _)| topic);
        any(&self.reason, &about.reason)
            && any(&self.stage, &about.stage)
            && any(&self.source_topic, source_topic)
            && self.takes_time(letter.record.timestamp_ms)
    }

    fn takes_time(&self, millis: Option<i64>) -> bool {
        let from = self.from.map(Timestamp::as_millisecond);
        let to = self.to.map(Timestamp::as_millisecond);
        match millis {
            Some(millis) => from.is_none_or(|from| millis >= from) && to.is_none_or(|to| millis < to),
            None => from.is_none() && to.is_none(),
        }
    }
}

fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let ago = text.parse::<SignedDuration>().map_err(|_| {
        format!("{text:?} is neither a time such as 2026-05-01T10:00:00Z nor a time ago such as 90m or 48h")
    })?;
    Timestamp::now().checked_sub(ago.abs()).map_err(|_| format!("{text:?} ago is too long ago"))
}

#[cfg(test)]
mod tests {
    use crate::kafka::TopicRecord;

    use super::*;

    fn letter(millis: i64) -> Letter {
        let header =
            |name: &str, value: &str| (format!("tonewire.dlq.{name}"), Some(value.as_bytes().to_vec()));
        let named = [
            ("topic", "raw"),
            ("partition", "0"),
            ("offset", "1"),
            ("stage", "decode"),
            ("error_code", "empty"),
        ];
        Letter::from(TopicRecord {
            partition: 0,
            offset: 0,
            timestamp_ms: Some(millis),
            key: None,
            value: None,
            headers: Some(named.iter().map(|(name, value)| header(name, value)).collect()),
        })
    }

    #[test]
    fn every_filter_must_pass_and_of_one_given_twice_any() {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let both = Selection {
            reason: words(&["other", "empty"]),
            stage: words(&["decode"]),
            ..Selection::default()
        };
        assert!(both.takes(&letter(0)));
        assert!(!Selection { stage: words(&["encode"]), ..both }.takes(&letter(0)));
        assert!(!Selection { source_topic: words(&["rare"]), ..Selection::default() }.takes(&letter(0)));
    }

    #[test]
    fn from_is_within_and_to_is_not() {
        let at = |text| Some(time(text).unwrap());
        let selection = Selection {
            from: at("1970-01-01T00:00:01Z"),
            to: at("1970-01-01T00:00:02Z"),
            ..Selection::default()
        };
        let taken: Vec<i64> =
            [999, 1_000, 1_999, 2_000].into_iter().filter(|&at| selection.takes(&letter(at))).collect();
        assert_eq!(taken, [1_000, 1_999]);
    }

    #[test]
    fn a_time_may_be_a_time_ago_and_nonsense_is_told_with_examples() {
        let ago = Timestamp::now().as_second() - time("2h").unwrap().as_second();
        assert!((7_199..=7_210).contains(&ago), "{ago}");
        assert!(time("yesterday").unwrap_err().contains("90m"));
    }
}
