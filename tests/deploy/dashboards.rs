//! The dashboards, as Grafana reads them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::tools::{Missing, read, repository};

/// A query of a panel.
pub struct Query {
    pub dashboard: String,
    pub panel: String,
    /// As Grafana sends it, with its variables filled in for all instances.
    pub expression: String,
}

pub fn all() -> Vec<(String, Value)> {
    let folder = repository().join("deploy/grafana/dashboards");
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
        .into_iter()
        .map(|name| {
            let value = serde_json::from_str(&read(&format!("deploy/grafana/dashboards/{name}"))).unwrap();
            (name, value)
        })
        .collect()
}

pub fn queries() -> Vec<Query> {
    let mut queries = Vec::new();
    for (dashboard, value) in all() {
        for panel in value["panels"].as_array().unwrap() {
            let title = panel["title"].as_str().unwrap();
            for target in panel["targets"].as_array().into_iter().flatten() {
                queries.push(Query {
                    dashboard: dashboard.clone(),
                    panel: title.to_owned(),
                    expression: filled_in(target["expr"].as_str().unwrap()),
                });
            }
        }
        for annotation in value["annotations"]["list"].as_array().unwrap() {
            queries.push(Query {
                dashboard: dashboard.clone(),
                panel: format!("annotation {}", annotation["name"].as_str().unwrap()),
                expression: filled_in(annotation["expr"].as_str().unwrap()),
            });
        }
    }
    queries
}

fn filled_in(expression: &str) -> String {
    let filled =
        expression.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$instance", ".*");
    assert!(!filled.contains('$'), "a variable that the test does not know: {filled}");
    filled
}

pub fn have_unique_ids_and_no_overlapping_panels() -> Result<(), Missing> {
    let mut uids = BTreeSet::new();
    for (name, dashboard) in all() {
        assert!(uids.insert(dashboard["uid"].as_str().unwrap().to_owned()), "{name}: its uid is taken");
        let panels = dashboard["panels"].as_array().unwrap();
        let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
        assert_eq!(ids.len(), panels.len(), "{name}: panel ids");
        let places: Vec<_> = panels.iter().map(place).collect();
        for (index, one) in places.iter().enumerate() {
            assert!(one.right <= 24, "{name}: {} is wider than the page", panels[index]["title"]);
            for (other_index, other) in places.iter().enumerate().skip(index + 1) {
                assert!(
                    !one.overlaps(other),
                    "{name}: {} lies over {}",
                    panels[index]["title"],
                    panels[other_index]["title"]
                );
            }
        }
    }
    assert_eq!(uids.len(), 2, "no dashboards to look at");
    Ok(())
}

struct Place {
    left: u64,
    right: u64,
    top: u64,
    bottom: u64,
}

impl Place {
    fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

fn place(panel: &Value) -> Place {
    let at = |key| panel["gridPos"][key].as_u64().unwrap();
    Place { left: at("x"), right: at("x") + at("w"), top: at("y"), bottom: at("y") + at("h") }
}
