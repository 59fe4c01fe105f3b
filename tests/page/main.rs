//! The live page as people see it: the real program, its embedded broker, and headless Chromium that is driven by
//! `WebDriver` (<https://www.w3.org/TR/webdriver2/>).
//!
//! Where there is no Chromium the tests are shown as ignored with the reason; `PAGE_TESTS_REQUIRED=1` makes them fail.
//! `PAGE_PICTURES=DIR` writes what the page looks like, light and dark, wide and narrow.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]

mod access;
mod articles;
mod browser;
mod layout;
mod live;
mod program;
#[path = "../support/wait.rs"]
mod wait;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use browser::{Browser, Driver};

type Test = fn(&Browser);

fn main() {
    let mut arguments = Arguments::from_args();
    // Browsers are heavy, and one instance of the program serves several tests.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let conclusion = libtest_mimic::run(&arguments, trials());
    program::stop_shared();
    Driver::stop_shared();
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
        live::the_demo_prints_the_address_of_its_page_which_fills_and_moves,
        live::a_click_on_an_actor_opens_its_evidence_and_a_link_its_article,
        live::everything_is_reached_by_keyboard_and_escape_leads_back,
        live::the_address_says_what_is_open_so_that_back_and_links_work,
        live::a_pause_stops_the_page_and_nothing_else,
        live::an_instance_that_ends_is_told_and_what_was_shown_stays,
        articles::markup_and_script_in_an_article_stay_text_and_do_not_run,
        articles::mentions_are_marked_by_polarity_and_holder_and_not_by_colour_alone,
        access::the_token_is_asked_for_kept_by_the_tab_and_needed_for_all_data,
        access::an_address_that_others_reach_shows_figures_and_no_articles_without_a_token,
        access::the_browser_is_told_to_load_and_run_nothing_else,
        layout::no_width_makes_the_page_scroll_sideways,
        layout::all_text_stands_out_from_its_ground_in_light_and_in_dark,
        layout::every_control_has_a_name_and_the_page_its_landmarks,
        layout::nothing_moves_where_less_motion_is_wanted,
        layout::pictures_of_the_demo_are_drawn,
    ]
}

fn trial(name: &str, test: Test) -> Trial {
    let needs_folder =
        name.ends_with("pictures_of_the_demo_are_drawn") && layout::pictures_folder().is_none();
    Trial::ignorable_test(name, move || match Driver::shared() {
        Ok(_) if needs_folder => Ok(Completion::ignored_with("PAGE_PICTURES names no folder")),
        Ok(driver) => {
            let browser = driver.open();
            test(&browser);
            browser.assert_quiet();
            Ok(Completion::Completed)
        }
        Err(reason) if are_required() => Err(Failed::from(reason.as_str())),
        Err(reason) => Ok(Completion::ignored_with(reason.as_str())),
    })
}

fn are_required() -> bool {
    std::env::var_os("PAGE_TESTS_REQUIRED").is_some_and(|value| value == "1")
}
