//! A real Prometheus that scrapes the running demo, with the rules and dashboards of deploy/.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use super::dashboards;
use super::demo::Demo;
use super::rules;
use super::tools::{Missing, find, read, repository};

/// Panels that show nothing on a healthy demo, and why.
const MAY_BE_EMPTY: &[(&str, &str)] = &[
    (
        "Access refused, in 10 minutes",
        "the embedded broker refuses nothing; no series before the first refusal",
    ),
    ("Retries in 10 minutes", "nothing is retried; no series before the first retry"),
    ("Records per second, by class", "`returned` has no series before partitions are taken away"),
    ("Reads of the watch-list", "the demo has none"),
    ("Back-pressure", "too little comes in; no series before the first pause"),
    ("annotation Starts", "only at a restart"),
];
const TIME: Duration = Duration::from_mins(3);

struct Prometheus {
    process: Child,
    address: String,
    _folder: TempDir,
}

impl Prometheus {
    /// With the configuration of the repository, but for the target and the pace.
    fn start(target: &str) -> Result<Self, Missing> {
        let program = find("prometheus", "install Debian's package prometheus")?;
        let folder = tempfile::tempdir().unwrap();
        for file in ["rules.yml", "alerts.yml"] {
            let from = repository().join("deploy/prometheus").join(file);
            std::fs::copy(from, folder.path().join(file)).unwrap();
        }
        let configuration = read("deploy/prometheus/prometheus.yml");
        let fast =
            configuration.replace("127.0.0.1:9464", target).replace(": 15s", ": 1s").replace(": 5s", ": 1s");
        assert!(fast.contains(target) && fast.contains("scrape_interval: 1s"), "{fast}");
        std::fs::write(folder.path().join("prometheus.yml"), fast).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let process = Command::new(program)
            .arg(format!("--config.file={}", folder.path().join("prometheus.yml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Ok(Self { process, address, _folder: folder })
    }

    fn ask(&self, expression: &str) -> Result<Vec<Value>, String> {
        let answer = self.api(&format!("/api/v1/query?query={}", escaped(expression)))?;
        Ok(answer["data"]["result"].as_array().cloned().unwrap_or_default())
    }

    fn api(&self, path: &str) -> Result<Value, String> {
        let (_, body) = try_get(&self.address, path).map_err(|error| error.to_string())?;
        let answer: Value = serde_json::from_str(&body).map_err(|error| format!("{error}: {body}"))?;
        if answer["status"] == "success" { Ok(answer) } else { Err(answer.to_string()) }
    }

    fn wait_for(&self, what: &str, expression: &str) {
        let end = Instant::now() + TIME;
        while !self.ask(expression).is_ok_and(|result| !result.is_empty()) {
            assert!(Instant::now() < end, "{what}: nothing for {expression}");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn a_real_prometheus_answers_every_panel_and_no_alert_fires_on_the_demo() -> Result<(), Missing> {
    find("prometheus", "install Debian's package prometheus")?;
    let demo = Demo::start();
    let prometheus = Prometheus::start(&demo.address)?;
    prometheus.wait_for("the demo is scraped and ready", "tonewire_ready == 1");
    // Samples have come out while Prometheus looked on, so that rates are more than one point.
    prometheus.wait_for("articles while it was watched", "increase(tonewire_records_enriched_total[2m]) > 3");
    prometheus.wait_for("dead letters of the broken samples", "tonewire_records_dead_lettered_total > 0");
    prometheus.wait_for("the slowest rule", "job:tonewire_dead_letters:ratio_rate15m >= 0");

    every_panel_answers(&prometheus);
    no_alert_fires(&prometheus);
    // The same Prometheus does see a service that is gone.
    drop(demo);
    prometheus.wait_for("the end of the demo is noticed", "up{job=\"tonewire\"} == 0");
    prometheus.wait_for("an alert is pending", "ALERTS{alertname=\"TonewireDown\"}");
    Ok(())
}

fn every_panel_answers(prometheus: &Prometheus) {
    let queries = dashboards::queries();
    assert!(queries.len() > 50, "queries were not found");
    // A rate needs two scrapes since its counter first moved, and a busy machine is late with both.
    let end = Instant::now() + TIME;
    let mut empty = panels_without_data(prometheus, &queries);
    while !empty.is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_secs(1));
        empty = panels_without_data(prometheus, &queries);
    }
    assert!(empty.is_empty(), "panels without data: {empty:#?}");
    for (panel, reason) in MAY_BE_EMPTY {
        assert!(queries.iter().any(|query| query.panel == *panel), "no panel {panel}, excused: {reason}");
    }
}

fn panels_without_data(prometheus: &Prometheus, queries: &[dashboards::Query]) -> Vec<String> {
    let mut empty = Vec::new();
    for query in queries {
        let result = prometheus
            .ask(&query.expression)
            .unwrap_or_else(|error| panic!("{}: {}: {error}", query.dashboard, query.panel));
        let is_excused = MAY_BE_EMPTY.iter().any(|(panel, _)| *panel == query.panel);
        if result.is_empty() && !is_excused {
            empty.push(format!("{}: {}: {}", query.dashboard, query.panel, query.expression));
        }
    }
    empty
}

fn no_alert_fires(prometheus: &Prometheus) {
    let answer = prometheus.api("/api/v1/rules").unwrap();
    let groups = answer["data"]["groups"].as_array().unwrap();
    let rules: Vec<_> = groups.iter().flat_map(|group| group["rules"].as_array().unwrap()).collect();
    let alerts: Vec<_> = rules.iter().filter(|rule| rule["type"] == "alerting").collect();
    assert_eq!(alerts.len(), rules::alerts().len());
    for rule in &rules {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
    for alert in alerts {
        assert_eq!(alert["state"], "inactive", "fires on a healthy demo: {alert}");
        let expression = alert["query"].as_str().unwrap();
        assert_eq!(prometheus.ask(expression).unwrap(), Vec::<Value>::new(), "{expression}");
    }
}

/// Status and body.
pub fn get(address: &str, path: &str) -> (String, String) {
    try_get(address, path).unwrap_or_else(|error| panic!("{address}{path}: {error}"))
}

fn try_get(address: &str, path: &str) -> std::io::Result<(String, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    // 1.0, so that the body comes in one piece.
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    Ok((head.lines().next().unwrap_or_default().to_owned(), body.to_owned()))
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}
