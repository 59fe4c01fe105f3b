//! What lies in deploy/ and docs/, checked by the tools it is for: promtool and a real Prometheus that scrapes the
//! running demo, hadolint, Docker Compose, Helm's own library, systemd-analyze, dpkg-deb. No container is built.
//!
//! A test whose tool is missing is shown as ignored with the reason; `DEPLOY_TESTS_REQUIRED=1` makes it fail. Tools
//! that come from `PyPI` are looked for beside the interpreter that `DEPLOY_TESTS_PYTHON` names:
//! `pip install -r tests/deploy/requirements.txt`.

#![allow(
    clippy::unnecessary_wraps,
    reason = "checks have one form: some find that a tool is missing, some need none"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]

mod chart;
mod containers;
mod dashboards;
mod demo;
mod documents;
mod packages;
mod prometheus;
mod reference;
mod rules;
mod tools;
mod unit;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use tools::Missing;

/// Fails by panicking; ends early where a tool is missing.
type Test = fn() -> Result<(), Missing>;

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(2));
    libtest_mimic::run(&arguments, trials()).exit();
}

fn trials() -> Vec<Trial> {
    vec![
        trial("promtool_accepts_configuration_and_rules", rules::promtool_accepts_configuration_and_rules),
        trial(
            "every_alert_fires_and_stays_silent_in_a_test",
            rules::every_alert_fires_and_stays_silent_in_a_test,
        ),
        trial(
            "every_alert_has_its_section_in_the_runbook",
            rules::every_alert_has_its_section_in_the_runbook,
        ),
        trial(
            "every_metric_that_is_asked_for_is_one_of_the_service",
            rules::every_metric_that_is_asked_for_is_one_of_the_service,
        ),
        trial(
            "a_real_prometheus_answers_every_panel_and_no_alert_fires_on_the_demo",
            prometheus::a_real_prometheus_answers_every_panel_and_no_alert_fires_on_the_demo,
        ),
        trial(
            "dashboards_have_unique_ids_and_no_overlapping_panels",
            dashboards::have_unique_ids_and_no_overlapping_panels,
        ),
        trial(
            "hadolint_finds_no_fault_in_the_dockerfile",
            containers::hadolint_finds_no_fault_in_the_dockerfile,
        ),
        trial("docker_compose_reads_the_compose_file", containers::docker_compose_reads_the_compose_file),
        trial("helm_lints_and_renders_the_chart_and_kubernetes_knows_every_field", chart::lints_and_renders),
        trial(
            "systemd_accepts_the_unit_and_finds_it_hardened",
            unit::systemd_accepts_the_unit_and_finds_it_hardened,
        ),
        trial("the_manual_has_a_page_for_each_command", packages::the_manual_has_a_page_for_each_command),
        trial(
            "every_file_of_the_debian_package_is_there",
            packages::every_file_of_the_debian_package_is_there,
        ),
        trial(
            "cargo_deb_packs_everything_that_is_listed",
            packages::cargo_deb_packs_everything_that_is_listed,
        ),
        trial("the_record_reference_is_made_from_the_schemas", reference::is_made_from_the_schemas),
        trial("commands_in_the_documents_work", documents::commands_work),
        trial(
            "commands_in_the_documents_that_are_not_run_say_why",
            documents::commands_that_are_not_run_say_why,
        ),
        trial("every_command_in_the_documents_is_understood", documents::every_command_is_understood),
        trial("links_between_the_documents_lead_somewhere", documents::links_lead_somewhere),
    ]
}

fn trial(name: &str, test: Test) -> Trial {
    Trial::ignorable_test(name, move || match test() {
        Ok(()) => Ok(Completion::Completed),
        Err(Missing(reason)) if tools::are_required() => Err(Failed::from(reason)),
        Err(Missing(reason)) => Ok(Completion::ignored_with(reason)),
    })
}
