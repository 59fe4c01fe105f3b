//! The program as its users see it: arguments in, text and exit code out.

// Helpers of tests may end a test as well as the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn tonewire(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tonewire"));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TONEWIRE_") {
            command.env_remove(name);
        }
    }
    command
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn write(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path: PathBuf = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Exit code and standard error of `check` for this configuration file.
fn check(file: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "tonewire.toml", file);
    let output = tonewire(&["check", "--config", &path]).output().unwrap();
    (output.status.code(), stderr(&output))
}

#[test]
fn help_lists_every_command_and_shows_examples() {
    let output = tonewire(&["--help"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    for part in
        ["demo", "run", "top", "enrich", "check", "dlq", "print-config", "schema", "completions", "Examples:"]
    {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn the_version_names_model_librdkafka_and_its_features() {
    let output = tonewire(&["--version"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with(concat!("tonewire ", env!("CARGO_PKG_VERSION"))), "{text}");
    assert!(text.contains("\nmodel "), "{text}");
    for feature in ["librdkafka 2.", "ssl", "zstd", "sasl_scram"] {
        assert!(text.contains(feature), "{feature} is missing in {text}");
    }
}

#[test]
fn unknown_arguments_are_a_usage_error() {
    assert_eq!(tonewire(&["enrichh"]).output().unwrap().status.code(), Some(2));
    assert_eq!(tonewire(&[]).output().unwrap().status.code(), Some(2));
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_valid_one() {
    let (code, text) = check("[kafka]\nbroker = 'localhost:9092'\n");
    assert_eq!(code, Some(2));
    assert!(text.contains("kafka.broker: unknown key; did you mean `kafka.brokers`?"), "{text}");
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_valid_one() {
    let output = tonewire(&["check"]).env("TONEWIRE_KAFKA__BROKER", "x:1").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean `TONEWIRE_KAFKA__BROKERS`?"));
}

#[test]
fn values_that_do_not_fit_together_are_named_with_both_values() {
    let (code, text) =
        check("[kafka]\nsession_timeout_ms = 20000\n[kafka.transaction]\ntimeout_ms = 25000\n");
    assert_eq!(code, Some(2));
    let expected = "kafka.transaction.timeout_ms: 25000 is not less than kafka.session_timeout_ms = 20000";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_property_that_librdkafka_does_not_know_is_found_by_check() {
    let (code, text) = check("[kafka.common]\n'no.such.property' = 1\n");
    assert_eq!(code, Some(2));
    assert!(text.contains("no.such.property"), "{text}");
}

#[test]
fn the_shipped_configuration_is_valid() {
    let output = tonewire(&["check", "--config", "config/tonewire.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
}

#[test]
fn check_connect_says_that_nobody_answers_and_what_to_do() {
    let output =
        tonewire(&["check", "--connect"]).env("TONEWIRE_KAFKA__BROKERS", "127.0.0.1:1").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("no answer from 127.0.0.1:1"), "{text}");
    assert!(text.contains("check kafka.brokers"), "{text}");
}

#[test]
fn print_config_shows_the_effective_values_but_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(
        folder.path(),
        "tonewire.toml",
        "[kafka.security]
         protocol = 'sasl_ssl'
         sasl_mechanism = 'PLAIN'
         sasl_username = 'user'
         sasl_password = 'canary-one'
         [kafka.common]
         'sasl.oauthbearer.client.secret' = 'canary-two'",
    );
    let output = tonewire(&["print-config", "--config", &path])
        .env("TONEWIRE_KAFKA__GROUP_ID", "from-environment")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(!text.contains("canary"), "{text}");
    assert!(text.contains("sasl_password = \"****\""), "{text}");
    assert!(text.contains("group_id = \"from-environment\""), "{text}");
    assert!(text.contains("max_records = 500"), "{text}");
}

#[test]
fn a_bad_file_is_reported_and_the_good_one_still_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let bad = write(folder.path(), "bad.txt", b"caf\xe9 \xff\xfe\x00");
    let good = write(folder.path(), "good.txt", "Talks ended in Vienna on Monday.");
    let missing = folder.path().join("missing.txt");
    let output = tonewire(&["enrich", "--output", "jsonl"])
        .args([&bad, missing.to_str().unwrap(), &good])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("bad.txt: "), "{}", stderr(&output));
    assert!(stderr(&output).contains("missing.txt: "), "{}", stderr(&output));
    let text = stdout(&output);
    let records: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), 1);
    assert!(records[0]["article"]["id"].is_string());
}

/// What comes out for this standard input.
fn enrich(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = tonewire(&["enrich"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn json_is_one_object_for_one_article_and_an_array_for_several() {
    let one = enrich(&["--format", "text", "--output", "json"], b"Talks ended.");
    let one: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    assert!(one.is_object());

    let lines = b"{\"body\":\"One.\"}\n\n{\"body\":\"Two.\"}\n";
    let two = enrich(&["--format", "jsonl", "--output", "json"], lines);
    let two: serde_json::Value = serde_json::from_slice(&two.stdout).unwrap();
    assert_eq!(two.as_array().unwrap().len(), 2);
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let mut child =
        tonewire(&["schema", "enriched"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(stderr(&output), "");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_schema_and_every_shell_has_an_answer() {
    for form in ["enriched", "actor-row", "config", "dead-letter"] {
        let output = tonewire(&["schema", form]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
    }
    for shell in ["bash", "zsh", "fish"] {
        let output = tonewire(&["completions", shell]).output().unwrap();
        assert!(stdout(&output).contains("tonewire"));
    }
}

#[test]
fn a_port_that_is_taken_ends_run_with_the_key_to_change() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let output = tonewire(&["run"])
        .env("TONEWIRE_HTTP__LISTEN", taken.local_addr().unwrap().to_string())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("http.listen"), "{}", stderr(&output));
}

#[test]
fn the_demo_ends_when_every_sample_has_come_out_and_its_counts_add_up() {
    let output = tonewire(&["demo", "--once", "--listen", "127.0.0.1:0"]).output().unwrap();
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}\n{}", stderr(&output));
    let counts: Vec<u64> = text
        .lines()
        .find(|line| line.starts_with("received "))
        .unwrap()
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [received, enriched, dead_lettered, skipped] = counts[..] else { panic!("{counts:?}") };
    assert_eq!(received, enriched + dead_lettered + skipped);
    assert!(enriched >= 12 && dead_lettered >= 2 && skipped == 1, "{text}");
}

/// The first signal is answered although no broker can be reached.
#[cfg(unix)]
#[test]
fn run_without_brokers_ends_on_sigterm_within_the_shutdown_timeout() {
    let mut child = tonewire(&["run"])
        .env("TONEWIRE_KAFKA__BROKERS", "127.0.0.1:1")
        .env("TONEWIRE_HTTP__LISTEN", "127.0.0.1:0")
        .env("TONEWIRE_KAFKA__SHUTDOWN_TIMEOUT_MS", "10000")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let started = std::time::Instant::now();
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let code = child.wait().unwrap().code();
    assert!(matches!(code, Some(0 | 1)), "{code:?}");
    assert!(started.elapsed() < std::time::Duration::from_secs(12), "{:?}", started.elapsed());
}

const WATCHLIST: &str =
    "[[actor]]\nname = 'Angela Merkel'\nkind = 'person'\nid = 'crm:7'\ngroups = ['clients']\n";

#[test]
fn a_watchlist_gives_its_id_and_groups_and_every_actor_has_an_array_of_groups() {
    let folder = tempfile::tempdir().unwrap();
    let list = write(folder.path(), "watchlist.toml", WATCHLIST);
    let text = b"Angela Merkel met Vladimir Putin on Monday.";
    let output = enrich(&["--output", "json", "--watchlist", &list], text);
    let record: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let actors = record["actors"].as_array().unwrap();
    let merkel = actors.iter().find(|actor| actor["name"] == "Angela Merkel").unwrap();
    assert_eq!(merkel["id"], "crm:7");
    assert_eq!(merkel["groups"], serde_json::json!(["clients"]));
    let putin = actors.iter().find(|actor| actor["name"] == "Vladimir Putin").unwrap();
    assert_eq!(putin["groups"], serde_json::json!([]));
}

#[test]
fn check_names_line_and_remedy_of_a_mistake_in_the_watchlist() {
    let folder = tempfile::tempdir().unwrap();
    let list = write(folder.path(), "watchlist.toml", "[[actor]]\nname = 'Orla'\nkind = 'firm'\n");
    let (code, text) = check(&format!("[analysis]\nwatchlist_path = '{list}'\n"));
    assert_eq!(code, Some(2));
    assert!(text.contains("analysis.watchlist_path") && text.contains("line 3: actor.kind"), "{text}");
    assert!(text.contains("organization"), "{text}");
}

#[test]
fn the_shipped_watchlist_is_valid() {
    let (code, text) = check("[analysis]\nwatchlist_path = 'config/watchlist.toml'\n");
    assert_eq!(code, Some(0), "{text}");
}

/// A page of the service.
#[cfg(unix)]
fn page(address: &str, path: &str) -> Option<String> {
    use std::io::Read;
    let mut stream = std::net::TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some(text)
}

#[cfg(unix)]
fn wait_for_line(address: &str, line: &str) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let mut last = String::new();
    while std::time::Instant::now() < end {
        last = page(address, "/metrics").unwrap_or_default();
        if last.lines().any(|found| found == line) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("no {line:?} in {last}");
}

/// A signal while the service runs: the new list holds, a broken one leaves the old, and the process stays.
#[cfg(unix)]
#[test]
fn sighup_reads_the_watchlist_again_and_a_broken_file_keeps_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let list = write(folder.path(), "watchlist.toml", WATCHLIST);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let child = tonewire(&["run"])
        .env("TONEWIRE_KAFKA__BROKERS", "127.0.0.1:1")
        .env("TONEWIRE_HTTP__LISTEN", &port)
        .env("TONEWIRE_ANALYSIS__WATCHLIST_PATH", &list)
        .env("TONEWIRE_KAFKA__SHUTDOWN_TIMEOUT_MS", "10000")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let hang_up = || {
        let id = child.id().to_string();
        assert!(Command::new("sh").args(["-c", "kill -s HUP \"$0\"", &id]).status().unwrap().success());
    };
    wait_for_line(&port, "tonewire_watchlist_actors 1");
    let second = "[[actor]]\nname = 'Orla'\nkind = 'person'\n";
    write(folder.path(), "watchlist.toml", format!("{WATCHLIST}{second}"));
    hang_up();
    wait_for_line(&port, "tonewire_watchlist_reloads_total{result=\"ok\"} 1");
    wait_for_line(&port, "tonewire_watchlist_actors 2");
    write(folder.path(), "watchlist.toml", "[[actor]]\nname = 3\n");
    hang_up();
    wait_for_line(&port, "tonewire_watchlist_reloads_total{result=\"failed\"} 1");
    wait_for_line(&port, "tonewire_watchlist_actors 2");
    Command::new("sh").args(["-c", "kill -s TERM \"$0\"", &child.id().to_string()]).status().unwrap();
    let output = child.wait_with_output().unwrap();
    let log = stderr(&output);
    assert!(log.contains("the old one stays in use") && log.contains("line 2"), "{log}");
}

#[cfg(unix)]
#[test]
fn sighup_without_a_watchlist_is_said_and_ends_nothing() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut child = tonewire(&["run"])
        .env("TONEWIRE_KAFKA__BROKERS", "127.0.0.1:1")
        .env("TONEWIRE_HTTP__LISTEN", &port)
        .env("TONEWIRE_KAFKA__SHUTDOWN_TIMEOUT_MS", "10000")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let send = |signal: &str, id: &str| {
        assert!(
            Command::new("sh").args(["-c", "kill -s \"$0\" \"$1\"", signal, id]).status().unwrap().success()
        );
    };
    wait_for_line(&port, "tonewire_watchlist_actors 0");
    let id = child.id().to_string();
    send("HUP", &id);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "SIGHUP ended it");
    send("TERM", &id);
    let output = child.wait_with_output().unwrap();
    assert!(stderr(&output).contains("analysis.watchlist_path is not set"), "{}", stderr(&output));
}

#[test]
fn a_log_that_nobody_reads_any_more_neither_ends_the_service_nor_keeps_it_from_stopping() {
    let mut child = tonewire(&["demo", "--listen", "127.0.0.1:0", "--log", "debug"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("DEBUG")), "it logs before the reader goes away");
    drop(log);
    // Many more lines meet a pipe without a reader.
    std::thread::sleep(Duration::from_secs(5));
    assert!(child.try_wait().unwrap().is_none(), "it goes on");
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let end = Instant::now() + Duration::from_secs(40);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("it does not stop");
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(status.code(), Some(0));
}

/// A demo on a free port.
struct Demo {
    process: std::process::Child,
    /// Host and port of its pages.
    address: String,
}

impl Demo {
    fn start() -> Self {
        let mut process = tonewire(&["demo", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let rest = line.split_once("http://")?.1;
            rest.split_once('/').map(|(address, _)| address.to_owned())
        });
        // Whoever stops reading stops the demo.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address: address.unwrap() }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn top_once_tells_the_figures_of_a_running_service_and_who_does_not_answer() {
    let demo = Demo::start();
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let output =
            tonewire(&["top", "--once", "--interval", "1", "--url", &demo.address]).output().unwrap();
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{text}{}", stderr(&output));
        assert!(text.starts_with("1 of 1 instance answers"), "{text}");
        let has_come_out = text.contains("skipped 1,") && text.contains("decode invalid_json ");
        if has_come_out && text.contains(", 1 ready") {
            for part in [env!("CARGO_PKG_VERSION"), "articles.raw", "articles/s", "p99", " ago"] {
                assert!(text.contains(part), "{part} is missing in {text}");
            }
            break;
        }
        assert!(Instant::now() < deadline, "the samples did not show: {text}");
    }
    let both = ["top", "--once", "--interval", "1", "--url", &demo.address, "--url", "127.0.0.1:1"];
    let output = tonewire(&both).output().unwrap();
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("1 of 2 instances answer"), "{text}");
    assert!(text.contains("\n127.0.0.1:1  nothing listens there"), "{text}");
}

#[test]
fn top_without_a_terminal_says_how_to_get_text() {
    let output = tonewire(&["top"]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("add --once"), "{}", stderr(&output));
    let output = tonewire(&["top", "--url", "ftp://somewhere"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("write http://HOST:PORT/metrics"), "{}", stderr(&output));
}

#[test]
fn results_and_progress_never_mix() {
    for arguments in [&["enrich", "--output", "rows"][..], &["enrich", "--output", "rows", "--quiet"]] {
        let output = tonewire(arguments).arg("samples/16-agency-dispatch.txt").output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(stderr(&output), "");
        for line in stdout(&output).lines() {
            assert!(line.starts_with('{') && line.ends_with('}'), "{line}");
        }
    }
}
