//! Dead letters as operators meet them, on a real Kafka broker: the commands `tonewire dlq list`, `show` and `replay`,
//! and the limits after which the service stops. Where there is no broker the tests are shown as ignored with the
//! reason; with `KAFKA_TESTS_REQUIRED=1` they fail.

#![allow(clippy::float_cmp, clippy::cast_precision_loss, reason = "Prometheus counts in small whole floats")]
#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod documentation;
mod limits;
mod listing;
mod poison;
mod replays;

use libtest_mimic::{Arguments, Completion, Trial};

use support::broker::KafkaBroker;

type Test = fn(&'static KafkaBroker);

fn main() {
    let mut arguments = Arguments::from_args();
    // Each service uses all cores.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let conclusion = libtest_mimic::run(&arguments, trials());
    KafkaBroker::stop_shared();
    conclusion.exit();
}

/// Names a test after its function alone.
macro_rules! trials {
    ($($module:ident :: $test:ident),+ $(,)?) => {
        vec![$(trial(stringify!($test), $module::$test)),+]
    };
}

fn trials() -> Vec<Trial> {
    trials![
        documentation::every_command_of_the_page_on_dead_letters_does_what_it_is_there_for,
        listing::list_shows_letters_of_every_header_format_and_commits_nothing,
        listing::list_of_an_empty_topic_and_of_one_with_open_and_aborted_transactions_ends,
        listing::show_gives_all_headers_and_the_original_bytes,
        replays::a_replay_sends_the_original_bytes_once_and_a_second_one_nothing,
        replays::a_record_that_fails_again_is_a_letter_with_a_growing_count,
        replays::what_cannot_be_sent_is_told_and_the_rest_is_sent,
        limits::too_many_bad_records_in_a_row_stop_the_service_and_nothing_is_lost,
        limits::too_large_a_share_of_bad_records_stops_the_service_and_nothing_is_lost,
    ]
}

fn trial(name: &str, test: Test) -> Trial {
    Trial::ignorable_test(name, move || match KafkaBroker::shared() {
        Ok(broker) => {
            test(broker);
            Ok(Completion::Completed)
        }
        Err(why) => why.answer(),
    })
}
