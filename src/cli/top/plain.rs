//! `top --once`: the figures as text, for scripts and mails.

use std::fmt::Write;

use super::format::count;
use super::history::{Figures, History};
use super::words::{INSTANCE_COLUMNS, facts, headline, instance_row, throughput};

/// All figures of all instances. `now` is in seconds since 1970.
pub(super) fn render(histories: &[History], now: f64) -> String {
    let figures = Figures::of(histories);
    let mut lines = vec![headline(&figures)];
    if figures.answering > 0 {
        lines.push(format!("{:<14}{}", "throughput", throughput(&figures)));
        lines.extend(facts(&figures, now).iter().map(|fact| format!("{:<14}{}", fact.name, fact.text)));
        lines.push(String::new());
        let partitions = figures
            .lag
            .iter()
            .map(|(partition, lag)| [partition.topic.clone(), partition.number.to_string(), count(*lag)]);
        lines.extend(table(["topic", "partition", "lag"], partitions));
    }
    lines.push(String::new());
    let rows: Vec<_> = histories.iter().map(|history| (history, instance_row(history, now))).collect();
    let answering = rows.iter().filter_map(|(_, row)| row.as_ref().ok().cloned());
    lines.extend(table(INSTANCE_COLUMNS, answering));
    for (history, row) in &rows {
        if let Err(problem) = row {
            lines.push(format!("{}  {problem}", history.name));
        }
    }
    lines.join("\n")
}

/// Columns as wide as their widest cell; nothing without rows.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> Vec<String> {
    let mut rows: Vec<[String; N]> = rows.collect();
    if rows.is_empty() {
        return Vec::new();
    }
    rows.insert(0, head.map(str::to_owned));
    let widths: [usize; N] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let line = |row: &[String; N]| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _ = write!(line, "{cell:<width$}  ");
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::test_scrapes::{later, not_ready, reading, scrape};
    use super::*;

    #[test]
    fn everything_is_told_of_all_instances_and_of_each() {
        let mut one = History::new("127.0.0.1:9464".to_owned());
        one.add(Duration::ZERO, Ok(reading(&scrape())));
        one.add(Duration::from_secs(5), Ok(reading(&later())));
        let mut two = History::new("127.0.0.1:9465".to_owned());
        two.add(Duration::ZERO, Ok(reading(&not_ready())));
        let mut three = History::new("127.0.0.1:9466".to_owned());
        three.add(Duration::ZERO, Err("connection refused".to_owned()));
        insta::assert_snapshot!(render(&[one, two, three], 1_790_000_097.0));
    }

    #[test]
    fn no_figures_are_made_up_where_nobody_answers() {
        let mut one = History::new("127.0.0.1:9464".to_owned());
        one.add(Duration::ZERO, Err("connection refused".to_owned()));
        assert_eq!(
            render(&[one], 0.0),
            "0 of 1 instance answers, 0 ready\n\n127.0.0.1:9464  connection refused"
        );
    }
}
