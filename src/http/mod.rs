//! The live page for people, `/metrics` for Prometheus, the probes for an orchestrator, and `/version`.
//!
//! Nothing here reads Kafka: the loop writes [`Health`], the metrics and [`Recent`], this room shows them.
//!
//! - [`access`]: who may read what.
//! - `assets`: the page itself, files of the folder `page`.
//! - `api`: what the page asks for.
//! - [`history`]: the figures of the last minutes.

pub mod access;
mod api;
mod assets;
pub mod history;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus::TextEncoder;
use tokio::net::TcpListener;

use crate::recent::Recent;
use crate::telemetry::{Health, Telemetry};

use access::Access;
use api::LastOverview;
use history::History;

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
    pub access: Arc<Access>,
    /// Actors and articles. `None`: they are not kept, or shown to nobody.
    pub recent: Option<Arc<Recent>>,
    history: Arc<History>,
    last_overview: Arc<LastOverview>,
}

impl Pages {
    /// Pages that show no actors and no articles.
    #[must_use]
    pub fn new(
        telemetry: Arc<Telemetry>,
        health: Arc<Health>,
        max_poll_interval: Duration,
        version: serde_json::Value,
        access: Access,
    ) -> Self {
        Self {
            telemetry,
            health,
            max_poll_interval,
            version: Arc::new(version),
            access: Arc::new(access),
            recent: None,
            history: Arc::default(),
            last_overview: Arc::default(),
        }
    }

    /// Shows actors and articles too.
    #[must_use]
    pub fn with_recent(self, recent: Option<Arc<Recent>>) -> Self {
        Self { recent, ..self }
    }
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
    let watching = Arc::clone(&pages.history).watch(Arc::clone(&pages.telemetry));
    tokio::select! {
        served = axum::serve(listener, router(pages)) => Ok(served?),
        () = watching => Ok(()),
    }
}

fn router(pages: Pages) -> Router {
    let articles = Router::new()
        .route("/api/overview", get(api::overview))
        .route("/api/actor/{key}", get(api::actor))
        .route("/api/article/{number}", get(api::article))
        .layer(from_fn_with_state(Arc::clone(&pages.access), access::need_own_name));
    let guarded = Router::new()
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .merge(articles)
        .layer(from_fn_with_state(Arc::clone(&pages.access), access::need_token));
    Router::new()
        .route("/livez", get(live))
        .route("/readyz", get(ready))
        .merge(assets::routes())
        .merge(guarded)
        .layer(from_fn(assets::guard))
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
mod tests;
