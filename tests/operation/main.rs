//! Operation of the service on a real Kafka broker, as its operators meet it: codecs, cardinality of metrics, odd
//! timestamps, assignment strategies, framed values, readable output, partitions of keys, repeated articles. Tests
//! are named after the cases of the requirements (`o07_...`). Where there is no broker they are shown as ignored with
//! the reason; with `KAFKA_TESTS_REQUIRED=1` they fail. `FAULTS_PROFILE=long` runs them in full size.

#![allow(clippy::float_cmp, clippy::cast_precision_loss, reason = "Prometheus counts in small whole floats")]
#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod cardinality;
mod codecs;
mod framed;
mod health;
mod keys;
mod lag;
mod missing_topics;
mod readable;
mod repeats;
mod strategies;
mod timestamps;

use libtest_mimic::{Arguments, Completion, Trial};

use support::broker::KafkaBroker;
use support::cluster::Cluster;

type Test = fn(&'static KafkaBroker);
/// A test that has brokers for itself, since it takes them away.
type ClusterTest = fn(&Cluster);

fn main() {
    let mut arguments = Arguments::from_args();
    // Each service uses all cores.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let conclusion = libtest_mimic::run(&arguments, trials());
    KafkaBroker::stop_shared();
    conclusion.exit();
}

/// Names a test after its function alone, which begins with the case.
macro_rules! trials {
    ($($module:ident :: $test:ident),+ $(,)?) => {
        vec![$(trial(stringify!($test), $module::$test)),+]
    };
}

fn trials() -> Vec<Trial> {
    let mut trials = trials![
        codecs::o07_records_of_every_codec_are_enriched_and_the_version_lists_the_codecs,
        cardinality::o18_thousands_of_names_languages_and_sources_add_few_series,
        timestamps::o19_odd_timestamps_are_clamped_and_counted_and_no_sum_ever_falls,
        strategies::o20_bad_combinations_are_refused_at_the_start_with_property_and_remedy,
        strategies::o20_a_member_with_another_strategy_does_not_take_the_group_down,
        framed::o22_a_framed_value_is_read_or_named_and_the_next_one_comes_out,
        readable::o23_every_record_is_one_json_line_with_stable_types,
        keys::o24_a_key_keeps_its_partition_number_from_input_to_output,
        repeats::o26_the_same_article_twice_gives_the_same_bytes_and_hash,
        lag::o09_every_partition_has_one_lag_that_is_true_while_partitions_move,
        lag::o09_lag_is_0_behind_the_markers_of_transactions,
        lag::o09_the_last_commit_and_the_time_since_are_told_for_alerts,
        missing_topics::o11_one_missing_input_topic_of_two_is_named_while_the_other_is_read,
        health::o17_an_instance_without_a_partition_stands_by_ready_and_takes_over,
    ];
    trials.extend([
        on_cluster(
            "o11_missing_topics_are_named_not_created_and_waited_for",
            (1, "auto.create.topics.enable=true\nnum.partitions=3\n"),
            missing_topics::o11_missing_topics_are_named_not_created_and_waited_for,
        ),
        on_cluster(
            "o17_readiness_falls_within_30_s_of_losing_the_broker_and_liveness_never",
            (1, ""),
            health::o17_readiness_falls_within_30_s_of_losing_the_broker_and_liveness_never,
        ),
        on_cluster(
            "o17_readiness_falls_within_30_s_of_a_broker_that_keeps_its_connections_and_is_silent",
            (1, ""),
            health::o17_readiness_falls_within_30_s_of_a_broker_that_keeps_its_connections_and_is_silent,
        ),
        on_cluster(
            "o17_readiness_does_not_flap_while_one_of_three_brokers_is_away",
            (3, ""),
            health::o17_readiness_does_not_flap_while_one_of_three_brokers_is_away,
        ),
    ]);
    trials
}

/// Whether tests run in full size rather than in minutes.
fn is_long() -> bool {
    std::env::var("FAULTS_PROFILE").is_ok_and(|profile| profile == "long")
}

fn trial(name: &str, test: Test) -> Trial {
    Trial::ignorable_test(name, move || {
        let broker = match KafkaBroker::shared() {
            Ok(broker) => broker,
            Err(why) => return why.answer(),
        };
        test(broker);
        Ok(Completion::Completed)
    })
}

/// A test on brokers of its own: so many, with these lines in their configuration.
fn on_cluster(name: &str, brokers: (usize, &'static str), test: ClusterTest) -> Trial {
    Trial::ignorable_test(name, move || {
        let cluster = match Cluster::start_with(brokers.0, brokers.1) {
            Ok(cluster) => cluster,
            Err(why) => return why.answer(),
        };
        test(&cluster);
        Ok(Completion::Completed)
    })
}
