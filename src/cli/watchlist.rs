//! The watch-list of a command: read at the start, and again on every SIGHUP.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::actors::Watchlist;
use crate::analysis::Stage;
use crate::telemetry::Telemetry;
use crate::telemetry::events::{WatchlistLoaded, WatchlistRefused};

use super::failure::{Failure, with_causes};

/// The list in a file; an empty one without a file. `key` is what the user named the file with.
pub(super) fn load(key: &str, path: Option<&Path>) -> Result<Watchlist, Failure> {
    let Some(path) = path else { return Ok(Watchlist::empty()) };
    Watchlist::load(path)
        .map_err(|error| Failure::Usage(format!("{key} = {:?}: {}", path.display(), with_causes(&error))))
}

/// Heeds SIGHUP where there is no list: a signal sent to all instances must not end this one.
pub(super) async fn ignore_reloads(mut hang_up: Signal) {
    while hang_up.recv().await.is_some() {
        tracing::info!("SIGHUP: there is nothing to read again, since analysis.watchlist_path is not set");
    }
}

/// The signal that asks for the list to be read again. Within a runtime.
pub(super) fn reload_signal() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// A list in use that can be read again.
pub(super) struct Reloader {
    path: PathBuf,
    stage: Arc<Stage>,
    telemetry: Arc<Telemetry>,
    hang_up: Signal,
}

impl Reloader {
    /// Puts the list into use, and heeds SIGHUP from here on. Within a runtime.
    pub(super) fn start(path: &Path, stage: Arc<Stage>, telemetry: Arc<Telemetry>) -> Result<Self, Failure> {
        let hang_up = reload_signal()?;
        let watchlist = load("analysis.watchlist_path", Some(path))?;
        let actors = watchlist.len();
        stage.replace_watchlist(watchlist);
        WatchlistLoaded { path, actors, again: false }.emit(&telemetry);
        Ok(Self { path: path.to_owned(), stage, telemetry, hang_up })
    }

    /// Reads the file again on every SIGHUP, until the process ends.
    pub(super) async fn watch(mut self) {
        while self.hang_up.recv().await.is_some() {
            self.reload();
        }
    }

    fn reload(&self) {
        let path = self.path.as_path();
        match Watchlist::load(path) {
            Ok(watchlist) => {
                let actors = watchlist.len();
                self.stage.replace_watchlist(watchlist);
                WatchlistLoaded { path, actors, again: true }.emit(&self.telemetry);
            }
            Err(error) => WatchlistRefused { path, error: &with_causes(&error) }.emit(&self.telemetry),
        }
    }
}
