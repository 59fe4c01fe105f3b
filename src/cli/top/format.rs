//! Figures in the fewest letters that still tell enough.

/// What stands where there is no figure.
pub(super) const NONE: &str = "-";

/// A count, with a comma between thousands.
pub(super) fn count(value: f64) -> String {
    let digits = format!("{:.0}", value.max(0.0));
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A rate: three digits, or all before the point.
pub(super) fn rate(value: f64) -> String {
    match value {
        value if value < 9.995 => format!("{value:.2}"),
        value if value < 99.95 => format!("{value:.1}"),
        value => count(value),
    }
}

/// A time span.
pub(super) fn seconds(value: f64) -> String {
    match value.max(0.0) {
        value if value < 0.9995 => format!("{:.0} ms", value * 1_000.0),
        value if value < 59.95 => format!("{value:.1} s"),
        value if value < 5_970.0 => format!("{:.0} min", value / 60.0),
        value if value < 171_000.0 => format!("{:.0} h", value / 3_600.0),
        value => format!("{:.0} days", value / 86_400.0),
    }
}

/// A size, with 1 KB = 1,000 bytes.
pub(super) fn bytes(value: f64) -> String {
    match value.max(0.0) {
        value if value < 999.5 => format!("{value:.0} B"),
        value if value < 999_500.0 => format!("{:.0} KB", value / 1e3),
        value if value < 999_500_000.0 => format!("{:.1} MB", value / 1e6),
        value => format!("{:.1} GB", value / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short_and_round_to_the_next_unit() {
        assert_eq!([0.0, 999.0, 1_000.0, 1_234_567.0].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0.0, 9.99, 9.999, 12.34, 1_234.0].map(rate), ["0.00", "9.99", "10.0", "12.3", "1,234"]);
        assert_eq!(
            [0.0, 0.9999, 59.97, 5_971.0, 864_000.0].map(seconds),
            ["0 ms", "1.0 s", "1 min", "2 h", "10 days"]
        );
        assert_eq!(
            [0.0, 999.9, 64_000.0, 1.8e8, 2e9].map(bytes),
            ["0 B", "1 KB", "64 KB", "180.0 MB", "2.0 GB"]
        );
    }
}
