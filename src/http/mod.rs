//! `/metrics` for Prometheus, the probes for an orchestrator, and `/version` for people.
//!
//! Nothing here reads Kafka: the loop writes [`Health`] and the metrics, this room shows them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::TextEncoder;
use tokio::net::TcpListener;

use crate::telemetry::{Health, Telemetry};

/// Why nothing is served.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    #[error("cannot listen on {address}; set http.listen to an address and port that are free")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("the server has ended")]
    Serve(#[from] std::io::Error),
}

/// What the pages show.
#[derive(Clone)]
pub struct Pages {
    pub telemetry: Arc<Telemetry>,
    pub health: Arc<Health>,
    /// The loop counts as dead after this time without a poll.
    pub max_poll_interval: Duration,
    /// The body of `/version`.
    pub version: Arc<serde_json::Value>,
}

/// Takes the address, so that a port in use is an error at the start and not in a task of its own.
///
/// # Errors
/// [`HttpError::Listen`].
pub async fn bind(address: SocketAddr) -> Result<TcpListener, HttpError> {
    TcpListener::bind(address).await.map_err(|source| HttpError::Listen { address, source })
}

/// Serves the pages until the task is dropped.
///
/// # Errors
/// [`HttpError::Serve`].
pub async fn serve(listener: TcpListener, pages: Pages) -> Result<(), HttpError> {
    Ok(axum::serve(listener, router(pages)).await?)
}

fn router(pages: Pages) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .route("/version", get(version))
        .with_state(pages)
}

async fn metrics(State(pages): State<Pages>) -> Response {
    let Pages { telemetry, health, .. } = &pages;
    // All of these change by the mere passing of time, so they are computed when they are asked for.
    telemetry.poll_age.set(health.poll_age().as_secs_f64());
    telemetry.progress_age.set(health.progress_age().as_secs_f64());
    let readiness = health.readiness();
    telemetry.ready.set(i64::from(readiness.ready));
    for condition in readiness.conditions {
        telemetry.ready_condition.with_label_values(&[condition.name]).set(i64::from(condition.holds));
    }
    match TextEncoder::new().encode_to_string(&telemetry.registry().gather()) {
        Ok(text) => ([(header::CONTENT_TYPE, prometheus::TEXT_FORMAT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn live(State(pages): State<Pages>) -> Response {
    let live = pages.health.is_live(pages.max_poll_interval);
    let seconds = pages.health.poll_age().as_secs_f64();
    json(live, &serde_json::json!({ "live": live, "seconds_since_poll": seconds }))
}

async fn ready(State(pages): State<Pages>) -> Response {
    let readiness = pages.health.readiness();
    json(readiness.ready, &readiness)
}

async fn version(State(pages): State<Pages>) -> Response {
    json(true, &*pages.version)
}

fn json(good: bool, body: &impl serde::Serialize) -> Response {
    let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    match serde_json::to_string(body) {
        Ok(text) => (status, [(header::CONTENT_TYPE, "application/json")], text + "\n").into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    /// Asks a server on the loopback interface, over a real connection.
    fn get_page(pages: Pages, path: &str) -> (u16, String) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.unwrap();
        let listener = runtime.block_on(bind("127.0.0.1:0".parse().unwrap())).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(serve(listener, pages));

        let mut stream = std::net::TcpStream::connect(address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer)
    }

    fn pages() -> Pages {
        let telemetry = Telemetry::new().unwrap();
        telemetry.records_enriched.inc_by(7);
        Pages {
            telemetry: Arc::new(telemetry),
            health: Arc::new(Health::new()),
            max_poll_interval: Duration::from_mins(5),
            version: Arc::new(serde_json::json!({ "version": "1.2.3" })),
        }
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
}
