//! Records that hold many articles, or none, and those that publishers take back.

use std::collections::BTreeSet;

use rdkafka::message::Message;
use tonewire::config::{CanceledPolicy, Delivery};

use crate::bench::{Bench, DEAD, OUTPUT, Scripted, header, keys, wait_for};

fn feed(bodies: &[&str]) -> String {
    let item = |(at, body): (usize, &&str)| {
        format!("<item><guid>n{at}</guid><title>t</title><description>{body}</description></item>")
    };
    let items: String = bodies.iter().enumerate().map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>Bay Courier</title>{items}</channel></rss>")
}

fn ninjs(id: &str, status: &str) -> String {
    format!(
        r#"{{"uri":"{id}","version":"2","versioncreated":"2025-03-18T09:30:00Z","pubstatus":"{status}","headline":"t","body_text":"b"}}"#
    )
}

#[test]
fn an_envelope_gives_a_record_per_article_in_one_transaction_under_keys_of_their_own() {
    let mut bench = Bench::new(1);
    bench.settings.kafka.delivery = Delivery::ExactlyOnce;
    // One record fills a transaction: what comes of it has no other to go to.
    bench.settings.kafka.transaction.max_records = 1;
    bench.produce(0, "feed", Some(feed(&["one", "two", "three"]).as_bytes()));
    bench.article(0, "after", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 2);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!(
        (summary.received, summary.enriched, summary.dead_lettered),
        (2, 2, 0),
        "records of the input"
    );

    let messages = bench.read(OUTPUT, 4);
    assert_eq!(keys(&messages), ["n0", "n1", "n2", "after"], "in their order");
    let positions: Vec<String> =
        messages[..3].iter().map(|message| header(message, "tonewire-article")).collect();
    assert_eq!(positions, ["0", "1", "2"]);
    let sources: BTreeSet<String> =
        messages[..3].iter().map(|message| header(message, "tonewire-source")).collect();
    assert_eq!(sources.len(), 1, "{sources:?}");
}

#[test]
fn an_envelope_with_one_article_that_fails_is_dead_lettered_whole() {
    let bench = Bench::new(1);
    let value = feed(&["one", "panic", "three"]);
    bench.produce(0, "feed", Some(value.as_bytes()));
    bench.article(0, "after", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 2);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.enriched, summary.dead_lettered), (1, 1));
    assert_eq!(keys(&bench.read(OUTPUT, 1)), ["after"], "nothing of the envelope");
    assert_eq!(bench.read(DEAD, 1)[0].payload(), Some(value.as_bytes()));
}

#[test]
fn an_envelope_without_articles_is_skipped_and_a_damaged_one_dead_lettered() {
    let bench = Bench::new(1);
    bench.produce(0, "empty", Some(feed(&[]).as_bytes()));
    bench.produce(0, "damaged", Some(b"<rss><channel><item>"));
    bench.article(0, "after", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 3);
    handle.stop();
    let summary = handle.wait().unwrap();
    assert_eq!((summary.enriched, summary.skipped, summary.dead_lettered), (1, 1, 1));
    assert_eq!(keys(&bench.read(OUTPUT, 1)), ["after"]);
    assert_eq!(header(&bench.read(DEAD, 1)[0], "tonewire.dlq.error_code"), "invalid_xml");
}

/// The payloads of the output, by key, for one usable and one canceled article.
fn with_policy(policy: CanceledPolicy, outputs: usize) -> Vec<(String, bool)> {
    let mut bench = Bench::new(1);
    bench.settings.input.canceled = policy;
    bench.produce(0, "a", Some(ninjs("urn:a", "usable").as_bytes()));
    bench.produce(0, "a", Some(ninjs("urn:a", "canceled").as_bytes()));
    bench.article(0, "after", "body");
    let handle = bench.start(Scripted::default());
    wait_for(&handle, 3);
    handle.stop();
    assert_eq!(handle.wait().unwrap().dead_lettered, 0);
    let messages = bench.read(OUTPUT, outputs);
    let has_value = messages.iter().map(|message| message.payload().is_some());
    keys(&messages).into_iter().zip(has_value).collect()
}

#[test]
fn a_canceled_article_is_skipped_a_tombstone_or_enriched_by_option() {
    let row = |key: &str, has_value| (key.to_owned(), has_value);
    let (first, after) = (row("a", true), row("after", true));
    assert_eq!(with_policy(CanceledPolicy::Skip, 2), [first.clone(), after.clone()]);
    assert_eq!(
        with_policy(CanceledPolicy::Tombstone, 3),
        [first.clone(), row("a", false), after.clone()],
        "the canceled version leaves no value under the key"
    );
    assert_eq!(with_policy(CanceledPolicy::Enrich, 3), [first.clone(), first, after]);
}
