//! The figures of the last minutes, looked up in the metrics every few seconds. What /metrics shows is what is shown
//! here, so that the page and a dashboard never disagree.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use prometheus::TextEncoder;
use serde::Serialize;

use crate::telemetry::Telemetry;
use crate::telemetry::events::seconds_since_1970;
use crate::telemetry::exposition::{Buckets, Exposition};

/// Between two looks.
pub const STEP: Duration = Duration::from_secs(3);
/// 15 minutes.
const POINTS: usize = 300;
/// A latency is that of the last minute: of a single step it would jump.
const LATENCY_STEPS: usize = 20;
/// Error codes come from fixed lists; the page shows the most frequent ones.
const SHOWN_CODES: usize = 12;

const RECEIVED: &str = "tonewire_records_received_total";
const ENRICHED: &str = "tonewire_records_enriched_total";
const DEAD_LETTERED: &str = "tonewire_records_dead_lettered_total";
const SKIPPED: &str = "tonewire_records_skipped_total";
const LAG: &str = "tonewire_kafka_consumer_lag_records";
const OLDEST: &str = "tonewire_kafka_consumer_lag_seconds";
const IN_FLIGHT: &str = "tonewire_records_in_flight";
const LATENCY: &str = "tonewire_end_to_end_latency_seconds";

/// Counters at one moment.
#[derive(Clone, Debug, Default)]
struct Counted {
    received: f64,
    enriched: f64,
    skipped: f64,
    /// By `stage/code`.
    dead_letters: BTreeMap<String, f64>,
    latency: Buckets,
}

/// What was counted in one step, and how things stood at its end.
#[derive(Debug)]
struct Point {
    /// Seconds since 1970.
    at: f64,
    received: f64,
    enriched: f64,
    skipped: f64,
    dead_letters: BTreeMap<String, f64>,
    latency: Buckets,
    lag: f64,
    oldest_s: f64,
    seconds: f64,
    p50: Option<f64>,
    p99: Option<f64>,
}

#[derive(Debug, Default)]
struct Points {
    last: Option<(Instant, Counted)>,
    in_flight: f64,
    steps: VecDeque<Point>,
}

/// The figures over time.
#[derive(Debug, Default)]
pub struct History {
    points: Mutex<Points>,
}

/// What is shown of them: a list for each figure, the oldest value first.
#[derive(Debug, Serialize)]
pub struct HistoryView {
    /// Length of a step, in seconds.
    step_seconds: f64,
    /// Steps that fit into the history.
    steps: usize,
    /// End of the newest step, in seconds since 1970.
    at: Option<f64>,
    /// Records per second.
    received: Vec<f64>,
    enriched: Vec<f64>,
    dead_lettered: Vec<f64>,
    skipped: Vec<f64>,
    /// Records that wait.
    lag: Vec<f64>,
    /// Age of the oldest record in work, in seconds.
    oldest_seconds: Vec<f64>,
    /// Seconds; null where no record came out within a minute.
    p50: Vec<Option<f64>>,
    p99: Vec<Option<f64>>,
    in_flight: f64,
    since_start: SinceStart,
    dead_letters: Vec<Letters>,
}

/// Records since the start of the process.
#[derive(Debug, Default, Serialize)]
struct SinceStart {
    received: f64,
    enriched: f64,
    dead_lettered: f64,
    skipped: f64,
}

/// Dead letters of one error code.
#[derive(Debug, Serialize)]
struct Letters {
    stage: String,
    code: String,
    since_start: f64,
    /// In each step.
    over_time: Vec<f64>,
}

impl History {
    /// Looks at the metrics again and again, until the task is dropped.
    pub async fn watch(self: Arc<Self>, telemetry: Arc<Telemetry>) {
        let mut ticks = tokio::time::interval(STEP);
        loop {
            ticks.tick().await;
            match scrape(&telemetry) {
                Ok(scrape) => self.add(Instant::now(), &scrape),
                Err(error) => tracing::debug!(error, "no figures for the page"),
            }
        }
    }

    fn add(&self, now: Instant, scrape: &Exposition) {
        let counted = Counted::of(scrape);
        let mut points = self.lock();
        points.in_flight = scrape.sum(IN_FLIGHT).unwrap_or_default();
        if let Some((before, earlier)) = points.last.take() {
            let mut point = counted.since(&earlier, now.duration_since(before).as_secs_f64());
            point.lag = scrape.sum(LAG).unwrap_or_default();
            point.oldest_s = scrape.series(OLDEST).map(|sample| sample.value).fold(0.0, f64::max);
            let mut minute = point.latency.clone();
            for step in points.steps.iter().rev().take(LATENCY_STEPS - 1) {
                minute.add(&step.latency);
            }
            (point.p50, point.p99) = (minute.quantile(0.5), minute.quantile(0.99));
            points.steps.push_back(point);
        }
        if points.steps.len() > POINTS {
            points.steps.pop_front();
        }
        points.last = Some((now, counted));
    }

