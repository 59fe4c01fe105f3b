//! Word lists that tell who is meant.

/// Verbs that introduce what somebody says.
pub const SPEECH_VERBS: &[&str] = &[
    "accused",
    "acknowledged",
    "added",
    "adds",
    "admitted",
    "alleged",
    "announced",
    "argued",
    "argues",
    "asked",
    "asserted",
    "believes",
    "called",
    "cautioned",
    "claimed",
    "claims",
    "commented",
    "complained",
    "concluded",
    "confirmed",
    "contended",
    "continued",
    "declared",
    "denied",
    "described",
    "explained",
    "explains",
    "insisted",
    "insists",
    "joked",
    "noted",
    "notes",
    "observed",
    "pledged",
    "posted",
    "predicted",
    "promised",
    "quipped",
    "read",
    "recalled",
    "remarked",
    "repeated",
    "replied",
    "reported",
    "responded",
    "said",
    "says",
    "shouted",
    "stated",
    "stressed",
    "suggested",
    "tells",
    "testified",
    "told",
    "tweeted",
    "urged",
    "vowed",
    "warned",
    "warns",
    "writes",
    "wrote",
];

/// Months and days, which have a capital without being names.
pub(super) const CALENDAR: &[&str] = &[
    "april",
    "august",
    "christmas",
    "day",
    "december",
    "easter",
    "february",
    "friday",
    "january",
    "july",
    "june",
    "march",
    "may",
    "monday",
    "november",
    "october",
    "saturday",
    "september",
    "sunday",
    "thursday",
    "tuesday",
    "wednesday",
];
/// Whether a sorted list holds the word.
#[must_use]
pub fn is_one_of(list: &[&str], lower_case: &str) -> bool {
    list.binary_search(&lower_case).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        assert!(SPEECH_VERBS.is_sorted() && CALENDAR.is_sorted());
    }
}
