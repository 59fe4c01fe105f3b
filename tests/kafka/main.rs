//! The service against a real Kafka broker. Where there is none, the tests are shown as ignored with the
//! reason; with `KAFKA_TESTS_REQUIRED=1` they fail.

#![allow(clippy::float_cmp, clippy::cast_precision_loss, reason = "Prometheus counts in small whole floats")]
#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod actor_rows;
mod carried_over;
mod clients;
mod crashes;
mod poison;
mod records;
mod restarts;
mod sharing;
mod telemetry;

use std::process::Command;

use libtest_mimic::{Arguments, Completion, Trial};

use support::broker::{BROKERS_VARIABLE, KafkaBroker};

type Test = fn(&'static KafkaBroker);
/// What a test needs beside a broker: the reason when it is not there.
type Need = fn() -> Option<&'static str>;

fn main() {
    let mut arguments = Arguments::from_args();
    // Two instances of a service that uses all cores are enough for a small machine.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let conclusion = libtest_mimic::run(&arguments, trials());
    KafkaBroker::stop_shared();
    conclusion.exit();
}

/// Names a test after its function.
macro_rules! trials {
    ($($(#[needs($need:path)])? $module:ident :: $test:ident),+ $(,)?) => {
        vec![$(trial(
            concat!(stringify!($module), "::", stringify!($test)),
            &[$($need)?],
            $module::$test,
        )),+]
    };
}

#[rustfmt::skip]
fn trials() -> Vec<Trial> {
    let mut trials = trials![
        clients::an_aborted_transaction_is_hidden_from_read_committed_readers_only,
        #[needs(java)] clients::kafkas_own_console_consumer_reads_the_enriched_topic,
        actor_rows::the_rows_of_an_article_are_committed_with_its_enriched_record,
        carried_over::records_of_a_partition_come_out_in_the_order_they_went_in,
        carried_over::key_headers_and_timestamp_are_those_of_the_input_record,
        crashes::a_crash_in_the_middle_of_a_transaction_neither_loses_nor_repeats_a_committed_record,
        crashes::a_crash_in_at_least_once_mode_loses_no_record,
        crashes::an_instance_that_wakes_up_after_its_session_ended_adds_nothing,
        poison::unreadable_records_become_dead_letters_and_what_follows_comes_out,
        records::o03_poison_in_the_middle_of_a_partition_is_put_aside_once,
        records::o06_tombstones_empty_values_and_keys_of_every_form,
        records::o06_tombstones_are_passed_on_by_option,
        records::o08_headers_that_are_not_utf_8_null_or_repeated_are_carried_over,
        restarts::a_stop_under_load_and_a_start_neither_lose_nor_repeat_a_record_in_exactly_once_mode,
        restarts::a_stop_under_load_and_a_start_lose_no_record_in_at_least_once_mode,
        sharing::two_instances_share_four_partitions_and_every_record_comes_out_once,
        telemetry::every_record_received_is_counted_in_exactly_one_class,
        #[needs(promtool)] telemetry::promtool_finds_no_fault_in_a_scrape,
    ];
    trials.push(Trial::test("support::a_scrape_is_parsed_with_labels_escapes_and_exponents", || {
        support::metrics::a_scrape_is_parsed_with_labels_escapes_and_exponents();
        Ok(())
    }));
    trials
}

fn trial(name: &str, needs: &'static [Need], test: Test) -> Trial {
    Trial::ignorable_test(name, move || {
        if let Some(reason) = needs.iter().find_map(|need| need()) {
            return Ok(Completion::ignored_with(reason));
        }
        match KafkaBroker::shared() {
            Ok(broker) => {
                test(broker);
                Ok(Completion::Completed)
            }
            Err(why) => why.answer(),
        }
    })
}

fn promtool() -> Option<&'static str> {
    let found =
        Command::new("promtool").arg("--version").output().is_ok_and(|output| output.status.success());
    if found { None } else { Some("no promtool on the PATH (Debian package prometheus)") }
}

/// Kafka's tools come with the node. With a cluster given from outside they may be missing.
fn java() -> Option<&'static str> {
    let given = std::env::var(BROKERS_VARIABLE).is_ok_and(|value| !value.is_empty());
    let found =
        !given || Command::new("java").arg("-version").output().is_ok_and(|output| output.status.success());
    if found { None } else { Some("no java on the PATH for Kafka's console consumer") }
}
