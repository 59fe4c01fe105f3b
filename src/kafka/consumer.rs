//! The member of the consumer group.
//!
//! librdkafka tells an application about a new assignment in a callback, in which it must do all its
//! work. Here the callback only notes what was said, and [`GroupConsumer::poll`] hands it out as a value:
//! the loop then finishes its batch and acknowledges when it is ready, with all its state at hand.
//! (librdkafka keeps the rebalance open until `assign` or `unassign` is called; its event interface is
//! made for that.)

use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};
use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{
    BaseConsumer, CommitMode, Consumer, ConsumerContext, ConsumerGroupMetadata, RebalanceProtocol,
};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::TopicPartitionListElem;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::client_log;
use super::properties::without_values;
use super::record::{IncomingRecord, PartitionId};
use super::refusal::Refusal;
use super::statistics::ClientStatistics;
use super::token::Tokens;

/// What one poll brought.
pub enum Polled {
    Nothing,
    Record(IncomingRecord),
    /// New partitions. Answer with [`GroupConsumer::accept_assignment`].
    Assigned(TopicPartitionList),
    /// Partitions are taken away. Answer with [`GroupConsumer::release`]. `lost`: they already belong to
    /// another member, so nothing of them may be committed any more (librdkafka PR #3258).
    Revoked {
        partitions: TopicPartitionList,
        lost: bool,
    },
    Statistics(ClientStatistics),
    /// Brokers refuse something, for this reason. Tells more than the error that comes for the same.
    Refused(Refusal, String),
    Error(KafkaError),
}

/// Partitions, each with the offset that the group has committed, if it has.
pub type CommittedOffsets = Vec<(PartitionId, Option<i64>)>;

enum Notice {
    Assigned(TopicPartitionList),
    Revoked(TopicPartitionList),
    Statistics(ClientStatistics),
    Refused(Refusal, String),
}

/// Callbacks of the consumer: they take notes.
struct Notices {
    queue: Mutex<VecDeque<Notice>>,
    /// Once set, revocations are acknowledged at once: nobody polls for notices any more.
    closing: AtomicBool,
    tokens: Tokens,
}

impl Notices {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Notice>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Notices {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        client_log::line("consumer", level, facility, message);
    }

    fn stats_raw(&self, report: &[u8]) {
        if let Some(statistics) = ClientStatistics::parse(report) {
            let mut queue = self.queue();
            // Only the newest counts: reports that nobody has read yet must not pile up during a wait.
            queue.retain(|notice| !matches!(notice, Notice::Statistics(_)));
            queue.push_back(Notice::Statistics(statistics));
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        client_log::problem("consumer", &error, reason);
        if let Some(refusal) = Refusal::of(&error) {
            self.queue().push_back(Notice::Refused(refusal, reason.to_owned()));
        }
    }

    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        Ok(self.tokens.token()?)
    }
}

impl ConsumerContext for Notices {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        error: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        if self.closing.load(Ordering::Acquire) {
            let _ = release(consumer, partitions);
            return;
        }
        let notice = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => Notice::Assigned(partitions.clone()),
            _ => Notice::Revoked(partitions.clone()),
        };
        self.queue().push_back(notice);
    }
}

fn release(consumer: &BaseConsumer<Notices>, partitions: &TopicPartitionList) -> KafkaResult<()> {
    match consumer.rebalance_protocol() {
        RebalanceProtocol::Cooperative => consumer.incremental_unassign(partitions),
        _ => consumer.unassign(),
    }
}

/// A member of a consumer group, subscribed from birth until it is dropped or [closed](Self::close).
pub struct GroupConsumer {
    /// Shared with the thread of a commit that is under way.
    consumer: Arc<BaseConsumer<Notices>>,
    topics: HashMap<String, Arc<str>>,
}

