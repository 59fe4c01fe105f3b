//! `demo`: the main job with nothing installed. An embedded broker, the sample articles, the service as
//! `run` has it, and a reader of its own that shows what arrives in the output topics.

mod feed;
mod reader;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;

use crate::config::{Config, Delivery, Settings};
use crate::kafka::EmbeddedBroker;
use crate::pipeline::Summary;
use crate::telemetry::logging;

use self::feed::Feed;
use self::reader::{Arrival, Place, Reader};
use super::failure::Failure;
use super::server::{Server, WhenTaken};

const RAW: &str = "articles.raw";
const ENRICHED: &str = "articles.enriched";
const DEAD_LETTERS: &str = "articles.dead-letters";

/// How long all samples may take. The first join of the embedded broker's group alone takes 3 s.
const TIME_FOR_ALL: Duration = Duration::from_mins(1);
/// Between two articles, once all samples have come out.
const PAUSE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(100);

/// Watch the whole service at work, with an embedded broker and sample articles.
///
/// The embedded broker cannot do transactions, so the demo delivers at least once; `run` against Apache
/// Kafka delivers exactly once unless told otherwise.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire demo                  runs until Ctrl-C; look at its live page meanwhile
  tonewire demo --once           all samples once, then a summary; code 0 if all came out")]
pub(super) struct Arguments {
    /// End when all samples have come out.
    #[arg(long)]
    once: bool,
    /// Address of the live page, the metrics and probes. If it is taken, another port is used.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9464")]
    listen: SocketAddr,
    /// Your own actors, like config/watchlist.toml; SIGHUP reads the file again.
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
    /// Log filter.
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    log: String,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let broker = EmbeddedBroker::start(&[(RAW, 3), (ENRICHED, 3), (DEAD_LETTERS, 1)])
        .map_err(|error| Failure::from_error(&error))?;
    let address = broker.bootstrap_servers();
    let config = Arc::new(Config::from_settings(settings(&address, arguments))?);
    logging::init(&config.log).map_err(|error| Failure::from_error(&error))?;
    let server = Server::start(config, WhenTaken::TakeAnother)?;
    introduce(&address, server.address, arguments.once)?;
    let demo = Demo {
        feed: Feed::new(&address, RAW).map_err(|error| Failure::from_error(&error))?,
        reader: Reader::new(&address, &[ENRICHED, DEAD_LETTERS])
            .map_err(|error| Failure::from_error(&error))?,
        pending: BTreeMap::new(),
        sent: 0,
        server,
    };
    demo.run(arguments.once)
}

fn settings(broker: &str, arguments: &Arguments) -> Settings {
    let mut settings = Settings::default();
    settings.kafka.brokers = broker.into();
    settings.kafka.group_id = "tonewire-demo".into();
    settings.kafka.instance_name = "demo".into();
    settings.kafka.input_topics = vec![RAW.to_owned()];
    settings.kafka.output_topic = ENRICHED.into();
    settings.kafka.dead_letter_topic = DEAD_LETTERS.into();
    // The embedded broker accepts transactions, but drops the offsets in them.
    settings.kafka.delivery = Delivery::AtLeastOnce;
    settings.kafka.session_timeout_ms = EmbeddedBroker::SESSION_TIMEOUT_MS;
    settings.kafka.drain_timeout_ms = 2_000;
    settings.http.listen = arguments.listen.to_string();
    settings.log.filter.clone_from(&arguments.log);
    if let Some(path) = &arguments.watchlist {
        settings.analysis.watchlist_path = path.to_string_lossy().into_owned();
    }
    settings
}

