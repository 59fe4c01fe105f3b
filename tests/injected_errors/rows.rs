//! The table: request, error, what follows.

use rdkafka::types::RDKafkaApiKey as Api;
use rdkafka::types::RDKafkaRespErr as Error;
use tonewire::config::Delivery;

/// What an injected error leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// The client gets over it by itself.
    Nothing,
    /// The batch is given up and its records are read again.
    BatchAgain,
    /// New clients; the records are read again.
    NewClients,
    /// The record that was refused alone becomes a dead letter; those after it come out.
    DeadLetter,
    /// The refusal is told, and waited for: a person grants the right, and all goes on.
    Waiting,
}

/// One kind of fault.
pub struct Row {
    pub delivery: Delivery,
    pub api: Api,
    pub error: Error,
    /// How many answers in a row.
    pub times: usize,
    pub then: Then,
}

impl Row {
    /// Such as `exactly_once::EndTxn_NOT_COORDINATOR_x2_leads_to_Nothing`.
    pub fn name(&self) -> String {
        let delivery = match self.delivery {
            Delivery::ExactlyOnce => "exactly_once",
            Delivery::AtLeastOnce => "at_least_once",
        };
        let error = format!("{:?}", self.error).replace("RD_KAFKA_RESP_ERR_", "");
        format!("{delivery}::{:?}_{error}_x{}_leads_to_{:?}", self.api, self.times, self.then)
    }
}

const fn row(delivery: Delivery, api: Api, error: Error, times: usize, then: Then) -> Row {
    Row { delivery, api, error, times, then }
}

const ONCE: Delivery = Delivery::ExactlyOnce;
const AT_LEAST: Delivery = Delivery::AtLeastOnce;

pub const ROWS: &[Row] = &[
    // Output.
    row(ONCE, Api::Produce, Error::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 2, Then::Nothing),
    row(ONCE, Api::Produce, Error::RD_KAFKA_RESP_ERR__TRANSPORT, 2, Then::Nothing),
    row(ONCE, Api::Produce, Error::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1, Then::DeadLetter),
    row(ONCE, Api::Produce, Error::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1, Then::BatchAgain),
    row(ONCE, Api::Produce, Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, Then::BatchAgain),
    row(ONCE, Api::Produce, Error::RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, 1, Then::NewClients),
    row(AT_LEAST, Api::Produce, Error::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, 2, Then::Nothing),
    row(AT_LEAST, Api::Produce, Error::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1, Then::DeadLetter),
    row(AT_LEAST, Api::Produce, Error::RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, 1, Then::BatchAgain),
    // The transaction.
    row(ONCE, Api::InitProducerId, Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2, Then::Nothing),
    row(ONCE, Api::InitProducerId, Error::RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 2, Then::Nothing),
    row(
        ONCE,
        Api::InitProducerId,
        Error::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        1,
        Then::Waiting,
    ),
    row(ONCE, Api::AddPartitionsToTxn, Error::RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS, 3, Then::Nothing),
    row(ONCE, Api::AddOffsetsToTxn, Error::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 2, Then::Nothing),
    row(ONCE, Api::TxnOffsetCommit, Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2, Then::Nothing),
    row(ONCE, Api::TxnOffsetCommit, Error::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1, Then::BatchAgain),
    row(ONCE, Api::TxnOffsetCommit, Error::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1, Then::BatchAgain),
    row(ONCE, Api::EndTxn, Error::RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2, Then::Nothing),
    row(ONCE, Api::EndTxn, Error::RD_KAFKA_RESP_ERR__TRANSPORT, 2, Then::Nothing),
    row(ONCE, Api::EndTxn, Error::RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, 1, Then::NewClients),
    row(ONCE, Api::EndTxn, Error::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, 1, Then::NewClients),
    row(ONCE, Api::EndTxn, Error::RD_KAFKA_RESP_ERR_PRODUCER_FENCED, 1, Then::NewClients),
    // Offsets without a transaction.
    row(AT_LEAST, Api::OffsetCommit, Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2, Then::Nothing),
    row(AT_LEAST, Api::OffsetCommit, Error::RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2, Then::Nothing),
    row(AT_LEAST, Api::OffsetCommit, Error::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1, Then::BatchAgain),
    row(AT_LEAST, Api::OffsetCommit, Error::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1, Then::BatchAgain),
    row(AT_LEAST, Api::OffsetCommit, Error::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, 1, Then::BatchAgain),
    row(AT_LEAST, Api::OffsetCommit, Error::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1, Then::Waiting),
    // The group.
    row(ONCE, Api::FindCoordinator, Error::RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE, 2, Then::Nothing),
    row(ONCE, Api::JoinGroup, Error::RD_KAFKA_RESP_ERR_NOT_COORDINATOR, 2, Then::Nothing),
    row(AT_LEAST, Api::JoinGroup, Error::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, 1, Then::Nothing),
    row(ONCE, Api::SyncGroup, Error::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, 1, Then::Nothing),
    row(AT_LEAST, Api::Heartbeat, Error::RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS, 1, Then::Nothing),
    row(AT_LEAST, Api::Heartbeat, Error::RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, 1, Then::BatchAgain),
    row(AT_LEAST, Api::Heartbeat, Error::RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION, 1, Then::BatchAgain),
    // Input.
    row(ONCE, Api::OffsetFetch, Error::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, 2, Then::Nothing),
    row(ONCE, Api::Fetch, Error::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, 2, Then::Nothing),
    row(ONCE, Api::Fetch, Error::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, 1, Then::Nothing),
    row(AT_LEAST, Api::Fetch, Error::RD_KAFKA_RESP_ERR__TRANSPORT, 2, Then::Nothing),
];
