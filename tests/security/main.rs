//! TLS, log-ins, ACLs and secrets, against a real Kafka broker with an authority that the tests make.
//!
//! Where no broker can be had, the tests are shown as ignored with the reason; with `KAFKA_TESTS_REQUIRED=1`
//! they fail. `FAULTS_PROFILE=long` waits as long as the operation cases say.

#![allow(clippy::float_cmp, clippy::cast_precision_loss, reason = "Prometheus counts in small whole floats")]
#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "other test binaries use more of the shared code")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod logins;
mod papers;
mod refusals;
mod secrets;
mod tokens;

use libtest_mimic::{Arguments, Completion, Trial};

use support::secure_broker::SecureBroker;

type Test = fn(&'static SecureBroker);

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let conclusion = libtest_mimic::run(&arguments, trials());
    SecureBroker::stop_shared();
    conclusion.exit();
}

/// Names a test after its function.
macro_rules! trials {
    ($($module:ident :: $test:ident),+ $(,)?) => {
        vec![$(trial(concat!(stringify!($module), "::", stringify!($test)), $module::$test)),+]
    };
}

#[rustfmt::skip]
fn trials() -> Vec<Trial> {
    trials![
        logins::articles_go_through_tls,
        logins::articles_go_through_tls_with_a_client_certificate,
        logins::articles_go_through_with_an_encrypted_key,
        logins::articles_go_through_with_sasl_plain,
        logins::articles_go_through_with_scram_sha_256,
        logins::articles_go_through_with_scram_sha_512,
        logins::articles_go_through_with_a_token_from_a_file,
        logins::articles_go_through_with_a_token_from_a_command,
        refusals::check_tells_a_wrong_authority_name_or_date_from_a_wrong_login,
        refusals::check_tells_what_an_acl_does_not_allow,
        refusals::a_wrong_password_is_told_and_a_corrected_file_heals_without_a_restart,
        refusals::a_wrong_authority_is_told_and_does_not_end_the_service,
        refusals::an_expired_token_is_told_and_a_renewed_one_heals_without_a_restart,
        refusals::a_key_that_its_password_does_not_open_ends_the_start_with_a_clear_error,
        refusals::a_wrong_client_certificate_is_told_and_a_replaced_one_heals_without_a_restart,
        refusals::a_port_of_another_protocol_is_told_and_does_not_end_the_service,
        refusals::a_key_that_cannot_be_read_is_an_error_and_one_that_everybody_may_read_a_warning,
        access::o12_read_on_the_input_topic_denied_then_granted,
        access::o12_read_on_the_input_topic_explicitly_denied_then_granted,
        access::o12_read_on_the_group_denied_then_granted,
        access::o12_write_on_the_output_topic_denied_then_granted,
        access::o12_write_on_the_transactional_id_denied_then_granted,
        access::o12_write_on_the_dead_letter_topic_denied_then_granted,
        access::o12_write_on_the_output_topic_in_at_least_once_mode_denied_then_granted,
        access::the_acls_of_the_documentation_are_all_that_each_mode_needs,
        secrets::o25_no_secret_is_ever_written_down,
    ]
}

fn trial(name: &str, test: Test) -> Trial {
    Trial::ignorable_test(name, move || match SecureBroker::shared() {
        Ok(broker) => {
            test(broker);
            Ok(Completion::Completed)
        }
        Err(why) => why.answer(),
    })
}
