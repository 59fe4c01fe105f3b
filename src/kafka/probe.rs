//! What brokers say to a configuration before it runs: are they there, is it they, do they let us in, and may
//! we read? Nothing is changed by asking: no group is joined, no transactional id is claimed.

use std::collections::HashSet;
use std::error::Error;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::{ClientContext, OAuthToken};
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::config::KafkaConfig;

use super::properties::{consumer_config, without_values};
use super::refusal::{Concern, Refusal, RefusalKind, is_about_our_certificate, remedy_for_other_protocol};
use super::token::Tokens;

/// One question to a broker; between two, callbacks are served.
const QUESTION_TIME: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(50);

/// Why a question has no good answer.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// librdkafka refuses the configuration.
    #[error("the kafka client refuses its configuration: {0}")]
    Client(#[source] KafkaError),
    /// Nobody answers.
    #[error("no answer from {brokers} within {} s: {reason}; check kafka.brokers, the network, and kafka.security.protocol (a broker that expects TLS does not answer a client without it)", limit.as_secs())]
    Unreachable { brokers: String, limit: Duration, reason: String },
    /// One side speaks TLS, the other does not.
    #[error("kafka.security.protocol = {protocol:?} fails at {brokers}: {reason}; {remedy}")]
    Protocol { protocol: String, brokers: String, reason: String, remedy: &'static str },
    /// The name in the certificate is another one.
    #[error(
        "TLS: the broker's certificate is genuine, but not for the name in kafka.brokers = {brokers:?}: {reason}; use a name that the certificate has, or give the broker a certificate for this one"
    )]
    HostName { brokers: String, reason: String },
    /// The certificate cannot be trusted.
    #[error(
        "TLS: the broker's certificate cannot be trusted: {reason}; kafka.security.ca_file must hold the authority that issued it, and the certificate must not have expired (`openssl s_client -connect HOST:PORT` shows both)"
    )]
    Certificate { reason: String },
    /// Another failure of TLS.
    #[error(
        "TLS: {reason}; check kafka.security.protocol, and certificate_file and key_file if the broker asks for a client certificate"
    )]
    Tls { reason: String },
    /// The broker does not let us in.
    #[error("authentication: {reason}; check {keys}")]
    Login { reason: String, keys: &'static str },
    /// The broker knows us, and an ACL is missing.
    #[error("authorization: {what} is refused: {reason}; {}", refusal.remedy())]
    Forbidden { what: String, refusal: Refusal, reason: String },
}

/// Notes what goes wrong, instead of logging it: the newest problem and the first refusal.
#[derive(Default)]
struct Notes {
    tokens: Tokens,
    refused: Mutex<Option<(Refusal, RDKafkaErrorCode, String)>>,
    problem: Mutex<Option<String>>,
    /// Whether a handshake came to its end.
    verified: Mutex<bool>,
}

impl ClientContext for Notes {
    const ENABLE_REFRESH_OAUTH_TOKEN: bool = true;

    fn log(&self, _level: RDKafkaLogLevel, facility: &str, message: &str) {
        if facility == "SSLVERIFY" && message.contains("certificate verified") {
            *self.verified.lock().unwrap_or_else(PoisonError::into_inner) = true;
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        if let (Some(refusal), Some(code)) = (Refusal::of(&error), error.rdkafka_error_code()) {
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.get_or_insert((refusal, code, reason.to_owned()));
        } else if error.rdkafka_error_code() != Some(RDKafkaErrorCode::AllBrokersDown) {
            *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
        }
    }

    fn generate_oauth_token(&self, _config: Option<&str>) -> Result<OAuthToken, Box<dyn Error>> {
        Ok(self.tokens.token()?)
    }
}

impl ConsumerContext for Notes {}

/// A connection to the brokers of a configuration.
pub struct Probe<'a> {
    kafka: &'a KafkaConfig,
    client: BaseConsumer<Notes>,
    limit: Duration,
}

