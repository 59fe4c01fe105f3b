//! Assignment strategies and group protocols: what cannot work is refused, and nobody is dragged along.

use toml::{Table, Value};

use crate::support::article;
use crate::support::broker::KafkaBroker;
use crate::support::reader::{Isolation, assert_each_once};
use crate::support::service::Configuration;
use crate::support::wait::eventually;
use crate::support::workspace::Workspace;

/// Exit code of a wrong configuration; a failure while running is 1.
const WRONG_CONFIGURATION: i32 = 2;

fn with_properties(configuration: Configuration, properties: &[(&str, &str)]) -> Configuration {
    let table: Table =
        properties.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
    configuration.set("kafka.consumer", table)
}

/// Properties, the one that is named, and a word of the remedy.
type Combination = (&'static [(&'static str, &'static str)], &'static str, &'static str);

pub fn o20_bad_combinations_are_refused_at_the_start_with_property_and_remedy(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 1);
    let combinations: [Combination; 5] = [
        (
            &[("partition.assignment.strategy", "range,cooperative-sticky")],
            "partition.assignment.strategy",
            "stop all instances",
        ),
        (
            &[("partition.assignment.strategy", "cooperative-sticky,roundrobin")],
            "partition.assignment.strategy",
            "stop all instances",
        ),
        (
            &[("partition.assignment.strategy", "sticky")],
            "partition.assignment.strategy",
            "cooperative-sticky",
        ),
        (&[("group.protocol", "consumer"), ("session.timeout.ms", "45000")], "group.protocol", "classic"),
        (&[("group.protocol", "consumer")], "group.protocol", "classic"),
    ];
    for (properties, property, remedy) in combinations {
        let service = with_properties(workspace.configuration("one"), properties).spawn();
        let status = service.wait_for_end();
        assert_eq!(status.code(), Some(WRONG_CONFIGURATION), "{properties:?}: {}", service.log().text());
        let message = eventually("the reason is said", || {
            Some(service.log().text()).filter(|log| log.contains(property))
        });
        assert!(message.contains(remedy), "{properties:?}: no {remedy:?} in {message}");
    }
    // What is good starts.
    for strategy in ["range", "roundrobin", "range,roundrobin", "cooperative-sticky"] {
        let properties = [("partition.assignment.strategy", strategy)];
        with_properties(workspace.configuration("one"), &properties).start().stop();
    }
}

pub fn o20_a_member_with_another_strategy_does_not_take_the_group_down(broker: &'static KafkaBroker) {
    let workspace = Workspace::new(broker, 2);
    let sticky = [("partition.assignment.strategy", "cooperative-sticky")];
    let first = workspace.configuration("a").start();
    workspace.send_articles(0..20);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(20);

    let second = with_properties(workspace.configuration("b"), &sticky).spawn();
    eventually("the broker turns the second away", || {
        Some(()).filter(|()| {
            second.log().text().contains("InconsistentGroupProtocol")
                || second.log().text().contains("Inconsistent group protocol")
        })
    });
    workspace.send_articles(20..60);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(60);
    let metrics = first.metrics();
    assert_eq!(metrics.sum("tonewire_kafka_assigned_partitions", &[]), 2.0, "the first owns all as before");
    assert_eq!(metrics.sum("tonewire_ready", &[]), 1.0);
    assert!(!second.is_ready(), "who is not in the group is not ready");

    // The single cut-over: with the last member of the old strategy gone, the new one takes over.
    first.stop();
    workspace.send_articles(60..80);
    second.wait_until_ready();
    workspace.output_reader(Isolation::ReadCommitted).read_articles(80);
    second.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(80));
}
