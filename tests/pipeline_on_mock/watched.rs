//! What the live page is told of.

use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use tonewire::config::Delivery;

use crate::bench::{Bench, Scripted, wait_for};

#[test]
fn each_committed_article_is_told_once_and_bad_records_are_not() {
    let bench = Bench::new(2);
    for number in 0..10 {
        bench.article(number % 2, &format!("{number:02}"), "body");
    }
    bench.produce(0, "bad", Some(b"{"));
    bench.produce(0, "gone", None);
    let (handle, recent) = bench.start_watched(Scripted::default());
    wait_for(&handle, 12);
    handle.stop();
    handle.wait().unwrap();
    let overview = recent.overview();
    assert_eq!((overview.articles, overview.newest.len()), (10, 10));
    assert_eq!(recent.article(1).unwrap().body[0].text, "body");
}

#[test]
fn a_batch_that_is_given_up_and_read_again_is_told_once() {
    let mut bench = Bench::new(1);
    bench.settings.kafka.delivery = Delivery::ExactlyOnce;
    for number in 0..5 {
        bench.article(0, &format!("{number:02}"), "body");
    }
    let refusals = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 1];
    bench.cluster.request_errors(RDKafkaApiKey::Produce, &refusals);
    let (handle, recent) = bench.start_watched(Scripted::default());
    wait_for(&handle, 5);
    handle.stop();
    handle.wait().unwrap();
    assert_eq!(recent.overview().articles, 5);
    assert!(bench.telemetry.commits.with_label_values(&["aborted"]).get() > 0, "nothing was given up");
}
