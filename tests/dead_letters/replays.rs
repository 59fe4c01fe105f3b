//! `dlq replay`.

use crate::commands::{committed, dlq};
use crate::poison::{self, BROKEN_JSON, BROKEN_TEXT};
use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::{Isolation, Reader, Record};
use crate::support::workspace::Workspace;

fn input(workspace: &Workspace) -> Vec<Record> {
    Reader::all(workspace.broker, &workspace.input, Isolation::ReadCommitted)
}

/// The records that a replay has sent.
fn replayed(workspace: &Workspace) -> Vec<Record> {
    let is_replayed =
        |record: &Record| record.headers.iter().any(|(name, _)| name == "tonewire.dlq.replayed");
    input(workspace).into_iter().filter(is_replayed).collect()
}

pub fn a_replay_sends_the_original_bytes_once_and_a_second_one_nothing(broker: &'static KafkaBroker) {
    let values = [BROKEN_JSON, BROKEN_TEXT, BROKEN_JSON, BROKEN_TEXT, BROKEN_JSON];
    let workspace = poison::workspace_with(broker, &values, "tonewire");
    let letters = dlq(&workspace, &["list", "--json"]).lines();
    let reason = |at: usize| letters[at]["reason"].as_str().expect("a reason");

    let unasked = dlq(&workspace, &["replay"]);
    assert_eq!(unasked.code, Some(2), "{}", unasked.errors);
    assert!(unasked.errors.contains("--yes"), "{}", unasked.errors);
    let dry = dlq(&workspace, &["replay", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{}", dry.errors);
    assert!(dry.errors.contains("dead letters to replay: 5 ("), "{}", dry.errors);
    assert_eq!(replayed(&workspace).len(), 0, "neither sends");

    let sent = |arguments: &[&str], expected: usize| {
        let before = replayed(&workspace).len();
        let answer = dlq(&workspace, &[&["replay", "--yes"], arguments].concat());
        assert_eq!(answer.code, Some(0), "{}", answer.errors);
        let records = replayed(&workspace);
        assert_eq!(records.len() - before, expected, "{arguments:?}: {}", answer.errors);
        records
    };
    // The second and the fourth, then the first only, then the rest: what lies between must be remembered.
    sent(&["--reason", reason(1)], 2);
    sent(&["--reason", reason(1)], 0);
    sent(&["--limit", "1"], 1);
    let records = sent(&[], 2);
    sent(&[], 0);
    // Another group knows nothing of that.
    sent(&["--group", &format!("{}-other", workspace.group), "--limit", "1"], 1);

    for record in &records {
        let original = poison::record(record.value.as_deref().expect("a value"));
        assert_eq!((&record.key, &record.value), (&original.key, &original.value));
        assert_eq!(record.timestamp_ms, original.timestamp_ms);
        let counted = [poison::headers(), vec![("tonewire.dlq.replayed".to_owned(), Some(b"1".to_vec()))]];
        assert_eq!(record.headers, counted.concat(), "the original headers and the count, nothing else");
    }
    let count = |value: &[u8]| records.iter().filter(|record| record.value.as_deref() == Some(value)).count();
    assert_eq!((count(BROKEN_JSON), count(BROKEN_TEXT)), (3, 2));
    // The service's own offsets are not moved.
    assert_eq!(
        committed(&workspace, &workspace.group, &workspace.input, 2).get(&poison::PARTITION),
        Some(&5)
    );
}

pub fn a_record_that_fails_again_is_a_letter_with_a_growing_count(broker: &'static KafkaBroker) {
    for header_format in ["tonewire", "connect", "both"] {
        let workspace = poison::workspace_with(broker, &[BROKEN_JSON], header_format);
        for round in 1..3_usize {
            let answer = dlq(&workspace, &["replay", "--yes"]);
            assert_eq!(answer.code, Some(0), "{}", answer.errors);
            assert_eq!(input(&workspace).len(), round + 1, "{}", answer.errors);
            poison::run_until(&workspace, round + 1, header_format);
            let letters = dlq(&workspace, &["list", "--json"]).lines();
            let replays: Vec<_> = letters.iter().map(|letter| letter["replays"].clone()).collect();
            assert_eq!(replays, (0..=round).collect::<Vec<_>>(), "{header_format}");
        }
        let letters = workspace.dead_letters();
        let last = letters.last().expect("a letter");
        assert_eq!(last.value.as_deref(), Some(BROKEN_JSON));
        assert_eq!(last.headers[..poison::headers().len()], poison::headers());
        assert_eq!(last.header("tonewire.dlq.replayed"), "2");
    }
}

pub fn what_cannot_be_sent_is_told_and_the_rest_is_sent(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let letter = |value: &str, source: Option<&str>, left_out: bool| {
        let header =
            |name: &str, value: &str| (format!("tonewire.dlq.{name}"), Some(value.as_bytes().to_vec()));
        let mut headers = Vec::new();
        if let Some(topic) = source {
            headers.extend([header("topic", topic), header("partition", "0"), header("offset", "5")]);
        }
        if left_out {
            headers.push(header("value_left_out_bytes", "5000000"));
        }
        Message { headers, ..Message::new("k", value) }
    };
    let send = |letters: &[Message]| Producer::new(broker).send_all(&workspace.dead_letters, letters);
    let own = Some(workspace.input.as_str());
    send(&[
        letter("a", own, false),
        letter("", own, true),
        letter("b", own, false),
        letter("c", None, false),
    ]);
    let values = || -> Vec<String> {
        let text = |record: Record| String::from_utf8(record.value.unwrap_or_default()).expect("text");
        input(&workspace).into_iter().map(text).collect()
    };

    let answer = dlq(&workspace, &["replay", "--yes"]);
    assert_eq!(answer.code, Some(1), "{}", answer.errors);
    for part in [
        "0/1 cannot be replayed: its value (5000000 bytes)",
        "0/3 cannot be replayed",
        "--to-topic",
        "replayed: 2; not delivered: 0",
    ] {
        assert!(answer.errors.contains(part), "{part} is not in {}", answer.errors);
    }
    assert_eq!(values(), ["a", "b"]);
    let answer = dlq(&workspace, &["replay", "--yes", "--to-topic", &workspace.input]);
    assert_eq!(answer.code, Some(1), "the one without its value stays: {}", answer.errors);
    assert_eq!(values(), ["a", "b", "c"]);

    send(&[letter("d", Some("no-such-topic"), false)]);
    let answer = dlq(&workspace, &["replay", "--yes"]);
    assert_eq!(answer.code, Some(1));
    assert!(
        answer.errors.contains("no-such-topic") && answer.errors.contains("--to-topic"),
        "{}",
        answer.errors
    );
    let answer = dlq(&workspace, &["replay", "--yes", "--to-topic", &workspace.dead_letters]);
    assert_eq!(answer.code, Some(2), "not into the dead-letter topic itself: {}", answer.errors);
    let answer = dlq(&workspace, &["replay", "--yes", "--group", &workspace.group]);
    assert_eq!(answer.code, Some(2), "not with the service's own group: {}", answer.errors);
    assert_eq!(values(), ["a", "b", "c"]);
}
