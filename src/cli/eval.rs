//! `eval`: figures of the model on labelled data.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::failure::Failure;
use super::progress::{Progress, ProgressArguments, Total};
use crate::evaluation;
use crate::model::Model;

/// Score the model on labelled data.
///
/// All scores are fractions from 0 to 1. Spans are exact, in code points; sentiment is toward the
/// targets that the data name.
#[derive(Debug, Args)]
#[command(after_help = "Data:
  entities   JSON lines with text and entities (start, end, label)
  sentiment  JSON lines with text and targets (start, end, label)
  metonymy   GeoWebNews or ReLocaR files (.xml), or JSON lines with text and places
  quotes     folders of PolNeAR articles (text/ and attributions/)

Examples:
  tonewire eval --task sentiment --data newsmtsc.rw-test.jsonl
  tonewire eval --task entities --data conllpp.test.jsonl --json")]
pub(super) struct Arguments {
    /// What is scored.
    #[arg(long, value_enum)]
    task: Task,
    /// Labelled data.
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    data: Vec<PathBuf>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Weights to score instead of those in the program.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// Only the documents that the training left out (metonymy, .xml).
    #[arg(long)]
    held_out: bool,
    #[command(flatten)]
    progress: ProgressArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Task {
    /// Persons, organizations and locations.
    Entities,
    /// Sentiment toward given targets.
    Sentiment,
    /// A place's name: the place or its government.
    Metonymy,
    /// Source, cue and content of quotes; sources of direct quotes.
    Quotes,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let model = match &arguments.model {
        Some(path) => Model::from_path(path),
        None => Model::embedded(),
    };
    let model = model.map_err(|error| Failure::from_error(&error))?;
    let figures = figures(&model, arguments)?;
    let mut out = io::stdout().lock();
    if arguments.json {
        writeln!(out, "{figures}")?;
    } else {
        write_lines(&mut out, "", &figures)?;
    }
    Ok(())
}

fn figures(model: &Model, arguments: &Arguments) -> Result<Value, Failure> {
    let data = &arguments.data;
    let mut progress = Progress::new(arguments.progress, "examples scored", Total::Items(0));
    let mut watch = |done: usize, total: usize| progress.of(done as u64, total as u64);
    let figures = match arguments.task {
        Task::Entities => evaluation::entities(model, data, &mut watch).map(serde_json::to_value),
        Task::Sentiment => evaluation::sentiment(model, data, &mut watch).map(serde_json::to_value),
        Task::Metonymy => {
            evaluation::metonymy(model, data, arguments.held_out, &mut watch).map(serde_json::to_value)
        }
        Task::Quotes => evaluation::quotes(model, data, &mut watch).map(serde_json::to_value),
    };
    figures.map_err(|error| Failure::from_error(&error))?.map_err(|error| Failure::from_error(&error))
}

/// One figure a line: `per_class.neutral.f1  0.7912`.
fn write_lines(out: &mut impl Write, name: &str, value: &Value) -> io::Result<()> {
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            let name = if name.is_empty() { key.clone() } else { format!("{name}.{key}") };
            write_lines(out, &name, value)
        }),
        Value::Array(items) => items.iter().try_for_each(|item| write_lines(out, name, item)),
        Value::Number(number) if number.is_f64() => {
            writeln!(out, "{name:<30}{:.4}", number.as_f64().unwrap_or_default())
        }
        Value::String(text) => writeln!(out, "{name:<30}{text}"),
        other => writeln!(out, "{name:<30}{other}"),
    }
}