fn introduce(broker: &str, pages: SocketAddr, once: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "broker    {broker}, embedded: at-least-once, since it knows no transactions")?;
    writeln!(out, "topics    {RAW} -> {ENRICHED}, {DEAD_LETTERS}")?;
    writeln!(out, "join in   kcat -b {broker} -t {ENRICHED} -C")?;
    writeln!(out, "live page http://{pages}/")?;
    writeln!(out, "metrics   http://{pages}/metrics (also /livez, /readyz, /version)")?;
    if !once {
        writeln!(out, "watch     tonewire top --url {pages}, in another terminal")?;
        writeln!(out, "stop      Ctrl-C")?;
    }
    writeln!(out)?;
    Ok(())
}

struct Demo {
    feed: Feed,
    reader: Reader,
    /// Articles that have not come out yet: where they stand in the raw topic, and their names.
    pending: BTreeMap<Place, String>,
    sent: u64,
    server: Server,
}

impl Demo {
    fn run(mut self, once: bool) -> Result<(), Failure> {
        for number in 0..self.feed.len() {
            self.send(number)?;
        }
        self.feed.send_tombstone().map_err(Failure::Failed)?;
        self.sent += 1;
        let everything_is_out = self.show_until_all_are_out()?;
        if everything_is_out && !once {
            self.go_on()?;
        }
        self.end(everything_is_out)
    }

    fn send(&mut self, number: usize) -> Result<(), Failure> {
        let (place, name) = self.feed.send(number).map_err(Failure::Failed)?;
        self.pending.insert(place, name);
        self.sent += 1;
        Ok(())
    }

    /// Shows what arrives until nothing is missing; `false` if the user stopped before.
    fn show_until_all_are_out(&mut self) -> Result<bool, Failure> {
        let end = Instant::now() + TIME_FOR_ALL;
        while !self.pending.is_empty() || self.settled() < self.sent {
            if self.server.service.stop_switch().is_on() || self.server.service.is_finished() {
                return Ok(false);
            }
            if Instant::now() >= end {
                return Err(Failure::Failed(self.what_is_missing()));
            }
            self.show_next()?;
        }
        Ok(true)
    }

    /// More articles, slowly, so that the metrics move.
    fn go_on(&mut self) -> Result<(), Failure> {
        for number in (0..self.feed.len()).cycle() {
            self.send(number)?;
            let next = Instant::now() + PAUSE;
            while Instant::now() < next {
                if self.server.service.stop_switch().is_on() || self.server.service.is_finished() {
                    return Ok(());
                }
                self.show_next()?;
            }
        }
        Ok(())
    }

    fn show_next(&mut self) -> Result<(), Failure> {
        let arrival = self.reader.next(LOOK).map_err(|error| Failure::from_error(&error))?;
        let Some(Arrival { place, text }) = arrival else { return Ok(()) };
        // At least once: a repeat is read, but was shown.
        if let Some(name) = self.pending.remove(&place) {
            writeln!(io::stdout().lock(), "{name}\n{}\n", text.trim_end())?;
        }
        Ok(())
    }

    fn settled(&self) -> u64 {
        settled(&self.server.service.summary())
    }

    fn what_is_missing(&self) -> String {
        let names: Vec<&str> = self.pending.values().map(String::as_str).collect();
        format!(
            "after {} s only {} of {} records are settled, and these have not come out: {}; --log debug tells more",
            TIME_FOR_ALL.as_secs(),
            self.settled(),
            self.sent,
            if names.is_empty() { "(none)".to_owned() } else { names.join(", ") }
        )
    }

    fn end(self, everything_is_out: bool) -> Result<(), Failure> {
        self.server.service.stop();
        let summary = self.server.service.wait().map_err(|error| Failure::from_error(&error))?;
        writeln!(
            io::stdout().lock(),
            "received {} = enriched {} + dead-lettered {} + skipped {}",
            summary.received,
            summary.enriched,
            summary.dead_lettered,
            summary.skipped
        )?;
        if everything_is_out && settled(&summary) != summary.received {
            return Err(Failure::Failed("the counts above do not add up".to_owned()));
        }
        Ok(())
    }
}

fn settled(summary: &Summary) -> u64 {
    summary.enriched + summary.dead_lettered + summary.skipped
}
