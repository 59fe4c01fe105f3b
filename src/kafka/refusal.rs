//! Refusals: a broker does not let this service in, or does not let it do something. A person has to change
//! that, so new attempts are made at a slow pace, and readiness says what is refused.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// What kind of a refusal it is. The words are values of a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalKind {
    /// Broker and service do not trust each other: TLS, password, token.
    Authentication,
    /// The broker knows who asks, and an ACL is missing.
    Authorization,
}

/// What is refused. The words are values of a metric's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Concern {
    Cluster,
    Topic,
    Group,
    TransactionalId,
}

/// A refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    pub kind: RefusalKind,
    pub concern: Concern,
}

impl RefusalKind {
    /// The label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "authentication",
            Self::Authorization => "authorization",
        }
    }
}

impl Concern {
    /// The label's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Topic => "topic",
            Self::Group => "group",
            Self::TransactionalId => "transactional_id",
        }
    }
}

impl Refusal {
    /// The refusal that an error code stands for, if it is one.
    #[must_use]
    pub fn of_code(code: RDKafkaErrorCode) -> Option<Self> {
        use RDKafkaErrorCode as Code;
        let (kind, concern) = match code {
            Code::SaslAuthenticationFailed | Code::Authentication | Code::SSL => {
                (RefusalKind::Authentication, Concern::Cluster)
            }
            Code::ClusterAuthorizationFailed => (RefusalKind::Authorization, Concern::Cluster),
            Code::TopicAuthorizationFailed => (RefusalKind::Authorization, Concern::Topic),
            Code::GroupAuthorizationFailed => (RefusalKind::Authorization, Concern::Group),
            Code::TransactionalIdAuthorizationFailed => {
                (RefusalKind::Authorization, Concern::TransactionalId)
            }
            _ => return None,
        };
        Some(Self { kind, concern })
    }

    /// The refusal that an error stands for, if it is one.
    #[must_use]
    pub fn of(error: &KafkaError) -> Option<Self> {
        match error {
            KafkaError::Transaction(native) => Self::of_code(native.code()),
            KafkaError::MessageConsumptionFatal(code) => Self::of_code(*code),
            _ => error.rdkafka_error_code().and_then(Self::of_code),
        }
    }

    /// The refusal that a client reports, if it is one, with what it says about it.
    ///
    /// With TLS 1.3 a broker judges the client's certificate after the handshake, and librdkafka reports a lost
    /// connection. Without new clients a renewed certificate would never be used.
    #[must_use]
    pub fn of_report(error: &KafkaError, reason: &str) -> Option<Self> {
        let by_alert = || {
            is_about_our_certificate(reason)
                .then_some(Self { kind: RefusalKind::Authentication, concern: Concern::Cluster })
        };
        Self::of(error).or_else(by_alert)
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match (self.kind, self.concern) {
            (RefusalKind::Authentication, _) => {
                "check kafka.security: certificates, authority, user and password or token; `tonewire check --connect` says more"
            }
            (_, Concern::Cluster) => "grant this user IDEMPOTENT_WRITE on the cluster (brokers before 2.8)",
            (_, Concern::Topic) => {
                "grant this user READ on the input topics, WRITE on the output and dead-letter topics"
            }
            (_, Concern::Group) => "grant this user READ on the group (kafka.group_id)",
            (_, Concern::TransactionalId) => {
                "grant this user WRITE and DESCRIBE on the transactional id, or set kafka.delivery = \"at_least_once\""
            }
        }
    }
}

/// Alerts of TLS with which a broker refuses a certificate or the lack of one (RFC 8446, section 6.2): bad, unsupported,
/// revoked, expired and unknown certificate, unknown authority, access denied, certificate required.
const CERTIFICATE_ALERTS: [u8; 8] = [42, 43, 44, 45, 46, 48, 49, 116];

/// Whether a report is about a TLS alert that the broker sent because of our certificate.
pub(super) fn is_about_our_certificate(reason: &str) -> bool {
    let Some((_, after)) = reason.split_once("SSL alert number ") else { return false };
    let digits = after.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().is_ok_and(|alert: u8| CERTIFICATE_ALERTS.contains(&alert))
}

/// Beginnings of a TLS record, an alert of version 3.0 to 3.3, read as the length of an answer without TLS: so librdkafka
/// shows it.
const ALERTS_AS_LENGTHS: std::ops::RangeInclusive<u32> = 0x1503_0000..=0x1503_0303;

/// What to do about a report that shows one side to speak TLS and the other not to. A broker then just ends the
/// connection, so this is told apart from an outage by what librdkafka guesses.
pub(super) fn remedy_for_other_protocol(reason: &str) -> Option<&'static str> {
    if reason.contains("PLAINTEXT broker listener") || reason.contains("wrong version number") {
        return Some(
            "kafka.security.protocol asks for TLS, and this port does not seem to speak it: set it to plaintext or sasl_plaintext, or name the TLS port in kafka.brokers",
        );
    }
    let is_alert = || {
        let (_, after) = reason.split_once("Invalid response size ")?;
        after.split(' ').next()?.parse::<u32>().ok().filter(|size| ALERTS_AS_LENGTHS.contains(size))
    };
    if reason.contains("incorrect security.protocol")
        || reason.contains("connecting to a SSL listener")
        || is_alert().is_some()
    {
        return Some(
            "kafka.security.protocol does not seem to be the one of this port: set it to ssl or sasl_ssl if the port speaks TLS, to sasl_ssl or sasl_plaintext if it asks for a log-in",
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_refused_after_the_handshake_is_a_refused_log_in_and_a_lost_connection_is_none() {
        let lost = KafkaError::Global(RDKafkaErrorCode::BrokerTransportFailure);
        let reason = "ssl://b:9093/bootstrap: Receive failed: error:0A000412:SSL routines::ssl/tls alert bad \
                      certificate: SSL alert number 42 (after 0ms in state APIVERSION_QUERY)";
        let refusal = Refusal::of_report(&lost, reason).unwrap();
        assert_eq!(refusal, Refusal { kind: RefusalKind::Authentication, concern: Concern::Cluster });
        // 80: internal error of the broker.
        for other in ["SSL alert number 80", "SSL alert number 421", "Connection refused", ""] {
            assert_eq!(Refusal::of_report(&lost, other), None, "{other}");
        }
    }

    #[test]
    fn tls_on_one_side_only_is_told_from_an_outage() {
        for (reason, word) in [
            (
                "SSL handshake failed: Disconnected: connecting to a PLAINTEXT broker listener?",
                "asks for TLS",
            ),
            (
                "Invalid response size 352518912 (0..100000000): increase receive.message.max.bytes",
                "set it to ssl",
            ),
            (
                "Disconnected while requesting ApiVersion: might be caused by incorrect security.protocol",
                "set it to ssl",
            ),
        ] {
            assert!(remedy_for_other_protocol(reason).unwrap().contains(word), "{reason}");
        }
        for outage in ["Connection refused", "Disconnected", "Invalid response size 200000000 (0..100000000)"]
        {
            assert_eq!(remedy_for_other_protocol(outage), None, "{outage}");
        }
    }
}