    /// The history as it is shown.
    #[must_use]
    pub fn view(&self) -> HistoryView {
        let points = self.lock();
        let steps = &points.steps;
        let rates = |of: &dyn Fn(&Point) -> f64| -> Vec<f64> {
            steps.iter().map(|step| rounded(of(step) / step.seconds.max(0.001))).collect()
        };
        HistoryView {
            step_seconds: STEP.as_secs_f64(),
            steps: POINTS,
            at: steps.back().map(|step| step.at),
            received: rates(&|step| step.received),
            enriched: rates(&|step| step.enriched),
            dead_lettered: rates(&|step| step.dead_letters.values().sum()),
            skipped: rates(&|step| step.skipped),
            lag: steps.iter().map(|step| step.lag).collect(),
            oldest_seconds: steps.iter().map(|step| rounded(step.oldest_s)).collect(),
            p50: steps.iter().map(|step| step.p50.map(rounded)).collect(),
            p99: steps.iter().map(|step| step.p99.map(rounded)).collect(),
            in_flight: points.in_flight,
            since_start: points.last.as_ref().map(|(_, counted)| counted.since_start()).unwrap_or_default(),
            dead_letters: codes(&points),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Points> {
        self.points.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn of(scrape: &Exposition) -> Self {
        let sum = |name| scrape.sum(name).unwrap_or_default();
        let mut dead_letters = BTreeMap::new();
        for sample in scrape.series(DEAD_LETTERED) {
            let label = |key| sample.label(key).unwrap_or_default();
            *dead_letters.entry(format!("{}/{}", label("stage"), label("error_code"))).or_default() +=
                sample.value;
        }
        Self {
            received: sum(RECEIVED),
            enriched: sum(ENRICHED),
            skipped: sum(SKIPPED),
            dead_letters,
            latency: Buckets::of(scrape, LATENCY, &[]),
        }
    }

    fn since(&self, earlier: &Self, seconds: f64) -> Point {
        let was = |code: &String| earlier.dead_letters.get(code).copied().unwrap_or_default();
        let increases = self.dead_letters.iter().map(|(code, count)| (code.clone(), count - was(code)));
        Point {
            at: seconds_since_1970(),
            received: self.received - earlier.received,
            enriched: self.enriched - earlier.enriched,
            skipped: self.skipped - earlier.skipped,
            dead_letters: increases.filter(|(_, increase)| *increase > 0.0).collect(),
            latency: self.latency.since(&earlier.latency),
            lag: 0.0,
            oldest_s: 0.0,
            seconds,
            p50: None,
            p99: None,
        }
    }

    fn since_start(&self) -> SinceStart {
        SinceStart {
            received: self.received,
            enriched: self.enriched,
            dead_lettered: self.dead_letters.values().sum(),
            skipped: self.skipped,
        }
    }
}

fn codes(points: &Points) -> Vec<Letters> {
    let Some((_, counted)) = &points.last else { return Vec::new() };
    let mut codes: Vec<_> = counted.dead_letters.iter().filter(|(_, count)| **count > 0.0).collect();
    codes.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let over_time = |name: &String| {
        points.steps.iter().map(|step| step.dead_letters.get(name).copied().unwrap_or_default()).collect()
    };
    let code = |(name, count): (&String, &f64)| {
        let (stage, code) = name.split_once('/')?;
        Some(Letters {
            stage: stage.to_owned(),
            code: code.to_owned(),
            since_start: *count,
            over_time: over_time(name),
        })
    };
    codes.into_iter().take(SHOWN_CODES).filter_map(code).collect()
}

fn scrape(telemetry: &Telemetry) -> Result<Exposition, String> {
    let text = TextEncoder::new()
        .encode_to_string(&telemetry.registry().gather())
        .map_err(|error| error.to_string())?;
    Exposition::parse(&text).map_err(|error| error.to_string())
}

/// Thousandths are more than a picture shows. Never a negative zero, which a sum over nothing is.
fn rounded(value: f64) -> f64 {
    (value * 1e3).round() / 1e3 + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(steps: u32, each: impl Fn(&Telemetry)) -> History {
        let (history, telemetry, start) = (History::default(), Telemetry::new().unwrap(), Instant::now());
        for step in 0..=steps {
            history.add(start + STEP * step, &scrape(&telemetry).unwrap());
            each(&telemetry);
        }
        history
    }

    #[test]
    fn every_metric_that_is_read_is_one_of_the_service() {
        let declared = include_str!("../telemetry/metrics.rs");
        for name in [RECEIVED, ENRICHED, DEAD_LETTERED, SKIPPED, LAG, OLDEST, IN_FLIGHT, LATENCY] {
            assert!(declared.contains(&format!("\"{name}\"")), "{name}");
        }
    }

    #[test]
    fn rates_are_per_second_and_latencies_of_the_last_minute() {
        let history = filled(30, |telemetry| {
            telemetry.records_enriched.inc_by(6);
            telemetry.end_to_end_latency.observe(0.2);
            telemetry.records_dead_lettered.with_label_values(&["decode", "invalid_json"]).inc_by(3);
            telemetry.consumer_lag.with_label_values(&["raw", "0"]).set(7);
        });
        let view = history.view();
        assert_eq!((view.enriched.len(), view.enriched[29], view.dead_lettered[29]), (30, 2.0, 1.0));
        assert_eq!(view.lag[29], 7.0);
        assert!(view.p50[29].is_some_and(|seconds| (0.1..0.25).contains(&seconds)), "{:?}", view.p50);
        let code = &view.dead_letters[0];
        assert_eq!(
            (code.stage.as_str(), code.code.as_str(), code.since_start),
            ("decode", "invalid_json", 90.0)
        );
        assert_eq!((code.over_time.len(), code.over_time[29]), (30, 3.0));
    }

    #[test]
    fn the_history_is_bounded_and_knows_no_latency_without_records() {
        let view = filled(1_000, |_| {}).view();
        assert_eq!((view.received.len(), view.p99.len()), (POINTS, POINTS));
        assert!(view.p99.iter().all(Option::is_none));
        assert!(history_is_empty_before_two_looks());
    }

    fn history_is_empty_before_two_looks() -> bool {
        filled(0, |_| {}).view().at.is_none()
    }
}
