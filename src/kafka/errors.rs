//! What an error of the client asks for.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::refusal::Refusal;

/// What to do about an error of the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Make the same call again: librdkafka resumes it (librdkafka #3041: never switch to another call).
    Retry,
    /// Give up the batch, go back to the committed offsets and do the work again.
    Abort,
    /// This client cannot go on; a new one can.
    Rebuild,
    /// Another instance works under our transactional id.
    Fenced,
    /// A person has to let us in; new clients try again until then.
    Refused(Refusal),
    /// No attempt can succeed until a person changes something.
    Stop,
}

/// Reads the three bits of transactional errors and the codes of all others.
#[must_use]
pub fn verdict(error: &KafkaError) -> Verdict {
    if let Some(refusal) = Refusal::of(error) {
        return Verdict::Refused(refusal);
    }
    if let KafkaError::Transaction(native) = error {
        if native.is_fatal() {
            return fatal_verdict(native.code());
        }
        if native.txn_requires_abort() {
            return Verdict::Abort;
        }
        if native.is_retriable() {
            return Verdict::Retry;
        }
        return code_verdict(native.code());
    }
    if let KafkaError::MessageConsumptionFatal(code) = error {
        return fatal_verdict(*code);
    }
    error.rdkafka_error_code().map_or(Verdict::Abort, code_verdict)
}

fn fatal_verdict(code: RDKafkaErrorCode) -> Verdict {
    use RDKafkaErrorCode as Code;
    match code {
        // The same error comes when the broker gave up our transaction after its timeout (KIP-360): only
        // a second instance keeps fencing us, so the caller stops after repeated fencing, not at once.
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch => Verdict::Fenced,
        code if is_unsupported(code) => Verdict::Stop,
        _ => Verdict::Rebuild,
    }
}

fn code_verdict(code: RDKafkaErrorCode) -> Verdict {
    use RDKafkaErrorCode as Code;
    match code {
        code if is_unsupported(code) => Verdict::Stop,
        // `Flush` with this code is what rust-rdkafka's commit gives while the brokers are away.
        Code::OperationTimedOut
        | Code::RequestTimedOut
        | Code::MessageTimedOut
        | Code::BrokerTransportFailure
        | Code::AllBrokersDown
        | Code::Resolve
        | Code::WaitingForCoordinator
        | Code::CoordinatorLoadInProgress
        | Code::CoordinatorNotAvailable
        | Code::NotCoordinator => Verdict::Retry,
        Code::Fenced | Code::ProducerFenced | Code::InvalidProducerEpoch => Verdict::Fenced,
        Code::Fatal | Code::State | Code::InvalidTransactionalState | Code::OutOfOrderSequenceNumber => {
            Verdict::Rebuild
        }
        _ => Verdict::Abort,
    }
}

/// Refused for what the broker is.
fn is_unsupported(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(code, Code::UnsupportedVersion | Code::UnsupportedFeature | Code::InvalidTransactionTimeout)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_that_times_out_is_tried_again() {
        assert_eq!(verdict(&KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut)), Verdict::Retry);
    }

    #[test]
    fn a_commit_from_a_stale_generation_gives_up_the_batch() {
        for code in [
            RDKafkaErrorCode::IllegalGeneration,
            RDKafkaErrorCode::UnknownMemberId,
            RDKafkaErrorCode::RebalanceInProgress,
        ] {
            assert_eq!(verdict(&KafkaError::ConsumerCommit(code)), Verdict::Abort);
        }
    }

    #[test]
    fn a_missing_right_waits_for_the_grant_and_a_missing_feature_ends_the_service() {
        let refused = verdict(&KafkaError::ConsumerCommit(RDKafkaErrorCode::GroupAuthorizationFailed));
        let Verdict::Refused(refusal) = refused else { panic!("{refused:?}") };
        assert_eq!((refusal.kind.as_str(), refusal.concern.as_str()), ("authorization", "group"));
        assert_eq!(verdict(&KafkaError::ConsumerCommit(RDKafkaErrorCode::UnsupportedVersion)), Verdict::Stop);
        assert_eq!(verdict(&KafkaError::MessageConsumptionFatal(RDKafkaErrorCode::Fenced)), Verdict::Fenced);
    }
}