impl<'a> Probe<'a> {
    /// Connects and logs in.
    ///
    /// # Errors
    /// [`ProbeError`], at the latest after `limit`.
    pub fn connect(kafka: &'a KafkaConfig, limit: Duration) -> Result<Self, ProbeError> {
        let mut config = consumer_config(kafka);
        config.set("enable.partition.eof", "true").set("statistics.interval.ms", "0");
        let client = client(&config, Tokens::from(kafka.oauth_token.as_ref()))?;
        let probe = Self { kafka, client, limit };
        match probe.partitions(&kafka.output_topic) {
            // A broker that refuses a topic has let us in; what else it refuses is asked question by question.
            Ok(_) | Err(ProbeError::Forbidden { .. }) => Ok(probe),
            Err(error) => Err(error),
        }
    }

    /// Number of partitions of a topic; 0 for one that is not there.
    ///
    /// # Errors
    /// [`ProbeError`], at the latest after the limit.
    pub fn partitions(&self, topic: &str) -> Result<usize, ProbeError> {
        let answer = self.ask(|client| client.fetch_metadata(Some(topic), QUESTION_TIME))?;
        let found = answer.topics().iter().find(|found| found.name() == topic);
        let Some(found) = found else { return Ok(0) };
        if let Some(code) = found.error().map(RDKafkaErrorCode::from)
            && let Some(refusal) = Refusal::of_code(code)
        {
            return Err(forbidden(format!("the topic {topic:?}"), refusal, code.to_string()));
        }
        Ok(found.partitions().len())
    }

    /// Whether the group's offsets can be read, which the group's READ right allows.
    ///
    /// # Errors
    /// [`ProbeError`], at the latest after the limit.
    pub fn group(&self) -> Result<(), ProbeError> {
        self.ask(|client| {
            let mut wanted = TopicPartitionList::new();
            for topic in &self.kafka.input_topics {
                wanted.add_partition(topic, 0);
            }
            client.committed_offsets(wanted, QUESTION_TIME)
        })
        .map(|_| ())
    }

    /// Whether a topic can be read: from its end, so that no record has to be fetched.
    ///
    /// # Errors
    /// [`ProbeError`], at the latest after the limit.
    pub fn read(&self, topic: &str, partitions: usize) -> Result<(), ProbeError> {
        let mut wanted = TopicPartitionList::new();
        for partition in (0..).take(partitions) {
            let _ = wanted.add_partition_offset(topic, partition, Offset::End);
        }
        self.client.assign(&wanted).map_err(ProbeError::Client)?;
        let mut seen = HashSet::new();
        let deadline = Instant::now() + self.limit;
        while seen.len() < partitions {
            match self.client.poll(POLL) {
                Some(Ok(message)) => seen.insert(message.partition()),
                Some(Err(KafkaError::PartitionEOF(partition))) => seen.insert(partition),
                Some(Err(_)) | None => false,
            };
            self.refused(&format!("reading the topic {topic:?}"))?;
            if Instant::now() >= deadline {
                return Err(self.unreachable());
            }
        }
        Ok(())
    }

    /// Asks until there is an answer, a refusal, or no time left.
    fn ask<T>(
        &self,
        question: impl Fn(&BaseConsumer<Notes>) -> Result<T, KafkaError>,
    ) -> Result<T, ProbeError> {
        let deadline = Instant::now() + self.limit;
        loop {
            // Tokens are only asked for, and problems only told, while the client is polled.
            let _ = self.client.poll(POLL);
            let error = match question(&self.client) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let (Some(refusal), Some(code)) = (Refusal::of(&error), error.rdkafka_error_code())
                && refusal.kind == RefusalKind::Authorization
            {
                return Err(self.forbidden_by(refusal, &code.to_string()));
            }
            let _ = self.client.poll(POLL);
            self.refused("the connection")?;
            if Instant::now() >= deadline {
                return Err(self.unreachable());
            }
        }
    }

