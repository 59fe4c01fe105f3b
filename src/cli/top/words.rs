//! The figures in words: the same for the screen and for `--once`.

use super::format::{NONE, bytes, count, rate, seconds};
use super::history::{Figures, History, Now, Quantiles};
use super::reading::Family;

/// Columns of [`instance_row`].
pub(super) const INSTANCE_COLUMNS: [&str; 10] = [
    "instance",
    "ready",
    "articles/s",
    "lag",
    "partitions",
    "p99",
    "dead letters",
    "last commit",
    "cores",
    "memory",
];

/// One figure with its name.
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) text: String,
    /// Somebody should look at it.
    pub(super) is_bad: bool,
}

/// How many answer and are ready.
pub(super) fn headline(figures: &Figures) -> String {
    let Figures { instances, answering, ready, versions, models, .. } = figures;
    let noun = if *instances == 1 { "instance answers" } else { "instances answer" };
    let mut text = format!("{answering} of {instances} {noun}, {ready} ready");
    if *answering > 0 {
        let join = |names: &std::collections::BTreeSet<String>| {
            names.iter().map(String::as_str).collect::<Vec<_>>().join(" and ")
        };
        text = format!("{text}; tonewire {}, model {}", join(versions), join(models));
    }
    text
}

pub(super) fn throughput(figures: &Figures) -> String {
    match figures.rates {
        None => "no rate before the second look".to_owned(),
        Some(rates) => format!(
            "{} articles/s enriched, {} records/s received ({}/s), {} cores",
            rate(rates.enriched),
            rate(rates.received),
            bytes(rates.received_bytes),
            rate(rates.processor)
        ),
    }
}

/// Everything but the throughput. `now` is in seconds since 1970.
pub(super) fn facts(figures: &Figures, now: f64) -> Vec<Fact> {
    let total = |family| figures.since_start.total(family);
    let recent_letters = figures.last_minute.total(Family::DeadLettered);
    let outcomes = [
        ("enriched", Family::Enriched),
        ("skipped", Family::Skipped),
        ("dead-lettered", Family::DeadLettered),
        ("returned", Family::Returned),
    ]
    .map(|(name, family)| format!("{name} {}", count(total(family))));
    vec![
        fact("lag", lag(figures), false),
        fact("latency", quantiles(figures.latency()), false),
        fact("analysis", quantiles(figures.analysis()), false),
        fact("outcomes", format!("{}; in work {}", outcomes.join(", "), count(figures.in_flight)), false),
        fact("skipped", by_label(figures, Family::Skipped), false),
        fact("dead letters", by_label(figures, Family::DeadLettered), recent_letters > 0.0),
        fact("last commit", age(figures.last_commit, now), false),
    ]
}

fn fact(name: &'static str, text: String, is_bad: bool) -> Fact {
    Fact { name, text, is_bad }
}

fn lag(figures: &Figures) -> String {
    format!(
        "{} records in {} partitions, the oldest in work {} old",
        count(figures.total_lag()),
        count(figures.assigned),
        seconds(figures.oldest_s)
    )
}

fn quantiles(quantiles: Option<Quantiles>) -> String {
    match quantiles {
        None => "no article yet".to_owned(),
        Some(Quantiles { p50, p99, are_recent }) => format!(
            "p50 {}, p99 {} ({})",
            seconds(p50),
            seconds(p99),
            if are_recent { "last minute" } else { "since the start" }
        ),
    }
}

/// Each combination of labels, the most frequent first, and how many came in the last minute.
fn by_label(figures: &Figures, family: Family) -> String {
    let mut counts: Vec<_> =
        figures.since_start.by_label(family).filter(|(_, number)| *number > 0.0).collect();
    counts.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
    if counts.is_empty() {
        return "none".to_owned();
    }
    let texts: Vec<_> =
        counts.iter().map(|(labels, number)| format!("{labels} {}", count(*number))).collect();
    format!("{} (last minute {})", texts.join(", "), count(figures.last_minute.total(family)))
}

fn age(time: Option<f64>, now: f64) -> String {
    time.map_or_else(|| "never".to_owned(), |time| format!("{} ago", seconds(now - time)))
}

/// The cells of [`INSTANCE_COLUMNS`], or why there are none.
pub(super) fn instance_row(history: &History, now: f64) -> Result<[String; 10], String> {
    let reading = match history.now() {
        Now::NotAskedYet => return Err("asked, no answer yet".to_owned()),
        Now::Silent(problem) => return Err(problem.to_owned()),
        Now::Answers(reading) => reading,
    };
    let figures = history.figures();
    let ready = if reading.ready { "yes".to_owned() } else { format!("no: {}", reading.unmet.join(", ")) };
    Ok([
        history.name.clone(),
        ready,
        figures.rates.map_or_else(|| NONE.to_owned(), |rates| rate(rates.enriched)),
        count(figures.total_lag()),
        count(reading.assigned),
        figures.latency().map_or_else(|| NONE.to_owned(), |quantiles| seconds(quantiles.p99)),
        count(figures.since_start.total(Family::DeadLettered)),
        age(reading.last_commit, now),
        figures.rates.map_or_else(|| NONE.to_owned(), |rates| rate(rates.processor)),
        reading.memory_bytes.map_or_else(|| NONE.to_owned(), bytes),
    ])
}