impl GroupConsumer {
    /// Joins the group.
    ///
    /// # Errors
    ///
    /// When librdkafka refuses a property or the subscription.
    pub fn join(config: &ClientConfig, topics: &[String], tokens: Tokens) -> KafkaResult<Self> {
        let notices = Notices { queue: Mutex::default(), closing: AtomicBool::new(false), tokens };
        let consumer: BaseConsumer<Notices> = config.create_with_context(notices).map_err(without_values)?;
        let names: Vec<&str> = topics.iter().map(String::as_str).collect();
        consumer.subscribe(&names)?;
        let topics = topics.iter().map(|topic| (topic.clone(), Arc::from(topic.as_str()))).collect();
        Ok(Self { consumer: Arc::new(consumer), topics })
    }

    /// Waits at most `timeout` for a record or a notice. Errors during an outage come as values; they do
    /// not end the subscription.
    pub fn poll(&self, timeout: Duration) -> Polled {
        if let Some(notice) = self.next_notice() {
            return notice;
        }
        let polled = match self.consumer.poll(timeout) {
            None => return self.next_notice().unwrap_or(Polled::Nothing),
            Some(Err(error)) => return Polled::Error(error),
            Some(Ok(message)) => {
                let topic = self.topics.get(message.topic()).cloned();
                let topic = topic.unwrap_or_else(|| Arc::from(message.topic()));
                IncomingRecord::detach(&message, topic)
            }
        };
        Polled::Record(polled)
    }

    fn next_notice(&self) -> Option<Polled> {
        let notice = self.consumer.context().queue().pop_front()?;
        Some(match notice {
            Notice::Assigned(partitions) => Polled::Assigned(partitions),
            Notice::Revoked(partitions) => {
                Polled::Revoked { partitions, lost: self.consumer.assignment_lost() }
            }
            Notice::Statistics(statistics) => Polled::Statistics(statistics),
            Notice::Refused(refusal, reason) => Polled::Refused(refusal, reason),
        })
    }

    /// Whether the group has given our partitions to others; the notice of it comes with a poll.
    #[must_use]
    pub fn has_lost_assignment(&self) -> bool {
        self.consumer.assignment_lost()
    }

    /// Starts to fetch newly assigned partitions from their committed offsets.
    ///
    /// # Errors
    ///
    /// When the assignment is no longer valid.
    pub fn accept_assignment(&self, partitions: &TopicPartitionList) -> KafkaResult<()> {
        match self.consumer.rebalance_protocol() {
            RebalanceProtocol::Cooperative => self.consumer.incremental_assign(partitions),
            _ => self.consumer.assign(partitions),
        }
    }

    /// Gives partitions back; the group can go on with its rebalance.
    ///
    /// # Errors
    ///
    /// When the client is in a fatal state.
    pub fn release(&self, partitions: &TopicPartitionList) -> KafkaResult<()> {
        release(&self.consumer, partitions)
    }

    /// Stops fetching; [`poll`](Self::poll) goes on serving notices.
    ///
    /// # Errors
    ///
    /// When a partition is not assigned.
    pub fn pause(&self) -> KafkaResult<()> {
        self.consumer.pause(&self.consumer.assignment()?)
    }

    /// Ends the pause of partitions that are about to be released. librdkafka keeps the pause of a partition while it
    /// is another member's: should it come back, it would never be read, and a resume in between reaches only what is
    /// assigned then.
    pub fn unpause(&self, partitions: &TopicPartitionList) {
        if let Err(error) = self.consumer.resume(partitions) {
            tracing::warn!(%error, "the pause of released partitions could not be ended");
        }
    }

    /// Goes on fetching.
    ///
    /// # Errors
    ///
    /// When a partition is not assigned.
    pub fn resume(&self) -> KafkaResult<()> {
        self.consumer.resume(&self.consumer.assignment()?)
    }

    /// Begins to commit offsets (each the offset after the last settled record). The answer comes from a thread
    /// of its own: librdkafka's own call has no time limit, and takes as long as its socket timeout (60 s) and
    /// the session's while the brokers are away.
    ///
    /// # Errors
    ///
    /// When no thread can be started.
    pub fn commit(&self, offsets: &TopicPartitionList) -> KafkaResult<Receiver<KafkaResult<()>>> {
        let (sender, answer) = bounded(1);
        let (consumer, offsets) = (Arc::clone(&self.consumer), offsets.clone());
        let commit = move || drop(sender.send(consumer.commit(&offsets, CommitMode::Sync)));
        std::thread::Builder::new()
            .name("commit".into())
            .spawn(commit)
            .map_err(|_| KafkaError::ConsumerCommit(RDKafkaErrorCode::CriticalSystemResource))?;
        Ok(answer)
    }

