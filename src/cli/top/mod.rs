//! `top`: the figures of running instances on the terminal, from their /metrics.
//!
//! ```text
//!   scrape   asks each instance again and again
//!   reading  what one scrape says, and what was counted between two
//!   history  the last minute of an instance; figures of one or of all
//!   words    the figures in words
//!   plain, screen, watch
//! ```

mod format;
mod history;
mod plain;
mod reading;
mod scrape;
mod screen;
#[cfg(test)]
mod test_scrapes;
mod watch;
mod words;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::Args;

use super::failure::Failure;
use history::{Figures, History, Now};
use scrape::{Address, Attempt};

/// Watch running instances: throughput, lag, latency, outcomes.
///
/// Reads the /metrics of each instance as Prometheus does, and needs nothing else. Counts are since the start of each
/// process; rates are between the last two looks; latencies are of the last minute, as far as it was watched.
#[derive(Debug, Args)]
#[command(after_help = "Keys: q quit, p pause, up and down all or one instance, left and right partitions.

Examples:
  tonewire top
  tonewire top --url news-0:9464 --url news-1:9464
  tonewire top --url https://proxy/news/metrics --token-path token
  tonewire top --once                           text, once, for scripts

Exit codes: 0 done, 1 with --once an instance did not answer, 2 usage.")]
pub(super) struct Arguments {
    /// Metrics of an instance: a URL, or HOST:PORT. May be given several times.
    #[arg(long, value_name = "URL", value_parser = Address::parse, default_value = "127.0.0.1:9464")]
    url: Vec<Address>,
    /// File with a token that goes to every instance as `Authorization: Bearer`. Over http others can read it.
    #[arg(long, value_name = "FILE")]
    token_path: Option<PathBuf>,
    /// Seconds between two looks.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    interval: u64,
    /// Look twice, one interval apart, print the figures as text, and end.
    #[arg(long)]
    once: bool,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let is_interactive = io::stdout().is_terminal() && io::stdin().is_terminal();
    if !arguments.once && !is_interactive {
        return Err(Failure::Usage(
            "top draws on a terminal, and there is none; add --once for text".to_owned(),
        ));
    }
    let interval = Duration::from_secs(arguments.interval);
    let histories: Vec<_> = arguments.url.iter().map(|address| History::new(address.name())).collect();
    let attempts = scrape::start(&arguments.url, arguments.token_path.as_deref(), Instant::now(), interval);
    if !arguments.once {
        return Ok(watch::watch(histories, &attempts, interval)?);
    }
    let histories = look_twice(histories, attempts.iter());
    writeln!(io::stdout().lock(), "{}", plain::render(&histories, seconds_since_1970()))?;
    let figures = Figures::of(&histories);
    if figures.answering == figures.instances { Ok(()) } else { Err(Failure::SomeInput) }
}

/// Two looks at each instance that answers, one at each that does not.
fn look_twice(mut histories: Vec<History>, attempts: impl Iterator<Item = Attempt>) -> Vec<History> {
    let mut looks = vec![2_u8; histories.len()];
    for Attempt { instance, at, result } in attempts {
        let (Some(history), Some(left)) = (histories.get_mut(instance), looks.get_mut(instance)) else {
            continue;
        };
        if *left > 0 {
            history.add(at, result);
            *left = if matches!(history.now(), Now::Answers(_)) { *left - 1 } else { 0 };
        }
        if looks.iter().all(|left| *left == 0) {
            break;
        }
    }
    histories
}

fn seconds_since_1970() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