    fn forbidden_by(&self, refusal: Refusal, reason: &str) -> ProbeError {
        let what = match refusal.concern {
            Concern::Group => format!("the group {:?}", self.kafka.group_id),
            _ => format!("the {}", refusal.concern.as_str()),
        };
        forbidden(what, refusal, reason.to_owned())
    }

    /// What the callbacks have noted.
    fn refused(&self, what: &str) -> Result<(), ProbeError> {
        let noted = self.client.context().refused.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((refusal, code, reason)) = noted else { return Ok(()) };
        Err(match (refusal.kind, code) {
            (RefusalKind::Authorization, _) if refusal.concern == Concern::Topic => {
                forbidden(what.to_owned(), refusal, reason)
            }
            (RefusalKind::Authorization, _) => self.forbidden_by(refusal, &reason),
            (_, RDKafkaErrorCode::SSL) => self.tls_problem(reason),
            _ => ProbeError::Login { reason, keys: self.login_keys() },
        })
    }

    fn login_keys(&self) -> &'static str {
        if self.kafka.oauth_token.is_some() {
            "kafka.security.oauth_token_file or oauth_token_command, and that the broker accepts the token's issuer"
        } else {
            "kafka.security.sasl_mechanism, sasl_username and sasl_password_file"
        }
    }

    fn tls_problem(&self, reason: String) -> ProbeError {
        if !reason.contains("verif") {
            return ProbeError::Tls { reason };
        }
        if self.certificate_is_genuine() {
            return ProbeError::HostName { brokers: self.kafka.brokers.clone(), reason };
        }
        ProbeError::Certificate { reason }
    }

    /// Whether TLS succeeds once the host name does not matter. Nothing secret is sent on that connection:
    /// it ends with the handshake, without a login.
    fn certificate_is_genuine(&self) -> bool {
        let mut config = consumer_config(self.kafka);
        for login in ["sasl.mechanisms", "sasl.username", "sasl.password"] {
            config.remove(login);
        }
        config
            .set("security.protocol", "ssl")
            .set("ssl.endpoint.identification.algorithm", "none")
            .set("debug", "security")
            // rust-rdkafka would take the level of our own log, and the line awaited is one of debugging.
            .set_log_level(RDKafkaLogLevel::Debug);
        let Ok(client) = client(&config, Tokens::default()) else { return false };
        let deadline = Instant::now() + QUESTION_TIME * 3;
        while Instant::now() < deadline {
            let _ = client.poll(POLL);
            let _ = client.fetch_metadata(Some(&self.kafka.output_topic), POLL * 4);
            if *client.context().verified.lock().unwrap_or_else(PoisonError::into_inner) {
                return true;
            }
        }
        false
    }

    fn unreachable(&self) -> ProbeError {
        let noted = self.client.context().problem.lock().unwrap_or_else(PoisonError::into_inner).take();
        let reason = noted.unwrap_or_else(|| "no connection".to_owned());
        if is_about_our_certificate(&reason) {
            // With TLS 1.3 a broker misses the client's certificate after the handshake: librdkafka then reports a
            // lost connection.
            return ProbeError::Tls { reason };
        }
        if let Some(remedy) = remedy_for_other_protocol(&reason) {
            let protocol = self.kafka.security.iter().find(|(property, _)| property == "security.protocol");
            let protocol =
                protocol.map_or_else(|| "plaintext".to_owned(), |(_, value)| value.expose().to_owned());
            return ProbeError::Protocol { protocol, brokers: self.kafka.brokers.clone(), reason, remedy };
        }
        ProbeError::Unreachable { brokers: self.kafka.brokers.clone(), limit: self.limit, reason }
    }
}

fn forbidden(what: String, refusal: Refusal, reason: String) -> ProbeError {
    ProbeError::Forbidden { what, refusal, reason }
}

fn client(config: &ClientConfig, tokens: Tokens) -> Result<BaseConsumer<Notes>, ProbeError> {
    config
        .create_with_context(Notes { tokens, ..Notes::default() })
        .map_err(|error| ProbeError::Client(without_values(error)))
}
