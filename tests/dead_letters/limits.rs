//! The limits on dead letters, after which the service stops.

use crate::commands::committed;
use crate::poison::{self, BROKEN_JSON};
use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::producer::Producer;
use crate::support::reader::{Isolation, assert_each_once};
use crate::support::service::Configuration;
use crate::support::workspace::Workspace;

/// Good records before the bad ones and after them, and bad ones.
const GOOD: usize = 20;
const BAD: usize = 60;

pub fn too_many_bad_records_in_a_row_stop_the_service_and_nothing_is_lost(broker: &'static KafkaBroker) {
    let limited = |configuration: Configuration| {
        configuration
            .set("input.dead_letter_limits.percent", 0)
            .set("input.dead_letter_limits.consecutive", 25)
    };
    stops_and_loses_nothing(broker, limited, "input.dead_letter_limits.consecutive = 25", 25);
}

pub fn too_large_a_share_of_bad_records_stops_the_service_and_nothing_is_lost(broker: &'static KafkaBroker) {
    // Above half of at least 40: at the 21st bad record.
    let limited = |configuration: Configuration| {
        configuration
            .set("input.dead_letter_limits.percent", 50)
            .set("input.dead_letter_limits.min_records", 40)
            .set("input.dead_letter_limits.consecutive", 0)
    };
    stops_and_loses_nothing(broker, limited, "input.dead_letter_limits.percent = 50", 21);
}

/// `most`: so many bad records at most may have become dead letters before the stop.
fn stops_and_loses_nothing(
    broker: &'static KafkaBroker,
    limited: impl Fn(Configuration) -> Configuration,
    reason: &str,
    most: usize,
) {
    let workspace = Workspace::new(broker, 2);
    let producer = Producer::new(broker);
    let send = |records: &[_]| producer.send_all(&workspace.input, records);
    send(&(0..GOOD).map(poison::good).collect::<Vec<_>>());
    let service = limited(workspace.configuration("one")).start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(GOOD);
    // Ten bad ones are within every limit: the metric shows what comes, by reason, before a stop.
    send(&vec![poison::record(BROKEN_JSON); 10]);
    let metrics = service.metrics_when("ten dead letters are counted", |metrics| {
        metrics.sum("tonewire_records_dead_lettered_total", &[("stage", "decode")]) == 10.0
    });
    assert_eq!(metrics.count("tonewire_records_dead_lettered_total", &[]), 1, "one reason, one series");
    assert!(service.ended().is_none(), "within the limit the service goes on");

    send(&vec![poison::record(BROKEN_JSON); BAD - 10]);
    send(&(GOOD..2 * GOOD).map(poison::good).collect::<Vec<_>>());
    let status = service.wait_for_end();
    let log = service.log().text();
    assert_eq!(status.code(), Some(1), "{log}");
    for part in [reason, "the last errors", "is read again"] {
        assert!(log.contains(part), "{part} is not in the log:\n{log}");
    }

    // What was committed and what stands in the topics agree; the rest is left for the next start.
    let letters = workspace.dead_letters();
    let position = committed(&workspace, &workspace.group, &workspace.input, 2)[&poison::PARTITION];
    assert_eq!(usize::try_from(position).expect("a position"), GOOD + letters.len());
    assert!((10..=most).contains(&letters.len()), "{} dead letters", letters.len());
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(GOOD));

    let unlimited = workspace
        .configuration("one")
        .set("input.dead_letter_limits.percent", 0)
        .set("input.dead_letter_limits.consecutive", 0);
    let service = unlimited.start();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(2 * GOOD);
    service.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(2 * GOOD));
    let mut offsets: Vec<usize> = workspace
        .dead_letters()
        .iter()
        .map(|letter| letter.header("tonewire.dlq.offset").parse().expect("an offset"))
        .collect();
    offsets.sort_unstable();
    assert_eq!(offsets, (GOOD..GOOD + BAD).collect::<Vec<_>>(), "every bad record once");
}
