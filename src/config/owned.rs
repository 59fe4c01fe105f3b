//! librdkafka properties that the pass-through tables refuse, because the service sets them itself and
//! its guarantees depend on the value.

/// Why a property may not be passed through, and what to use instead.
pub(super) struct Owned {
    pub(super) property: &'static str,
    pub(super) reason: &'static str,
    pub(super) instead: &'static str,
}

const fn owned(property: &'static str, reason: &'static str, instead: &'static str) -> Owned {
    Owned { property, reason, instead }
}

const OFFSETS: &str = "offsets are committed only after the output they belong to";
const NO_CHOICE: &str = "remove it";
const TWICE: &str = "it has a key of its own, and would be given twice";
const TIMEOUTS: &str = "the timeouts are checked against one another";

const OWNED: &[Owned] = &[
    owned("enable.auto.commit", OFFSETS, NO_CHOICE),
    // Interval 0 switches commits off altogether.
    owned("auto.commit.interval.ms", OFFSETS, NO_CHOICE),
    owned("enable.auto.offset.store", OFFSETS, NO_CHOICE),
    owned("auto.commit.enable", OFFSETS, NO_CHOICE),
    owned("offset.store.method", OFFSETS, NO_CHOICE),
    owned("enable.partition.eof", "the loop does not expect end-of-partition events", NO_CHOICE),
    owned("auto.offset.reset", TWICE, "set kafka.start_from"),
    owned("isolation.level", "articles of aborted transactions must not be read", NO_CHOICE),
    owned("transactional.id", TWICE, "set kafka.transactional_id_prefix and kafka.instance_name"),
    owned("transaction.timeout.ms", TIMEOUTS, "set kafka.transaction.timeout_ms"),
    owned("session.timeout.ms", TIMEOUTS, "set kafka.session_timeout_ms"),
    owned("max.poll.interval.ms", TIMEOUTS, "set kafka.max_poll_interval_ms"),
    owned("enable.idempotence", "without it a retried record comes twice", NO_CHOICE),
    owned("acks", "a record counts as sent when all replicas have it", NO_CHOICE),
    owned("request.required.acks", "a record counts as sent when all replicas have it", NO_CHOICE),
    owned("group.id", TWICE, "set kafka.group_id"),
    owned("bootstrap.servers", TWICE, "set kafka.brokers"),
    owned("metadata.broker.list", TWICE, "set kafka.brokers"),
    owned("statistics.interval.ms", "lag and broker metrics are made from the statistics", NO_CHOICE),
    owned("security.protocol", TWICE, "set kafka.security.protocol"),
    owned("sasl.mechanism", TWICE, "set kafka.security.sasl_mechanism"),
    owned("sasl.mechanisms", TWICE, "set kafka.security.sasl_mechanism"),
    owned("sasl.username", TWICE, "set kafka.security.sasl_username"),
    owned("sasl.password", TWICE, "set kafka.security.sasl_password_file"),
    owned("sasl.oauthbearer.config", TWICE, "set kafka.security.oauth_token_file or oauth_token_command"),
    owned("enable.sasl.oauthbearer.unsecure.jwt", "a token that nobody signed proves nothing", NO_CHOICE),
    owned(
        "sasl.oauthbearer.method",
        "this program has no HTTP client for tokens",
        "set kafka.security.oauth_token_command",
    ),
    owned("ssl.ca.location", TWICE, "set kafka.security.ca_file"),
    owned("ssl.certificate.location", TWICE, "set kafka.security.certificate_file"),
    owned("ssl.key.location", TWICE, "set kafka.security.key_file"),
    owned("ssl.key.password", TWICE, "set kafka.security.key_password_file"),
];

/// The entry of a property that the service owns.
pub(super) fn find(property: &str) -> Option<&'static Owned> {
    OWNED.iter().find(|owned| owned.property.eq_ignore_ascii_case(property))
}
