use std::io::{Read, Write};

use super::*;
use crate::config::{Config, Secret, Settings, TokenFile};

const TOKEN: &str = "0123456789abcdef";

/// Asks a server on the loopback interface, over a real connection.
fn get_page(pages: Pages, path: &str) -> (u16, String) {
    get_with(pages, path, "host: localhost")
}

fn get_with(pages: Pages, path: &str, headers: &str) -> (u16, String) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.unwrap();
    let listener = runtime.block_on(bind("127.0.0.1:0".parse().unwrap())).unwrap();
    let address = listener.local_addr().unwrap();
    runtime.spawn(serve(listener, pages));

    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\n{headers}\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

fn pages() -> Pages {
    pages_at("127.0.0.1:1", None)
}

/// As if they were served at that address.
fn pages_at(address: &str, token: Option<&str>) -> Pages {
    let telemetry = Arc::new(Telemetry::new().unwrap());
    telemetry.records_enriched.inc_by(7);
    let token = token.map(|token| TokenFile {
        path: "/no/such/file".into(),
        token: Secret::new(token.to_owned()),
        exposed: None,
    });
    let access = Access::new(token.as_ref(), address.parse().unwrap(), Arc::clone(&telemetry));
    let version = serde_json::json!({ "version": "1.2.3" });
    Pages::new(telemetry, Arc::new(Health::new()), Duration::from_mins(5), version, access)
}

fn recent() -> Arc<Recent> {
    Arc::new(Recent::new(Config::from_settings(Settings::default()).unwrap().http.recent.unwrap()))
}

#[test]
fn metrics_come_in_the_text_format_of_prometheus() {
    let (status, answer) = get_page(pages(), "/metrics");
    assert_eq!(status, 200);
    assert!(answer.contains("text/plain; version=0.0.4"), "{answer}");
    assert!(answer.contains("\ntonewire_records_enriched_total 7\n"), "{answer}");
    assert!(answer.contains("\ntonewire_ready 0\n"), "{answer}");
    assert!(answer.contains("\ntonewire_ready_condition{condition=\"brokers\"} 0\n"), "{answer}");
    assert!(answer.contains("\ntonewire_progress_age_seconds 0\n"), "{answer}");
}

#[test]
fn not_ready_is_503_with_every_condition_and_its_reason() {
    let pages = pages();
    pages.health.model_loaded();
    let (status, answer) = get_page(pages, "/readyz");
    assert_eq!(status, 503);
    assert!(answer.contains(r#""name":"model_loaded","holds":true"#), "{answer}");
    assert!(answer.contains(r#""name":"assigned","holds":false"#), "{answer}");
    assert!(answer.contains("no assignment from the group yet"), "{answer}");
}

#[test]
fn ready_is_200_when_all_conditions_hold() {
    let pages = pages();
    pages.health.model_loaded();
    pages.health.set_producer_reachable(true);
    pages.health.heard_from_brokers(Duration::ZERO);
    pages.health.set_assigned(1);
    assert_eq!(get_page(pages, "/readyz").0, 200);
}

#[test]
fn live_turns_503_when_the_loop_stands_still() {
    assert_eq!(get_page(pages(), "/livez").0, 200);
    let still = Pages { max_poll_interval: Duration::ZERO, ..pages() };
    assert_eq!(get_page(still, "/livez").0, 503);
}

#[test]
fn the_version_is_json_and_other_paths_are_404() {
    let (status, answer) = get_page(pages(), "/version");
    assert_eq!(status, 200);
    assert!(answer.contains(r#"{"version":"1.2.3"}"#), "{answer}");
    assert_eq!(get_page(pages(), "/nothing").0, 404);
}

#[test]
fn a_port_in_use_is_named_with_the_key_to_change() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let taken = runtime.block_on(bind("127.0.0.1:0".parse().unwrap())).unwrap();
    let error = runtime.block_on(bind(taken.local_addr().unwrap())).unwrap_err();
    assert!(error.to_string().contains("http.listen"));
}

#[test]
fn every_answer_forbids_to_load_or_run_anything_but_the_pages_own_files() {
    for path in ["/", "/page/main.js", "/api/overview", "/metrics", "/livez", "/nothing"] {
        let answer = get_page(pages(), path).1.to_lowercase();
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
        ] {
            assert!(answer.contains(header), "{path} lacks {header}: {answer}");
        }
    }
    let (status, page) = get_page(pages(), "/");
    assert!(status == 200 && page.contains("<!doctype html>") && page.contains("text/html"), "{page}");
}

#[test]
fn with_a_token_only_the_probes_and_the_empty_page_are_open() {
    let pages = || pages_at("0.0.0.0:1", Some(TOKEN)).with_recent(Some(recent()));
    let (bearer, wrong) =
        (format!("authorization: Bearer {TOKEN}"), "authorization: Bearer 0123456789abcdeX");
    for path in ["/metrics", "/version", "/api/overview", "/api/actor/Q1", "/api/article/1"] {
        for headers in ["host: example.org".to_owned(), format!("host: x\r\n{wrong}")] {
            let pages = pages();
            let denied = pages.telemetry.http_denied.with_label_values(&["token"]);
            let (status, answer) = get_with(pages, path, &headers);
            assert_eq!((status, denied.get()), (401, 1), "{path}");
            assert!(answer.to_lowercase().contains("www-authenticate: bearer"), "{answer}");
        }
        let status = get_with(pages(), path, &format!("host: x\r\n{bearer}")).0;
        assert!(status == 200 || (status == 404 && path.starts_with("/api/a")), "{path}: {status}");
    }
    for path in ["/livez", "/", "/page/main.js"] {
        assert_eq!(get_with(pages(), path, "host: x").0, 200, "{path}");
    }
    assert_eq!(get_with(pages(), "/readyz", "host: x").0, 503);
}

#[test]
fn without_a_token_a_page_of_another_site_reads_no_articles_of_this_machine() {
    let pages = || pages().with_recent(Some(recent()));
    let denied = pages();
    let count = denied.telemetry.http_denied.with_label_values(&["host"]);
    assert_eq!((get_with(denied, "/api/overview", "host: evil.example").0, count.get()), (403, 1));
    for host in ["localhost:9464", "127.0.0.1:9464", "[::1]:9464"] {
        let (status, answer) = get_with(pages(), "/api/overview", &format!("host: {host}"));
        assert!(status == 200 && answer.contains(r#""articles":"shown""#), "{answer}");
    }
    assert_eq!(get_with(pages(), "/metrics", "host: evil.example").0, 200, "counts only");
}

#[test]
fn an_address_that_others_reach_shows_figures_and_no_articles_without_a_token() {
    let (status, answer) = get_with(pages_at("0.0.0.0:1", None), "/api/overview", "host: news.example");
    assert_eq!(status, 200);
    assert!(answer.contains(r#""articles":"withheld","recent":null"#), "{answer}");
    assert!(answer.contains(r#""history":{"#), "{answer}");
    assert_eq!(get_with(pages_at("0.0.0.0:1", None), "/api/article/1", "host: news.example").0, 404);
    let (_, answer) = get_page(pages(), "/api/overview");
    assert!(answer.contains(r#""articles":"not_kept""#), "{answer}");
}
