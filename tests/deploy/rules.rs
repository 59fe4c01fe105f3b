//! Alerts and recording rules, by promtool and by what stands beside them.

use std::collections::BTreeSet;
use std::process::Command;

use super::dashboards;
use super::demo::Demo;
use super::prometheus::get;
use super::tools::{Missing, find, read, succeed};

const ALERTS: &str = "deploy/prometheus/alerts.yml";
const RULES: &str = "deploy/prometheus/rules.yml";
const CASES: &str = "deploy/prometheus/tests/alerts.yml";

pub fn promtool() -> Result<Command, Missing> {
    find("promtool", "install Debian's package prometheus").map(Command::new)
}

pub fn promtool_accepts_configuration_and_rules() -> Result<(), Missing> {
    succeed(promtool()?.args(["check", "config", "deploy/prometheus/prometheus.yml"]));
    succeed(promtool()?.args(["check", "rules", ALERTS, RULES]));
    Ok(())
}

/// Values of a key of the rules, which promtool has found to be well-formed.
fn values(text: &str, key: &str) -> Vec<String> {
    text.lines()
        .filter_map(|line| line.trim_start().trim_start_matches("- ").strip_prefix(key))
        .map(|value| value.trim().to_owned())
        .collect()
}

pub fn alerts() -> Vec<String> {
    values(&read(ALERTS), "alert:")
}

pub fn every_alert_fires_and_stays_silent_in_a_test() -> Result<(), Missing> {
    let cases = read(CASES);
    let (mut fires, mut silent) = (BTreeSet::new(), BTreeSet::new());
    for case in cases.split("        alertname: ").skip(1) {
        let (name, rest) = case.split_once('\n').unwrap();
        let expected = rest.lines().next().unwrap().trim();
        if expected == "exp_alerts: []" { &mut silent } else { &mut fires }.insert(name.trim().to_owned());
    }
    let alerts: BTreeSet<_> = alerts().into_iter().collect();
    assert!(alerts.len() > 10, "alerts were not found: {alerts:?}");
    assert_eq!(fires, alerts, "alerts that fire in a test");
    assert_eq!(silent, alerts, "alerts that stay silent in a test");
    succeed(promtool()?.args(["test", "rules", CASES]));
    Ok(())
}

pub fn every_alert_has_its_section_in_the_runbook() -> Result<(), Missing> {
    let runbook = read("docs/runbook.md");
    let sections: BTreeSet<_> = values(&runbook, "## ").into_iter().collect();
    let links = values(&read(ALERTS), "runbook:");
    let alerts = alerts();
    assert_eq!(links.len(), alerts.len(), "an alert without a runbook");
    for (alert, link) in alerts.iter().zip(&links) {
        assert_eq!(link, &format!("docs/runbook.md#{}", alert.to_lowercase()));
        assert!(sections.contains(alert), "docs/runbook.md has no section {alert}");
    }
    for section in sections.iter().filter(|section| section.starts_with("Tonewire")) {
        assert!(alerts.contains(section), "docs/runbook.md: there is no alert {section}");
    }
    Ok(())
}

/// A misspelt name gives no error in Prometheus, only silence.
pub fn every_metric_that_is_asked_for_is_one_of_the_service() -> Result<(), Missing> {
    let demo = Demo::start();
    let (_, page) = get(&demo.address, "/metrics");
    let source = read("src/telemetry/metrics.rs");
    let known = |name: &str| {
        let base =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        source.contains(&format!("\"{base}\"")) || page.contains(&format!("# TYPE {name} "))
    };
    let recorded: BTreeSet<_> = values(&read(RULES), "record:").into_iter().collect();
    let mut texts: Vec<_> = [ALERTS, RULES, CASES].map(read).into();
    texts.extend(dashboards::queries().into_iter().map(|query| query.expression));
    let mut asked = BTreeSet::new();
    for text in &texts {
        let is_word = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
        for word in text.split(|character| !is_word(character)) {
            if word.starts_with("job:tonewire_") {
                assert!(recorded.contains(word), "no rule records {word}");
            } else if word.starts_with("tonewire_") || word.starts_with("process_") {
                asked.insert(word.to_owned());
            }
        }
    }
    assert!(asked.len() > 30, "names were not found: {asked:?}");
    let unknown: Vec<_> = asked.iter().filter(|name| !known(name)).collect();
    assert!(unknown.is_empty(), "the service has no such metrics: {unknown:?}");
    Ok(())
}
