//! What `run` and `demo` share: the pages, the signals and the service.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};

use crate::analysis::{Analyze, Stage};
use crate::config::Config;
use crate::http::access::Access;
use crate::http::{self, HttpError, Pages};
use crate::pipeline::{Service, ServiceHandle};
use crate::recent::Recent;
use crate::telemetry::{Health, Telemetry};

use super::failure::Failure;
use super::watchlist::{Reloader, ignore_reloads, reload_signal};
use super::{signals, version};

/// A running service with its pages. The pages end when this is dropped.
pub(super) struct Server {
    pub(super) service: ServiceHandle,
    /// Where the pages are.
    pub(super) address: SocketAddr,
    /// Kept for its threads.
    _runtime: Runtime,
}

/// What to do when the address of the pages is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum WhenTaken {
    Fail,
    TakeAnother,
}

impl Server {
    /// Starts everything. Signals are heeded from here on.
    pub(super) fn start(config: Arc<Config>, when_taken: WhenTaken) -> Result<Self, Failure> {
        let stage = Stage::new(&config.analysis).map_err(|error| Failure::from_error(&error))?;
        let stage = Arc::new(stage);
        let telemetry = Arc::new(Telemetry::new().map_err(|error| Failure::from_error(&error))?);
        let health = Arc::new(Health::new());
        let version = version::as_json(stage.model())?;
        // One thread is plenty for probes and a scrape every few seconds; the cores are for the workers.
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        {
            let _guard = runtime.enter();
            match &config.analysis.watchlist_path {
                Some(path) => {
                    let reloader = Reloader::start(path, Arc::clone(&stage), Arc::clone(&telemetry))?;
                    runtime.spawn(reloader.watch());
                }
                None => drop(runtime.spawn(ignore_reloads(reload_signal()?))),
            }
        }
        let listener = runtime
            .block_on(listen(config.http.listen, when_taken))
            .map_err(|error| Failure::from_error(&error))?;
        let address = listener.local_addr()?;
        let access = Access::new(config.http.token.as_ref(), address, Arc::clone(&telemetry));
        let shown = config.http.recent.filter(|_| access.allows_articles());
        let recent = shown.map(|bounds| Arc::new(Recent::new(bounds)));
        let pages = Pages::new(
            Arc::clone(&telemetry),
            Arc::clone(&health),
            config.kafka.max_poll_interval,
            version,
            access,
        )
        .with_recent(recent.clone());
        runtime.spawn(async move {
            if let Err(error) = http::serve(listener, pages).await {
                tracing::error!(%error, "the pages are no longer served");
            }
        });
        let limit = config.kafka.shutdown_timeout;
        let service = Service::start_watched(config, stage, telemetry, health, recent)
            .map_err(|error| Failure::from_error(&error))?;
        let stop = service.stop_switch();
        runtime.spawn(async move {
            if let Err(error) = signals::watch(stop, limit).await {
                tracing::error!(%error, "signals are not heeded");
            }
        });
        Ok(Self { service, address, _runtime: runtime })
    }
}

async fn listen(address: SocketAddr, when_taken: WhenTaken) -> Result<tokio::net::TcpListener, HttpError> {
    match http::bind(address).await {
        Err(_) if when_taken == WhenTaken::TakeAnother => http::bind((Ipv4Addr::LOCALHOST, 0).into()).await,
        result => result,
    }
}
