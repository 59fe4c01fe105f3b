//! Lag and broker states from librdkafka's statistics. Parsed by hand-picked fields: the full structure
//! is large, and its shape is librdkafka's to change.

use std::collections::HashMap;

use serde::Deserialize;

/// The part of a statistics report that this service uses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClientStatistics {
    brokers: HashMap<String, BrokerStatistics>,
    topics: HashMap<String, TopicStatistics>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct BrokerStatistics {
    nodeid: i64,
    state: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TopicStatistics {
    partitions: HashMap<String, PartitionStatistics>,
}

/// Positions in one partition, in records. Negative values are librdkafka's "not known yet".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PartitionStatistics {
    /// Records fetched and not yet handed to us.
    pub fetchq_cnt: i64,
    /// Next offset to fetch. Unlike our own position it has passed the control records of transactions.
    pub next_offset: i64,
    /// Last stable offset: end of what a `read_committed` consumer can read.
    pub ls_offset: i64,
}

impl ClientStatistics {
    /// Reads a report; `None` where it is not the expected JSON.
    #[must_use]
    pub fn parse(report: &[u8]) -> Option<Self> {
        serde_json::from_slice(report).ok()
    }

    /// Whether a real broker (not only a bootstrap address) is connected.
    #[must_use]
    pub fn a_broker_is_up(&self) -> bool {
        self.brokers.values().any(|broker| broker.nodeid >= 0 && broker.state == "UP")
    }

    /// The positions in one partition.
    #[must_use]
    pub fn partition(&self, topic: &str, partition: i32) -> Option<PartitionStatistics> {
        self.topics.get(topic)?.partitions.get(&partition.to_string()).copied()
    }
}

impl PartitionStatistics {
    /// Records that are ready to be read and not yet settled, never negative.
    ///
    /// `settled` is the offset after the last record whose result is committed, `at_rest` says that
    /// nothing of the partition is in work. The last offsets of a partition can be control records of
    /// transactions, which no consumer ever sees: `end - settled` would then stay at 1 for ever
    /// (librdkafka #2539), so at rest the fetch position counts, which has passed them.
    #[must_use]
    pub fn lag(&self, settled: Option<i64>, at_rest: bool) -> Option<i64> {
        if self.ls_offset < 0 {
            return None;
        }
        let position = if at_rest && self.fetchq_cnt == 0 && self.next_offset >= 0 {
            self.next_offset
        } else {
            settled.or((self.next_offset >= 0).then_some(self.next_offset - self.fetchq_cnt.max(0)))?
        };
        Some((self.ls_offset - position).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_is_zero_at_rest_behind_a_control_record() {
        let behind_a_marker = PartitionStatistics { fetchq_cnt: 0, next_offset: 11, ls_offset: 11 };
        assert_eq!(behind_a_marker.lag(Some(10), true), Some(0));
    }

    #[test]
    fn lag_counts_what_is_fetched_and_in_work_but_not_settled() {
        let busy = PartitionStatistics { fetchq_cnt: 5, next_offset: 50, ls_offset: 60 };
        assert_eq!(busy.lag(Some(20), false), Some(40));
    }

    #[test]
    fn lag_is_never_negative_and_unknown_until_the_broker_has_answered() {
        assert_eq!(
            PartitionStatistics { fetchq_cnt: 0, next_offset: 9, ls_offset: 3 }.lag(Some(9), true),
            Some(0)
        );
        assert_eq!(
            PartitionStatistics { fetchq_cnt: 0, next_offset: -1001, ls_offset: -1001 }.lag(None, true),
            None
        );
    }

    #[test]
    fn only_a_real_broker_counts_as_up() {
        let report = br#"{"brokers":{"b":{"nodeid":-1,"state":"UP"},"1":{"nodeid":1,"state":"DOWN"}}}"#;
        assert!(!ClientStatistics::parse(report).unwrap().a_broker_is_up());
    }
}
