//! Input formats: small files written for the project, damage to them, and real files where those lie beside the
//! repository.

#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod damage;
mod files;
mod samples;

use libtest_mimic::{Arguments, Trial};
use tonewire::article::Decoder;
use tonewire::config::{Config, InputConfig, Settings};

/// A decoder by the defaults, changed as told.
fn decoder(change: impl FnOnce(&mut InputConfig)) -> Decoder {
    let mut input = Config::from_settings(Settings::default()).expect("the defaults are valid").input;
    change(&mut input);
    Decoder::new(&input)
}

fn main() {
    macro_rules! trials {
        ($($module:ident::$test:ident),* $(,)?) => {
            vec![$(Trial::test(stringify!($test), || {
                $module::$test();
                Ok(())
            })),*]
        };
    }
    let mut trials = trials![
        files::every_file_is_read_as_expected_by_detection_and_by_configuration,
        files::every_format_has_a_file,
        files::a_file_under_another_formats_name_is_an_error_or_a_text_but_never_a_panic,
        files::entities_once_and_doubly_escaped_and_certain_mojibake_are_read_as_meant,
        files::the_same_article_has_one_id_in_every_version,
        files::every_format_and_every_code_is_in_the_documentation,
        damage::a_file_cut_off_anywhere_never_panics,
        damage::a_damaged_file_never_panics,
        damage::each_kind_of_damage_has_a_code_of_its_own,
        damage::what_is_made_to_exhaust_its_reader_is_refused_or_read_at_once,
    ];
    trials.push(Trial::ignorable_test("every_sample_file_is_read", samples::every_sample_file_is_read));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
