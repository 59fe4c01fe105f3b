//! Times of publication in the forms that feeds use.

use jiff::Timestamp;
use jiff::civil;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

/// Epoch values from here on are milliseconds: as seconds they would lie beyond the year 5138.
const FIRST_MILLISECONDS: f64 = 1e11;

/// Reads RFC 3339, RFC 2822, `YYYY-MM-DD[ HH:MM[:SS]]` (taken as UTC), seconds or milliseconds since
/// 1970. `None` for anything else: an unreadable date is no reason to lose an article.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if is_number(text) {
        return from_epoch(text);
    }
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
        .or_else(|| in_utc(text))
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

fn in_utc(text: &str) -> Option<Timestamp> {
    let datetime: civil::DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(datetime).ok()
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
            "Tue, 21 Mar 2023 18:05:00 GMT",
            "Tue, 21 Mar 2023 18:05:00 +0000",
            "2023-03-21 18:05",
            "2023-03-21 18:05:00",
            "2023-03-21T18:05:00",
            "1679421900",
            "1679421900000",
            " 1679421900.0 ",
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
        assert_eq!(parse("2023-03-21"), "2023-03-21T00:00:00Z".parse().ok());
    }

    #[test]
    fn an_unreadable_date_is_no_date() {
        for text in
            ["", "None", "yesterday", "2023-13-45", "1e400", "99999999999999999999999999", "-", "..", "0000"]
        {
            let _ = parse(text);
        }
        assert_eq!(parse("None"), None);
        assert_eq!(parse("2023-13-45"), None);
        assert_eq!(parse("99999999999999999999999999"), None);
    }
}
