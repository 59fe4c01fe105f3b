//! Values in a schema registry's frame: a zero byte and four bytes of schema id before them.

use crate::support::broker::KafkaBroker;
use crate::support::producer::{Message, Producer};
use crate::support::reader::Isolation;
use crate::support::workspace::Workspace;

fn framed(schema_id: u32, value: &[u8]) -> Vec<u8> {
    [&[0], &schema_id.to_be_bytes()[..], value].concat()
}

pub fn o22_a_framed_value_is_read_or_named_and_the_next_one_comes_out(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let json =
        |id: &str| format!(r#"{{"id": "{id}", "title": "t", "body": "NATO praised Karth."}}"#).into_bytes();
    let sent = [
        Message::new("framed", framed(7, &json("framed"))),
        Message::new("avro", framed(258, b"\x06abc\x02\x10")),
        Message::new("plain", json("plain")),
    ];
    Producer::new(broker).send_all(&workspace.input, &sent);
    let service = workspace.configuration("one").start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(2);
    let metrics = service.metrics_when("three are settled", |metrics| {
        metrics.sum("tonewire_records_enriched_total", &[])
            + metrics.sum("tonewire_records_dead_lettered_total", &[])
            == 3.0
    });
    service.stop();
    assert_eq!(metrics.sum("tonewire_retries_total", &[]), 0.0, "nothing was read again and again");

    let records = workspace.output(Isolation::ReadCommitted);
    let ids: Vec<_> = records.iter().map(crate::support::reader::Record::article_id).collect();
    assert_eq!(ids, ["framed", "plain"], "JSON in a frame needs no registry");
    assert_eq!(records[0].json()["actors"], records[1].json()["actors"], "read alike");
    assert_eq!(records[0].json()["actors"][0]["name"], "NATO");
    let letters = workspace.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].value, sent[1].value);
    let reason = letters[0].header("tonewire.dlq.error");
    assert!(reason.contains("schema registry") && reason.contains("258"), "{reason}");
}