    /// Asks for the committed offsets of `partitions`; `None` for one without. The answer comes from a thread of its
    /// own, since the call takes as long as `timeout` while the brokers are away. No answer: ask again later.
    #[must_use]
    pub fn committed(&self, partitions: Vec<PartitionId>, timeout: Duration) -> Receiver<CommittedOffsets> {
        let (sender, answer) = bounded(1);
        let consumer = Arc::clone(&self.consumer);
        let ask = move || {
            let mut wanted = TopicPartitionList::new();
            for id in &partitions {
                wanted.add_partition(&id.topic, id.partition);
            }
            let Ok(found) = consumer.committed_offsets(wanted, timeout) else { return };
            let offset = |id: &PartitionId| match found.find_partition(&id.topic, id.partition)?.offset() {
                Offset::Offset(offset) if offset >= 0 => Some(offset),
                _ => None,
            };
            let offsets = partitions.into_iter().map(|id| (offset(&id), id)).map(|(offset, id)| (id, offset));
            drop(sender.send(offsets.collect()));
        };
        // Where no thread can be had, the channel is closed with the closure.
        drop(std::thread::Builder::new().name("committed offsets".into()).spawn(ask));
        answer
    }

    /// Goes back to the committed offsets of `partitions`. An abort does not do it by itself, nor does a
    /// pause. A partition without a committed offset goes back to `first_seen`, the first offset that
    /// this member read of it.
    ///
    /// # Errors
    ///
    /// When the committed offsets cannot be read or a seek fails within `timeout`.
    pub fn rewind(&self, partitions: &[(PartitionId, i64)], timeout: Duration) -> KafkaResult<()> {
        if partitions.is_empty() {
            return Ok(());
        }
        let mut wanted = TopicPartitionList::new();
        for (id, _) in partitions {
            wanted.add_partition(&id.topic, id.partition);
        }
        let mut committed = self.consumer.committed_offsets(wanted, timeout)?;
        for (id, first_seen) in partitions {
            let mut found = committed.find_partition(&id.topic, id.partition);
            let Some(element) = found.as_mut() else { continue };
            element.error()?;
            if !matches!(element.offset(), Offset::Offset(offset) if offset >= 0) {
                committed.set_partition_offset(&id.topic, id.partition, Offset::Offset(*first_seen))?;
            }
        }
        let sought = self.consumer.seek_partitions(committed, timeout)?;
        sought.elements().iter().try_for_each(TopicPartitionListElem::error)
    }

    /// Identity and generation of this member, for the transaction's offsets (KIP-447).
    #[must_use]
    pub fn group_metadata(&self) -> Option<ConsumerGroupMetadata> {
        self.consumer.group_metadata()
    }

    /// Leaves the group within `timeout`. Returns whether the client is closed; if not, it goes on leaving on a
    /// thread of its own, since rust-rdkafka's drop waits without a limit (rust-rdkafka #509), and a client that
    /// is neither polled nor closed would keep its partitions until `max.poll.interval.ms`.
    pub fn close(self, timeout: Duration) -> bool {
        let deadline = Instant::now() + timeout;
        self.consumer.context().closing.store(true, Ordering::Release);
        let outstanding: Vec<Notice> = self.consumer.context().queue().drain(..).collect();
        for notice in outstanding {
            if let Notice::Assigned(partitions) | Notice::Revoked(partitions) = notice {
                let _ = release(&self.consumer, &partitions);
            }
        }
        let closing = self.consumer.close_queue().is_ok();
        while closing && !self.consumer.closed() && Instant::now() < deadline {
            let _ = self.consumer.poll(Duration::from_millis(20));
        }
        let closed = closing && self.consumer.closed();
        if !closed {
            // Where no thread can be had, the closure is dropped here, and its client with it.
            let leaving = self.consumer;
            let _ = std::thread::Builder::new().name("leave group".into()).spawn(move || drop(leaving));
        }
        closed
    }
}
