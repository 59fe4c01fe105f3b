//! A dead letter as read back: where the original stood, what went wrong, and which headers were its own.

/// A header: its name, and its bytes or null.
pub type Header = (String, Option<Vec<u8>>);

/// Counts, in a record that was replayed, how often it was.
pub const REPLAYED: &str = "tonewire.dlq.replayed";
const OWN: &str = "tonewire.dlq.";
const OWN_START: &str = "tonewire.dlq.topic";
const OWN_LENGTH: usize = 9;
const CONNECT: &str = "__connect.errors.";
const CONNECT_START: &str = "__connect.errors.topic";
const LEFT_OUT: &str = "tonewire.dlq.value_left_out_bytes";

/// What the headers of a dead letter say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LetterHeaders {
    /// The headers of the original record, in their order.
    pub original: Vec<Header>,
    /// Topic, partition and offset of the original. `None`: this is no dead letter that we know how to read.
    pub source: Option<(String, i32, i64)>,
    /// The step that failed: `decode`, `analysis`, `encode`, `produce`; of Connect's own letters their stage.
    pub stage: String,
    /// Stable name of the error; of Connect's own letters the class of the exception.
    pub reason: String,
    /// The error in words.
    pub error: String,
    pub attempts: Option<u32>,
    /// How often the record had been replayed before it failed this time.
    pub replays: u32,
    /// The value was too large even for the dead-letter topic; its length in bytes.
    pub value_left_out: Option<u64>,
}

impl LetterHeaders {
    /// Tells the headers of the letter from those of the original. Ours come last, and an original may have the same
    /// names: it may be a dead letter itself.
    #[must_use]
    pub fn parse(headers: &[Header]) -> Self {
        let Some(start) = start_of_ours(headers) else {
            return Self { original: headers.to_vec(), replays: replays(headers), ..Self::default() };
        };
        let (original, ours) = headers.split_at(start);
        let own = |name: &str| text(ours, &format!("{OWN}{name}"));
        let connect = |name: &str| text(ours, &format!("{CONNECT}{name}"));
        let either = |name: &str, connects: &str| own(name).or_else(|| connect(connects)).unwrap_or_default();
        let stage =
            own("stage").or_else(|| connect("class.name")?.strip_prefix("tonewire.").map(str::to_owned));
        Self {
            source: coordinates(ours, OWN).or_else(|| coordinates(ours, CONNECT)),
            stage: stage.or_else(|| connect("stage")).unwrap_or_default(),
            reason: either("error_code", "exception.class.name"),
            error: either("error", "exception.message"),
            attempts: own("attempts").and_then(|count| count.parse().ok()),
            replays: replays(original),
            value_left_out: text(ours, LEFT_OUT).and_then(|length| length.parse().ok()),
            original: original.to_vec(),
        }
    }

    /// The headers for the next try: those of the original, and how often it has been replayed then.
    #[must_use]
    pub fn for_replay(&self) -> Vec<Header> {
        let mut headers: Vec<Header> =
            self.original.iter().filter(|(name, _)| name != REPLAYED).cloned().collect();
        headers.push((REPLAYED.to_owned(), Some((self.replays + 1).to_string().into_bytes())));
        headers
    }
}

/// Where the headers of the letter begin: after a letter of both formats our names come first, then Connect's.
fn start_of_ours(headers: &[Header]) -> Option<usize> {
    let last = |wanted: &str| headers.iter().rposition(|(name, _)| name == wanted);
    match (last(OWN_START), last(CONNECT_START)) {
        (Some(own), Some(connect)) if own < connect => {
            let same = connect - own == OWN_LENGTH
                && coordinates(&headers[own..connect], OWN) == coordinates(&headers[connect..], CONNECT);
            Some(if same { own } else { connect })
        }
        (Some(own), _) => Some(own),
        (None, connect) => connect,
    }
}

fn coordinates(headers: &[Header], prefix: &str) -> Option<(String, i32, i64)> {
    let get = |name: &str| text(headers, &format!("{prefix}{name}"));
    Some((get("topic")?, get("partition")?.parse().ok()?, get("offset")?.parse().ok()?))
}

fn replays(headers: &[Header]) -> u32 {
    text(headers, REPLAYED).and_then(|count| count.parse().ok()).unwrap_or(0)
}

fn text(headers: &[Header], wanted: &str) -> Option<String> {
    let (_, value) = headers.iter().rev().find(|(name, _)| name == wanted)?;
    Some(String::from_utf8_lossy(value.as_deref()?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, value: &str) -> Header {
        (name.to_owned(), Some(value.as_bytes().to_vec()))
    }

    fn own(offset: &str) -> Vec<Header> {
        let names = [
            "topic",
            "partition",
            "offset",
            "timestamp",
            "stage",
            "error_code",
            "error",
            "attempts",
            "version",
        ];
        let values = ["raw", "3", offset, "7", "decode", "invalid_json", "no end", "2", "0.1.0"];
        names.iter().zip(values).map(|(name, value)| header(&format!("{OWN}{name}"), value)).collect()
    }

    fn connect(offset: &str) -> Vec<Header> {
        let names =
            ["topic", "partition", "offset", "class.name", "exception.class.name", "exception.message"];
        let values = ["raw", "3", offset, "tonewire.decode", "invalid_json", "no end"];
        names.iter().zip(values).map(|(name, value)| header(&format!("{CONNECT}{name}"), value)).collect()
    }

    fn odd() -> Vec<Header> {
        vec![("n".into(), None), ("t".into(), Some(vec![0xc3, 0x28])), header("t", "2"), header("t", "")]
    }

    #[test]
    fn every_format_tells_the_same_and_leaves_the_original_headers_byte_for_byte() {
        for ours in [own("9"), connect("9"), [own("9"), connect("9")].concat()] {
            let letter = LetterHeaders::parse(&[odd(), ours].concat());
            assert_eq!(letter.original, odd());
            assert_eq!(letter.source, Some(("raw".to_owned(), 3, 9)));
            assert_eq!((letter.stage.as_str(), letter.reason.as_str()), ("decode", "invalid_json"));
            assert_eq!(letter.error, "no end");
        }
    }

    #[test]
    fn headers_that_an_original_brought_along_are_not_taken_for_ours() {
        for brought in [own("1"), connect("1"), [own("1"), connect("1")].concat()] {
            for ours in [own("9"), connect("9"), [own("9"), connect("9")].concat()] {
                let letter = LetterHeaders::parse(&[brought.clone(), ours].concat());
                assert_eq!(letter.original, brought);
                assert_eq!(letter.source, Some(("raw".to_owned(), 3, 9)));
            }
        }
    }

    #[test]
    fn each_replay_counts_one_more_and_the_count_stands_once() {
        let mut headers = odd();
        for count in 1..4 {
            headers = LetterHeaders::parse(&[headers, own("9")].concat()).for_replay();
            assert_eq!(headers, [odd(), vec![header(REPLAYED, &count.to_string())]].concat());
        }
    }

    #[test]
    fn a_record_without_our_headers_is_told_as_such() {
        let letter = LetterHeaders::parse(&odd());
        assert_eq!((letter.source, letter.original), (None, odd()));
    }
}
