//! The last minute of one instance, and the figures of one or of all.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::reading::{Counters, Family, Partition, Reading};

/// Latencies and rates of rare things are over this time.
pub(super) const WINDOW: Duration = Duration::from_mins(1);

/// One instance as its scrapes show it. Times count from the start of the program.
#[derive(Debug)]
pub(super) struct History {
    /// Host and port.
    pub(super) name: String,
    latest: Option<(Duration, Reading)>,
    /// Why the last attempt gave nothing.
    problem: Option<String>,
    steps: VecDeque<Step>,
}

/// Between two neighbouring scrapes.
#[derive(Debug)]
struct Step {
    end: Duration,
    seconds: f64,
    increase: Counters,
}

impl History {
    pub(super) fn new(name: String) -> Self {
        Self { name, latest: None, problem: None, steps: VecDeque::new() }
    }

    /// Takes the result of one attempt.
    pub(super) fn add(&mut self, at: Duration, result: Result<Reading, String>) {
        let reading = match result {
            Ok(reading) => reading,
            Err(problem) => {
                self.problem = Some(problem);
                return;
            }
        };
        self.problem = None;
        if let Some((before, earlier)) = &self.latest {
            let seconds = at.saturating_sub(*before).as_secs_f64();
            let increase = reading.counters.since(&earlier.counters);
            self.steps.push_back(Step { end: at, seconds, increase });
        }
        self.steps.retain(|step| step.end + WINDOW > at);
        self.latest = Some((at, reading));
    }

    /// What is known now: nothing of an instance that does not answer.
    pub(super) fn now(&self) -> Now<'_> {
        match (&self.problem, &self.latest) {
            (Some(problem), _) => Now::Silent(problem),
            (None, None) => Now::NotAskedYet,
            (None, Some((_, reading))) => Now::Answers(reading),
        }
    }

    pub(super) fn figures(&self) -> Figures {
        Figures::of([self])
    }
}

/// What an instance last said.
pub(super) enum Now<'a> {
    NotAskedYet,
    /// With the reason.
    Silent(&'a str),
    Answers(&'a Reading),
}

/// The figures of some instances, summed.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) instances: usize,
    pub(super) answering: usize,
    pub(super) ready: usize,
    pub(super) versions: BTreeSet<String>,
    pub(super) models: BTreeSet<String>,
    /// Per second, between the last two scrapes of each; `None` before there are two.
    pub(super) rates: Option<Rates>,
    pub(super) lag: BTreeMap<Partition, f64>,
    /// Age of the oldest record in work, in seconds.
    pub(super) oldest_s: f64,
    pub(super) assigned: f64,
    pub(super) in_flight: f64,
    pub(super) memory_bytes: f64,
    /// Of the latest commit, in seconds since 1970.
    pub(super) last_commit: Option<f64>,
    /// Since the start of each process.
    pub(super) since_start: Counters,
    /// In the last minute, as far as it was watched.
    pub(super) last_minute: Counters,
}

/// Per second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    pub(super) enriched: f64,
    pub(super) received: f64,
    pub(super) received_bytes: f64,
    /// Cores in use.
    pub(super) processor: f64,
}

/// Half of the values and 99 of 100 lie below these, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantiles {
    pub(super) p50: f64,
    pub(super) p99: f64,
    /// Whether they are of the last minute; otherwise they are of all since the start, since that minute had none.
    pub(super) are_recent: bool,
}

