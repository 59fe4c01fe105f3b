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
