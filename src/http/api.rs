//! What the page asks for, as JSON. Each answer is bounded: so many actors, articles and steps, however much there is.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::recent::view;
use crate::telemetry::Readiness;
use crate::telemetry::events::seconds_since_1970;

use super::Pages;
use super::access::Articles;
use super::history::HistoryView;

/// However many readers there are, the window is locked for an overview so often at most.
const RENEWED_AFTER: Duration = Duration::from_secs(1);

#[derive(Serialize)]
struct Overview<'a> {
    /// Seconds since 1970.
    now: f64,
    started: f64,
    /// As `/version` has it.
    version: &'a serde_json::Value,
    readiness: Readiness,
    history: HistoryView,
    /// Whether there are actors and articles to be shown, and if not, why.
    articles: Articles,
    recent: Option<view::Overview>,
}

/// The last overview, as text.
#[derive(Default)]
pub(super) struct LastOverview(Mutex<Option<(Instant, Arc<str>)>>);

/// `/api/overview`
pub(super) async fn overview(State(pages): State<Pages>) -> Response {
    let mut last = pages.last_overview.0.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = last.as_ref().filter(|(at, _)| at.elapsed() < RENEWED_AFTER);
    if let Some((_, text)) = fresh {
        return json(text.to_string());
    }
    match serde_json::to_string(&overview_of(&pages)) {
        Ok(text) => {
            *last = Some((Instant::now(), text.as_str().into()));
            json(text)
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn overview_of(pages: &Pages) -> Overview<'_> {
    let articles = match &pages.recent {
        Some(_) => Articles::Shown,
        None if pages.access.allows_articles() => Articles::NotKept,
        None => Articles::Withheld,
    };
    Overview {
        now: seconds_since_1970(),
        started: pages.telemetry.start_time.get(),
        version: &pages.version,
        readiness: pages.health.readiness(),
        history: pages.history.view(),
        articles,
        recent: pages.recent.as_ref().map(|recent| recent.overview()),
    }
}

/// `/api/actor/{key}`
pub(super) async fn actor(State(pages): State<Pages>, Path(key): Path<String>) -> Response {
    answer(pages.recent.as_ref().and_then(|recent| recent.actor(&key)))
}

/// `/api/article/{number}`
pub(super) async fn article(State(pages): State<Pages>, Path(number): Path<u64>) -> Response {
    answer(pages.recent.as_ref().and_then(|recent| recent.article(number)))
}

fn answer(view: Option<impl Serialize>) -> Response {
    match view.map(|view| serde_json::to_string(&view)) {
        Some(Ok(text)) => json(text),
        Some(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        None => (StatusCode::NOT_FOUND, "no longer kept\n").into_response(),
    }
}

fn json(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
