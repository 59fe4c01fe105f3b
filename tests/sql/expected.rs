//! The answers, worked out here from the same rows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Rows of an answer, each value as text; null is empty.
pub type Answer = Vec<Vec<String>>;

pub fn expected(rows: &[Value]) -> Vec<(&'static str, Answer)> {
    vec![
        ("sentiment toward one actor by day and source", by_day_and_source(rows)),
        ("the actors written about most", written_about_most(rows)),
        ("who is judged most unlike by the sources", judged_most_unlike(rows)),
        ("share of articles by label and day", labels_by_day(rows)),
    ]
}

fn text(row: &Value, column: &str) -> String {
    row[column].as_str().unwrap_or_default().to_owned()
}

fn day(row: &Value) -> String {
    text(row, "published_at").parse::<jiff::Timestamp>().unwrap().strftime("%Y-%m-%d").to_string()
}

/// To four decimals, without zeros at the end.
fn rounded(score: f64) -> String {
    let score = (score * 1e4).round() / 1e4;
    format!("{}", score + 0.0)
}

fn mean(rows: &[&Value]) -> f64 {
    let scores: Vec<f64> = rows.iter().map(|row| row["score"].as_f64().unwrap()).collect();
    scores.iter().sum::<f64>() / f64::from(u32::try_from(scores.len()).unwrap())
}

fn groups<K: Ord>(rows: &[Value], key: impl Fn(&Value) -> K) -> BTreeMap<K, Vec<&Value>> {
    let mut groups: BTreeMap<K, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        groups.entry(key(row)).or_default().push(row);
    }
    groups
}

fn by_day_and_source(rows: &[Value]) -> Answer {
    let about: Vec<Value> = rows.iter().filter(|row| row["actor_id"] == "Q7184").cloned().collect();
    // Rows without a source come last within a day.
    groups(&about, |row| (day(row), row["source"].is_null(), text(row, "source")))
        .into_iter()
        .map(|((day, _, source), rows)| vec![day, source, rows.len().to_string(), rounded(mean(&rows))])
        .collect()
}

fn written_about_most(rows: &[Value]) -> Answer {
    let mut actors: Vec<_> = groups(rows, |row| text(row, "actor_id"))
        .into_iter()
        .map(|(id, rows)| {
            let mentions: i64 = rows.iter().map(|row| row["mentions"].as_i64().unwrap()).sum();
            let name = rows.iter().map(|row| text(row, "actor_name")).max().unwrap();
            (Reverse(rows.len()), Reverse(mentions), id, name, mean(&rows))
        })
        .collect();
    actors.sort_by(|one, other| (one.0, one.1, &one.2).cmp(&(other.0, other.1, &other.2)));
    let line =
        |(articles, mentions, id, name, score): (Reverse<usize>, Reverse<i64>, String, String, f64)| {
            vec![id, name, articles.0.to_string(), mentions.0.to_string(), rounded(score)]
        };
    actors.into_iter().take(5).map(line).collect()
}

fn judged_most_unlike(rows: &[Value]) -> Answer {
    let named: Vec<Value> = rows.iter().filter(|row| !row["source"].is_null()).cloned().collect();
    let mut spreads: Vec<(f64, String)> = Vec::new();
    let ids: BTreeSet<String> = named.iter().map(|row| text(row, "actor_id")).collect();
    for id in ids {
        let own: Vec<Value> = named.iter().filter(|row| text(row, "actor_id") == id).cloned().collect();
        let means: Vec<f64> =
            groups(&own, |row| text(row, "source")).values().map(|rows| mean(rows)).collect();
        if means.len() > 1 {
            let (least, most) = means
                .iter()
                .fold((f64::MAX, f64::MIN), |(least, most), &one| (least.min(one), most.max(one)));
            spreads.push(((most - least), id));
        }
    }
    spreads.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    spreads.into_iter().take(3).map(|(spread, id)| vec![id, rounded(spread)]).collect()
}

fn labels_by_day(rows: &[Value]) -> Answer {
    groups(rows, |row| (day(row), text(row, "label")))
        .into_iter()
        .map(|((day, label), rows)| vec![day, label, rows.len().to_string()])
        .collect()
}
