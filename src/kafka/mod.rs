//! The Kafka clients: what is read from a topic, what is written to one, and under which guarantees.
//!
//! ```text
//!   properties   every librdkafka property that this service sets, and why
//!   consumer     the group member: records, assignments and errors as values, never as callbacks
//!   record       a record detached from the client's buffers
//!   producer     records on their way out, and what became of them
//!   batch        offsets and output together: a transaction, or a delivery that is waited for
//!   errors       what a client error asks for: again, abort, rebuild, stop
//!   refusal      what a broker refuses us, and the remedy
//!   token        access tokens for OAUTHBEARER
//!   probe        what brokers say to a configuration, before it runs
//!   topic_reader a topic from its beginning to its end, for commands
//!   client_log   librdkafka's own log lines and reports of problems
//!   statistics   lag and broker states from librdkafka's own figures
//!   embedded     a broker in this process, for the demo
//! ```
//!
//! Everything here is called from one thread, see [`crate::pipeline`].

mod batch;
mod client_log;
mod consumer;
mod embedded;
mod errors;
mod probe;
mod producer;
mod properties;
mod record;
mod refusal;
mod statistics;
mod token;
mod topic_reader;

pub use batch::{BatchWriter, CloseError, GoOn};
pub use consumer::{CommittedOffsets, GroupConsumer, Polled};
pub use embedded::{EmbeddedBroker, EmbeddedBrokerError};
pub use errors::{Verdict, verdict};
pub use probe::{Probe, ProbeError};
pub use producer::{FailedDelivery, Objection, OutputProducer, SendError, TopicState};
pub use properties::{consumer_config, producer_config, without_values};
pub use record::{IncomingRecord, OutgoingRecord, PartitionId, SourceOffset};
pub use refusal::{Concern, Refusal, RefusalKind};
pub use statistics::{ClientStatistics, PartitionStatistics, Progress};
pub use token::{TokenError, Tokens};
pub use topic_reader::{TopicReadError, TopicReader, TopicRecord};
