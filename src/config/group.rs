//! How the members of the group share partitions: combinations that cannot work are refused before they reach the
//! broker, where a member would be turned away again and again (confluent-kafka-go #605, librdkafka #4368).

use super::KafkaSettings;
use super::error::Problem;

const STRATEGY: &str = "partition.assignment.strategy";
const PROTOCOL: &str = "group.protocol";
/// The members stop at each change.
const EAGER: [&str; 2] = ["range", "roundrobin"];
/// The members go on while partitions move.
const COOPERATIVE: &str = "cooperative-sticky";

/// Checks the pass-through properties that say how the group shares partitions.
pub(super) fn check(kafka: &KafkaSettings, problems: &mut Vec<Problem>) {
    for (table, properties) in [("common", &kafka.common), ("consumer", &kafka.consumer)] {
        let value = |property: &str| {
            let found = properties.iter().find(|(key, _)| key.eq_ignore_ascii_case(property));
            found.map(|(key, value)| (format!("kafka.{table}.{key}"), value.as_str()))
        };
        if let Some((key, strategies)) = value(STRATEGY) {
            strategy(&key, strategies, problems);
        }
        if let Some((key, protocol)) = value(PROTOCOL).filter(|(_, protocol)| *protocol != "classic") {
            problems.push(Problem::of(
                &key,
                format!("{protocol:?} is not used: members stall under KIP-848 with the built-in librdkafka (2.12; mended in 2.15), and the broker would ignore kafka.session_timeout_ms"),
                "remove it, or write \"classic\"",
            ));
        }
    }
}

fn strategy(key: &str, strategies: &str, problems: &mut Vec<Problem>) {
    let names: Vec<&str> = strategies.split(',').map(str::trim).collect();
    let unknown = names.iter().find(|name| **name != COOPERATIVE && !EAGER.contains(name));
    if let Some(name) = unknown {
        problems.push(Problem::of(
            key,
            format!("{name:?} is no strategy of librdkafka"),
            format!("use range, roundrobin or {COOPERATIVE}"),
        ));
    } else if names.contains(&COOPERATIVE) && names.len() > 1 {
        problems.push(Problem::of(
            key,
            format!("{strategies:?} mixes strategies under which members stop at a change with one under which they go on; the rolling change of Java clients does not exist here"),
            format!("use {COOPERATIVE} alone; to change over, stop all instances of the group, then start them with the new value (docs/operation.md)"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(property: &str, value: &str) -> String {
        let mut kafka = KafkaSettings::default();
        kafka.consumer.insert(property.into(), value.into());
        let mut problems = Vec::new();
        check(&kafka, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn strategies_of_one_kind_are_accepted_and_a_mixture_is_not() {
        for good in ["range", "roundrobin", "range,roundrobin", "roundrobin, range", "cooperative-sticky"] {
            assert_eq!(problems(STRATEGY, good), "", "{good}");
        }
        for bad in
            ["range,cooperative-sticky", "cooperative-sticky, roundrobin", "range,range,cooperative-sticky"]
        {
            let text = problems(STRATEGY, bad);
            assert!(text.contains("kafka.consumer.partition.assignment.strategy"), "{text}");
            assert!(text.contains("stop all instances"), "{text}");
        }
        for unknown in ["sticky", "", "range,", "Range", "org.apache.kafka.clients.consumer.RangeAssignor"] {
            assert!(problems(STRATEGY, unknown).contains("use range"), "{unknown}");
        }
    }

    #[test]
    fn only_the_classic_protocol_is_accepted() {
        assert_eq!(problems(PROTOCOL, "classic"), "");
        assert!(problems(PROTOCOL, "consumer").contains("classic"));
    }
}
