//! Records that become dead letters, with everything that is hard to carry.

use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::Isolation;
use crate::support::workspace::Workspace;
use crate::support::{article, reader::Reader};

pub const TIMESTAMP: i64 = 1_600_000_000_123;
/// Not the first partition, so that coordinates cannot be right by chance.
pub const PARTITION: i32 = 1;
pub const BROKEN_JSON: &[u8] = br#"{"id": "broken", "body": "no end"#;
pub const BROKEN_TEXT: &[u8] = b"{\"id\": \"latin\", \"body\": \"caf\xe9 \xff\xfe\"}";

pub fn headers() -> Vec<(String, Option<Vec<u8>>)> {
    let header = |name: &str, value: Option<&[u8]>| (name.to_owned(), value.map(<[u8]>::to_vec));
    vec![
        header("h", Some(&[0xc3, 0x28])),
        header("none", None),
        header("tag", Some(b"1")),
        header("empty", Some(b"")),
        header("tag", Some(b"2")),
    ]
}

pub fn record(value: &[u8]) -> Message {
    Message {
        key: Some(vec![b'k', 0xff]),
        value: Some(value.to_vec()),
        headers: headers(),
        timestamp_ms: Some(TIMESTAMP),
        partition: Some(PARTITION),
    }
}

pub fn good(number: usize) -> Message {
    Message { partition: Some(PARTITION), ..Message::new(article::id(number), article::json(number)) }
}

/// A topic with a service that has made these values dead letters.
pub fn workspace_with(broker: &'static KafkaBroker, values: &[&[u8]], header_format: &str) -> Workspace {
    let workspace = Workspace::new(broker, 2);
    send_and_run(&workspace, &values.iter().map(|value| record(value)).collect::<Vec<_>>(), header_format);
    assert_eq!(workspace.dead_letters().len(), values.len(), "every one is a dead letter");
    workspace
}

/// Sends records, and runs the service until the dead-letter topic has as many more.
pub fn send_and_run(workspace: &Workspace, records: &[Message], header_format: &str) {
    let before = workspace.dead_letters().len();
    Producer::new(workspace.broker).send_all(&workspace.input, records);
    run_until(workspace, before + records.len(), header_format);
}

/// Runs the service until the dead-letter topic has so many records.
pub fn run_until(workspace: &Workspace, letters: usize, header_format: &str) {
    let service = workspace.configuration("one").set("output.dead_letter_headers", header_format).start();
    Reader::new(workspace.broker, &workspace.dead_letters, Isolation::ReadCommitted)
        .read_until("the dead letters are there", |records| records.len() >= letters);
    service.stop();
}
