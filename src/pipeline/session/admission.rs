//! Refusals during a session, and what shows that something is granted.

use std::sync::Arc;

use crate::kafka::{ClientStatistics, FailedDelivery, Refusal, RefusalKind, Verdict};

use super::super::access::{Point, Refused};
use super::{Session, SessionEnd, Turn};

impl Session<'_> {
    /// A refusal that the consumer reports.
    pub(super) fn consumer_refused(&self, refusal: Refusal, reason: String) -> Turn {
        self.refused(refusal, reason, self.consumer_is_in)
    }

    /// A refusal that the producer reports.
    pub(super) fn heed_producers_refusal(&self) -> Turn {
        match self.writer.producer().take_refusal() {
            Some((refusal, reason)) => self.refused(refusal, reason, self.producer_is_in),
            None => Ok(()),
        }
    }

    /// A client that is logged in already goes on by itself when a later log-in fails, such as one with a
    /// token that cannot be renewed yet, or one at another broker.
    fn refused(&self, refusal: Refusal, reason: String, is_in: bool) -> Turn {
        let refused = Refused { refusal, output_topic: None, reason };
        if refusal.kind == RefusalKind::Authentication && is_in {
            self.shared.access.tell(&self.shared.config.kafka, &refused, None);
            return Ok(());
        }
        Err(SessionEnd::Refused(refused))
    }

    /// The end of a session whose batch could not be written for want of a right.
    pub(super) fn refused_batch(
        verdict: Verdict,
        reason: &str,
        failed: &[FailedDelivery],
    ) -> Option<SessionEnd> {
        let Verdict::Refused(refusal) = verdict else { return None };
        let delivery = failed.iter().find(|delivery| Refusal::of(&delivery.error).is_some());
        let output_topic = delivery.map(|delivery| delivery.topic.clone());
        Some(SessionEnd::Refused(Refused { refusal, output_topic, reason: reason.to_owned() }))
    }

    /// The group has let us in. Without a partition there is nothing to read, so nothing to be refused.
    pub(super) fn group_granted(&mut self, partitions: usize) {
        self.shared.access.granted(&Point::Group);
        if partitions == 0 {
            self.shared.access.granted(&Point::Input);
        }
    }

    /// A broker tells the end of a partition only to those who may read it.
    pub(super) fn heed_statistics(&mut self, statistics: &ClientStatistics) {
        self.consumer_is_in = statistics.a_broker_is_up();
        if !self.shared.access.is_refused() {
            return;
        }
        let owned = self.slots.ids();
        let is_read = |topic: &str, partition| {
            statistics.partition(topic, partition).is_some_and(|positions| positions.ls_offset >= 0)
        };
        if !owned.is_empty() && owned.iter().all(|id| is_read(&id.topic, id.partition)) {
            self.shared.access.granted(&Point::Input);
        }
    }

    /// The brokers have taken records for these topics.
    pub(super) fn output_granted(&mut self, topics: &[Arc<str>]) {
        if self.shared.access.is_refused() {
            for topic in topics {
                self.shared.access.granted(&Point::Output(topic.to_string()));
            }
        }
    }
}
