//! `tonewire dlq` as a child process, without a terminal.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};
use serde_json::Value;

use crate::support::workspace::Workspace;

/// What a command gave.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub output: Vec<u8>,
    pub errors: String,
}

impl Answer {
    /// Standard output as text, of a command that must have succeeded.
    pub fn text(&self) -> &str {
        assert_eq!(self.code, Some(0), "{}", self.errors);
        std::str::from_utf8(&self.output).expect("text")
    }

    /// Its lines as JSON.
    pub fn lines(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }
}

/// Runs `tonewire dlq` on the topics of a workspace.
pub fn dlq(workspace: &Workspace, arguments: &[&str]) -> Answer {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tonewire"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TONEWIRE_") {
            program.env_remove(name);
        }
    }
    let output = program
        .arg("dlq")
        .args(arguments)
        .env("TONEWIRE_KAFKA__BROKERS", &workspace.broker.bootstrap)
        .env("TONEWIRE_KAFKA__GROUP_ID", &workspace.group)
        .env("TONEWIRE_KAFKA__INPUT_TOPICS", &workspace.input)
        .env("TONEWIRE_KAFKA__OUTPUT_TOPIC", &workspace.output)
        .env("TONEWIRE_KAFKA__DEAD_LETTER_TOPIC", &workspace.dead_letters)
        .stdin(Stdio::null())
        .output()
        .expect("the program can be run");
    Answer {
        code: output.status.code(),
        output: output.stdout,
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// What a group has committed of a topic, by partition.
pub fn committed(workspace: &Workspace, group: &str, topic: &str, partitions: i32) -> BTreeMap<i32, i64> {
    let client: BaseConsumer =
        workspace.broker.client().set("group.id", group).create().expect("a consumer can be made");
    let mut wanted = TopicPartitionList::new();
    wanted.add_partition_range(topic, 0, partitions - 1);
    let found = client.committed_offsets(wanted, Duration::from_secs(30)).expect("the group answers");
    let offset = |element: &rdkafka::topic_partition_list::TopicPartitionListElem<'_>| match element.offset()
    {
        Offset::Offset(offset) => Some((element.partition(), offset)),
        _ => None,
    };
    found.elements().iter().filter_map(offset).collect()
}