impl Figures {
    pub(super) fn of<'a>(histories: impl IntoIterator<Item = &'a History>) -> Self {
        let mut figures = Self::default();
        for history in histories {
            figures.instances += 1;
            if let Now::Answers(reading) = history.now() {
                figures.add_reading(reading);
                figures.add_steps(&history.steps);
            }
        }
        figures
    }

    fn add_reading(&mut self, reading: &Reading) {
        self.answering += 1;
        self.ready += usize::from(reading.ready);
        self.versions.insert(reading.version.clone());
        self.models.insert(reading.model.clone());
        for (partition, lag) in &reading.lag {
            *self.lag.entry(partition.clone()).or_default() += lag;
        }
        self.oldest_s = self.oldest_s.max(reading.oldest_s);
        self.assigned += reading.assigned;
        self.in_flight += reading.in_flight;
        self.memory_bytes += reading.memory_bytes.unwrap_or_default();
        self.last_commit = [self.last_commit, reading.last_commit].into_iter().flatten().reduce(f64::max);
        self.since_start.add(&reading.counters);
    }

    fn add_steps(&mut self, steps: &VecDeque<Step>) {
        for step in steps {
            self.last_minute.add(&step.increase);
        }
        let Some(Step { seconds, increase, .. }) = steps.back().filter(|step| step.seconds > 0.0) else {
            return;
        };
        let rates = self.rates.get_or_insert_default();
        let rate = |family| increase.total(family) / seconds;
        rates.enriched += rate(Family::Enriched);
        rates.received += rate(Family::Received);
        rates.received_bytes += rate(Family::ReceivedBytes);
        rates.processor += rate(Family::ProcessorSeconds);
    }

    pub(super) fn total_lag(&self) -> f64 {
        self.lag.values().sum()
    }

    /// From the input record's timestamp to the committed output.
    pub(super) fn latency(&self) -> Option<Quantiles> {
        quantiles(self, |counters| &counters.latency)
    }

    /// Of the analysis of one article.
    pub(super) fn analysis(&self) -> Option<Quantiles> {
        quantiles(self, |counters| &counters.analysis)
    }
}

fn quantiles(
    figures: &Figures,
    of: impl Fn(&Counters) -> &crate::telemetry::exposition::Buckets,
) -> Option<Quantiles> {
    let recent = of(&figures.last_minute);
    let are_recent = recent.count() > 0.0;
    let buckets = if are_recent { recent } else { of(&figures.since_start) };
    Some(Quantiles { p50: buckets.quantile(0.5)?, p99: buckets.quantile(0.99)?, are_recent })
}

#[cfg(test)]
mod tests {
    use super::super::test_scrapes::{later, reading, scrape};
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn history(scrapes: impl IntoIterator<Item = (u32, String)>) -> History {
        let mut history = History::new("one".to_owned());
        for (second, text) in scrapes {
            history.add(SECOND * second, Ok(reading(&text)));
        }
        history
    }

    #[test]
    fn rates_are_over_the_time_between_the_last_two_scrapes() {
        assert_eq!(history([(0, scrape())]).figures().rates, None);
        let rates = history([(0, scrape()), (5, later())]).figures().rates.unwrap();
        assert_eq!((rates.enriched, rates.received, rates.processor), (20.0, 22.0, 1.5));
    }

    #[test]
    fn all_instances_together_have_the_sum_of_counts_and_rates() {
        let (one, two) = (history([(0, scrape()), (5, later())]), history([(0, scrape()), (10, later())]));
        let figures = Figures::of([&one, &two]);
        assert_eq!(figures.rates.unwrap().enriched, 30.0);
        assert_eq!(figures.since_start.total(Family::Enriched), 2.0 * 400.0);
        assert_eq!(figures.last_minute.total(Family::Enriched), 2.0 * 100.0);
        assert_eq!((figures.instances, figures.answering, figures.ready), (2, 2, 2));
    }

    #[test]
    fn an_instance_that_does_not_answer_has_no_part_in_the_sum_and_comes_back() {
        let mut one = history([(0, scrape()), (5, later())]);
        one.add(SECOND * 6, Err("connection refused".to_owned()));
        assert!(matches!(one.now(), Now::Silent("connection refused")));
        let figures = one.figures();
        assert_eq!((figures.instances, figures.answering, figures.total_lag()), (1, 0, 0.0));
        one.add(SECOND * 7, Ok(reading(&later())));
        assert_eq!(one.figures().answering, 1);
        assert_eq!(one.figures().rates.unwrap().enriched, 0.0);
    }

    #[test]
    fn latencies_are_of_the_last_minute_and_of_all_where_it_had_none() {
        let fresh = history([(0, scrape())]).figures().latency().unwrap();
        assert!(!fresh.are_recent);
        let mut watched = history([(0, scrape()), (5, later())]);
        let recent = watched.figures().latency().unwrap();
        // The hundred that came in between were slower than those before.
        assert!(recent.are_recent && recent.p50 > fresh.p50, "{recent:?} {fresh:?}");
        watched.add(SECOND * 66, Ok(reading(&later())));
        assert!(!watched.figures().latency().unwrap().are_recent);
    }

    #[test]
    fn nothing_is_known_before_the_first_answer() {
        let figures = Figures::of([&History::new("one".to_owned())]);
        assert_eq!(
            (figures.answering, figures.rates, figures.latency(), figures.last_commit),
            (0, None, None, None)
        );
    }
}
