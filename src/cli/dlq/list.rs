//! `dlq list`: a line for each dead letter, or for each reason.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde_json::json;

use super::super::failure::{Failure, report};
use super::letter::{Letter, printable_or_null, shortened, time};
use super::selection::Selection;
use super::source::{Source, SourceArguments};

/// Characters of a key that the table shows.
const KEY_WIDTH: usize = 32;

/// List dead letters, or count them by reason.
///
/// Ends where the topic ended at the start; records of open and of aborted transactions are not shown. Commits nothing
/// and joins no group.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire dlq list --config tonewire.toml
  tonewire dlq list --config tonewire.toml --summary
  tonewire dlq list --config tonewire.toml --stage decode --from 24h --json | jq .error")]
pub(super) struct Arguments {
    #[command(flatten)]
    source: SourceArguments,
    #[command(flatten)]
    selection: Selection,
    /// One JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// Count by stage and reason instead.
    #[arg(long)]
    summary: bool,
}

/// The letters of one stage and reason.
#[derive(Debug, Default)]
struct Count {
    letters: u64,
    bytes: u64,
    first_ms: Option<i64>,
    last_ms: Option<i64>,
}

impl Count {
    fn add(&mut self, letter: &Letter) {
        self.letters += 1;
        self.bytes += letter.size();
        if let Some(millis) = letter.record.timestamp_ms {
            self.first_ms = Some(self.first_ms.map_or(millis, |first| first.min(millis)));
            self.last_ms = Some(self.last_ms.map_or(millis, |last| last.max(millis)));
        }
    }
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let source = Source::new(&arguments.source)?;
    let reader = source.open(&source.config.kafka.group_id)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut counts: BTreeMap<(String, String), Count> = BTreeMap::new();
    let mut found = 0;
    reader.read(arguments.selection.partition, &BTreeMap::new(), |record| {
        let letter = Letter::from(record);
        if !arguments.selection.takes(&letter) {
            return Ok(true);
        }
        found += 1;
        if arguments.summary {
            counts.entry((letter.stage().to_owned(), letter.reason().to_owned())).or_default().add(&letter);
        } else if arguments.json {
            writeln!(out, "{}", letter.json())?;
        } else {
            if found == 1 {
                writeln!(out, "{}", row(&HEAD.map(str::to_owned)))?;
            }
            writeln!(out, "{}", row(&cells(&letter)))?;
        }
        Ok::<bool, Failure>(arguments.selection.limit.is_none_or(|limit| found < limit))
    })?;
    if arguments.summary {
        write_summary(&counts, arguments.json, &mut out)?;
    }
    out.flush()?;
    if found == 0 {
        report(&format!("no dead letters in {} that pass the filters", source.topic));
    }
    Ok(())
}

const HEAD: [&str; 8] = ["PARTITION", "OFFSET", "TIME", "REASON", "STAGE", "SIZE", "SOURCE", "KEY"];

fn cells(letter: &Letter) -> [String; 8] {
    let left_out = if letter.about.value_left_out.is_some() { " (left out)" } else { "" };
    [
        letter.record.partition.to_string(),
        letter.record.offset.to_string(),
        letter.time(),
        letter.reason().to_owned(),
        letter.stage().to_owned(),
        format!("{}{left_out}", letter.size()),
        letter.source(),
        shortened(&printable_or_null(letter.record.key.as_deref()), KEY_WIDTH),
    ]
}

/// The widths are fixed, so that a line can be written as soon as its letter is read.
fn row([partition, offset, time, reason, stage, size, source, key]: &[String; 8]) -> String {
    format!(
        "{partition:>9}  {offset:>10}  {time:<24}  {reason:<20}  {stage:<8}  {size:>9}  {source:<32}  {key}"
    )
}

fn write_summary(
    counts: &BTreeMap<(String, String), Count>,
    as_json: bool,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let line = |cells: [&str; 6]| {
        let [reason, stage, letters, bytes, first, last] = cells;
        format!("{reason:<20}  {stage:<8}  {letters:>10}  {bytes:>14}  {first:<24}  {last}")
    };
    if !as_json && !counts.is_empty() {
        writeln!(out, "{}", line(["REASON", "STAGE", "LETTERS", "BYTES", "FIRST", "LAST"]))?;
    }
    for ((stage, reason), count) in counts {
        let (first, last) = (count.first_ms.map(time), count.last_ms.map(time));
        if as_json {
            let count = json!({ "reason": reason, "stage": stage, "letters": count.letters, "bytes": count.bytes, "first": first, "last": last });
            writeln!(out, "{count}")?;
        } else {
            let dash = || "-".to_owned();
            let (first, last) = (first.unwrap_or_else(dash), last.unwrap_or_else(dash));
            writeln!(
                out,
                "{}",
                line([reason, stage, &count.letters.to_string(), &count.bytes.to_string(), &first, &last])
            )?;
        }
    }
    Ok(())
}
