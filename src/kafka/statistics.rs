//! Lag and broker states from librdkafka's statistics. Parsed by hand-picked fields: the full structure
//! is large, and its shape is librdkafka's to change.

use std::collections::HashMap;
use std::time::Duration;

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
    /// Microseconds since anything came from it over its connection; -1: nothing ever did.
    rxidle: Option<i64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct TopicStatistics {
    partitions: HashMap<String, PartitionStatistics>,
}

/// Positions in one partition. Negative values are librdkafka's "not known yet".
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PartitionStatistics {
    /// `active`: the partition is being read, and only then do the positions mean anything (librdkafka #4996).
    pub fetch_state: String,
    /// Entries in the queue towards us, which all partitions share: only 0 tells something about this one.
    pub fetchq_cnt: i64,
    /// Next offset to fetch. Unlike our own position it has passed the control records of transactions.
    pub next_offset: i64,
    /// First offset that is still there.
    pub lo_offset: i64,
    /// Last stable offset: end of what a `read_committed` consumer can read.
    pub ls_offset: i64,
}

/// How far this member has come in a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Offset of the first record that is not settled: the group's committed offset, or where reading began.
    pub settled: Option<i64>,
    /// The group has no committed offset, and reading begins at the first record.
    pub from_first: bool,
    /// Nothing that was read of the partition is unsettled, nothing has to be read again, and reading goes on.
    pub at_rest: bool,
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

    /// Time since anything came from any broker. The state of a connection does not tell it: a frozen broker, or a
    /// network that drops everything, leaves connections `UP` for as long as `socket.timeout.ms`.
    #[must_use]
    pub fn last_answer(&self) -> Option<Duration> {
        let idle = self.brokers.values().filter_map(|broker| u64::try_from(broker.rxidle?).ok()).min();
        idle.map(Duration::from_micros)
    }

    /// The positions in one partition.
    #[must_use]
    pub fn partition(&self, topic: &str, partition: i32) -> Option<&PartitionStatistics> {
        self.topics.get(topic)?.partitions.get(&partition.to_string())
    }
}

impl PartitionStatistics {
    /// Records that are ready to be read and not yet settled, never negative; `None` while that is not known.
    ///
    /// The last offsets of a partition can be control records of transactions, which no consumer ever sees:
    /// `end - settled` would then stay at 1 for ever (librdkafka #2539), so at rest the fetch position counts,
    /// which has passed them. librdkafka's own `consumer_lag` goes by offsets that its consumer commits, and within
    /// transactions it commits none.
    #[must_use]
    pub fn lag(&self, progress: Progress) -> Option<i64> {
        if self.fetch_state != "active" || self.ls_offset < 0 {
            return None;
        }
        let all_handed_over = progress.at_rest && self.fetchq_cnt == 0 && self.next_offset >= 0;
        let fetched = all_handed_over.then_some(self.next_offset);
        let first = Some(self.lo_offset).filter(|first| *first >= 0);
        let settled = progress.settled.or(first.filter(|_| progress.from_first));
        // What retention has deleted is not waiting either.
        let settled = settled.map(|settled| settled.max(self.lo_offset));
        let position = fetched.max(settled)?;
        Some((self.ls_offset - position).max(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(fetchq_cnt: i64, next_offset: i64, ls_offset: i64) -> PartitionStatistics {
        PartitionStatistics { fetch_state: "active".into(), fetchq_cnt, next_offset, lo_offset: 0, ls_offset }
    }

    const AT_REST: Progress = Progress { settled: None, from_first: false, at_rest: true };

    fn settled(offset: i64) -> Progress {
        Progress { settled: Some(offset), from_first: false, at_rest: false }
    }

    #[test]
    fn lag_is_zero_at_rest_behind_a_control_record() {
        assert_eq!(active(0, 11, 11).lag(Progress { at_rest: true, ..settled(10) }), Some(0));
        // Until then the control record counts, as every offset does.
        assert_eq!(active(0, 11, 11).lag(settled(10)), Some(1));
    }

    #[test]
    fn lag_counts_what_is_fetched_and_in_work_but_not_settled() {
        assert_eq!(active(5, 50, 60).lag(settled(20)), Some(40));
        assert_eq!(active(5, 50, 60).lag(Progress { at_rest: true, ..settled(20) }), Some(40));
    }

    #[test]
    fn lag_is_never_more_than_the_partition_holds() {
        let without_offset = Progress { from_first: true, ..Progress::default() };
        // The queue holds the records of all partitions.
        assert_eq!(active(400, 100, 100).lag(without_offset), Some(100));
        let shortened = PartitionStatistics { lo_offset: 70, ..active(0, 80, 100) };
        assert_eq!(shortened.lag(settled(20)), Some(30), "deleted records do not wait");
        assert_eq!(shortened.lag(without_offset), Some(30));
    }

    #[test]
    fn lag_is_never_negative_and_unknown_without_a_position() {
        assert_eq!(active(0, 9, 3).lag(Progress { at_rest: true, ..settled(9) }), Some(0));
        assert_eq!(active(0, -1001, -1001).lag(AT_REST), None);
        assert_eq!(active(0, -1001, 30).lag(AT_REST), None);
        assert_eq!(active(7, 20, 30).lag(AT_REST), None, "what is in the queue may be of this partition");
        assert_eq!(active(0, 30, 30).lag(AT_REST), Some(0));
        let stopped = PartitionStatistics { fetch_state: "offset-query".into(), ..active(0, 30, 30) };
        assert_eq!(stopped.lag(settled(30)), None);
    }

    #[test]
    fn only_a_real_broker_counts_as_up() {
        let report = br#"{"brokers":{"b":{"nodeid":-1,"state":"UP"},"1":{"nodeid":1,"state":"DOWN"}}}"#;
        assert!(!ClientStatistics::parse(report).unwrap().a_broker_is_up());
    }

    #[test]
    fn the_broker_that_answered_last_counts_whatever_the_state_of_its_connection() {
        let parse = |report: &[u8]| ClientStatistics::parse(report).unwrap().last_answer();
        let frozen = br#"{"brokers":{"1":{"nodeid":1,"state":"UP","rxidle":31000000},"2":{"rxidle":-1}}}"#;
        assert_eq!(parse(frozen), Some(Duration::from_secs(31)));
        let two = br#"{"brokers":{"1":{"state":"DOWN","rxidle":9000000},"2":{"state":"UP","rxidle":4000}}}"#;
        assert_eq!(parse(two), Some(Duration::from_millis(4)));
        assert_eq!(parse(br#"{"brokers":{"1":{"rxidle":-1},"2":{}}}"#), None);
    }
}
