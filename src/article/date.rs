//! Times of publication in the forms that feeds use.

use jiff::Timestamp;
use jiff::civil::{self, DateTime};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::{Offset, TimeZone};

/// Epoch values from here on are milliseconds: as seconds they would lie beyond the year 5138.
const FIRST_MILLISECONDS: f64 = 1e11;

/// Feeds name the wrong day of the week often enough.
const RFC_2822: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// Reads RFC 3339 and its short form `20140829T134951+0000`, RFC 2822, `YYYY-MM-DD[ HH:MM[:SS]]`, `YYYYMMDD[HHMMSS]`
/// (without a zone taken as UTC), seconds or milliseconds since 1970. `None` for anything else: an unreadable date is
/// no reason to lose an article.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if is_number(text) {
        return compact(text).or_else(|| from_epoch(text));
    }
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| RFC_2822.parse_timestamp(text).ok())
        .or_else(|| in_utc(text))
        .or_else(|| zone_apart(text))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

fn from_epoch(text: &str) -> Option<Timestamp> {
    let number: f64 = text.parse().ok()?;
    let milliseconds = if number.abs() < FIRST_MILLISECONDS { number * 1e3 } else { number };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates; jiff refuses what is out of range"
    )]
    let milliseconds = milliseconds.round() as i64;
    Timestamp::from_millisecond(milliseconds).ok()
}

/// `20230322` and `20230322063000`, which would be moments of 1970 and 2611.
fn compact(digits: &str) -> Option<Timestamp> {
    if !matches!(digits.len(), 8 | 14) || !(digits.starts_with("19") || digits.starts_with("20")) {
        return None;
    }
    let part =
        |range: std::ops::Range<usize>| digits.get(range).map_or(Some(0), |part| part.parse::<i8>().ok());
    let date = civil::Date::new(digits.get(..4)?.parse().ok()?, part(4..6)?, part(6..8)?).ok()?;
    let time = civil::Time::new(part(8..10)?, part(10..12)?, part(12..14)?, 0).ok()?;
    TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok()
}

fn in_utc(text: &str) -> Option<Timestamp> {
    let datetime: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(datetime).ok()
}

/// `2014-07-16 13:00:03 GMT+00:00`, `2023-03-21 18:05:00 +0100`, `2023-03-21 18:05 UTC`.
fn zone_apart(text: &str) -> Option<Timestamp> {
    let (datetime, zone) = text.rsplit_once(' ')?;
    let datetime: DateTime = datetime.trim().parse().ok()?;
    let zone = zone.strip_prefix("GMT").or_else(|| zone.strip_prefix("UTC")).unwrap_or(zone);
    let offset = match zone {
        "" | "Z" => Offset::UTC,
        zone => offset(zone)?,
    };
    offset.to_timestamp(datetime).ok()
}

fn offset(zone: &str) -> Option<Offset> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let digits = zone.get(1..)?.replace(':', "");
    let hours: i32 = digits.get(..2)?.parse().ok()?;
    let minutes: i32 =
        digits.get(2..).filter(|rest| !rest.is_empty()).map_or(Some(0), |rest| rest.parse().ok())?;
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_gives_the_same_instant() {
        let expected: Timestamp = "2023-03-21T18:05:00Z".parse().unwrap();
        for text in [
            "2023-03-21T18:05:00Z",
            "2023-03-21T19:05:00+01:00",
            "2023-03-21T18:05:00+0000",
            "20230321T180500Z",
            "20230321T190500+0100",
            "20230321T130500-0500",
            "20230321T180500",
            "20230321180500",
            "Tue, 21 Mar 2023 18:05:00 GMT",
            "Tue, 21 Mar 2023 18:05:00 +0000",
            "Fri, 21 Mar 2023 14:05:00 EDT",
            "21 Mar 2023 18:05:00 Z",
            "2023-03-21 18:05",
            "2023-03-21 18:05:00",
            "2023-03-21 20:05:00 GMT+02:00",
            "2023-03-21 20:05:00 +0200",
            "2023-03-21 18:05:00 UTC",
            "2023-03-21T18:05:00",
            "1679421900",
            "1679421900000",
            " 1679421900.0 ",
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        assert_eq!(parse("2023-03-21"), "2023-03-21T00:00:00Z".parse().ok());
        assert_eq!(parse("20230321"), "2023-03-21T00:00:00Z".parse().ok());
    }

    #[test]
    fn an_unreadable_date_is_no_date() {
        for text in [
            "",
            "None",
            "yesterday",
            "2023-13-45",
            "1e400",
            "99999999999999999999999999",
            "-",
            "..",
            "0000",
            "a +",
            "a +é1",
        ] {
            let _ = parse(text);
        }
        assert_eq!(parse("None"), None);
        assert_eq!(parse("2023-13-45"), None);
        assert_eq!(parse("99999999999999999999999999"), None);
        assert_eq!(parse("2023-03-21 18:05 +99999999"), None);
    }
}
