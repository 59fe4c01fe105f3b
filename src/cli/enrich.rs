//! `enrich`: the processing stage alone, on files or standard input.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Instant;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use crate::analysis::{Analyze, Stage};
use crate::article::{Article, Decoder};
use crate::config::{Config, InputFormat, OffsetUnit, ProcessEnvironment};
use crate::record::{self, EnrichedRecord, Processing};

use super::failure::{Failure, report, with_causes};
use super::progress::{Progress, ProgressArguments, Total};
use super::version::VERSION;
use super::watchlist;

/// Find the actors in articles, and the sentiment toward each.
///
/// Without FILE, or with -, an article is read from standard input. An input that cannot be read is
/// reported on standard error, the others still come out, and the exit code is 1.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire enrich article.txt
  tonewire enrich --output json article.json
  tonewire enrich --output rows *.json > rows.jsonl
  tonewire enrich --format jsonl --output jsonl < articles.jsonl | jq '.actors[].name'")]
pub(super) struct Arguments {
    /// Files, each with one article (with --format jsonl one a line).
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How the input is read.
    #[arg(long, value_enum, default_value_t = Format::Whole(InputFormat::Auto))]
    format: Format,
    /// What comes out. Default: text on a terminal, jsonl otherwise.
    #[arg(long, value_enum)]
    output: Option<Output>,
    /// Configuration file, for the field mapping in [input.json], [analysis] and [output].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Your own actors, like config/watchlist.toml; goes before `analysis.watchlist_path`.
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
    #[command(flatten)]
    progress: ProgressArguments,
}

/// The formats of `input.format`, and JSON line by line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Whole(InputFormat),
    Jsonl,
}

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(|| {
    InputFormat::value_variants().iter().copied().map(Format::Whole).chain([Format::Jsonl]).collect()
});

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        &FORMATS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Whole(format) => format.to_possible_value(),
            Self::Jsonl => Some(PossibleValue::new("jsonl").help("A JSON object on each line")),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    /// A few readable lines per article.
    Text,
    /// One indented object; an array if there are several articles.
    Json,
    /// The record on one line, as it would be in the output topic.
    Jsonl,
    /// A line for each actor of each article, as in `kafka.actor_row_topic`: for notebooks and SQL.
    Rows,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let (_, config) = Config::load(arguments.config.as_deref(), &ProcessEnvironment)?;
    let standard_input = [PathBuf::from("-")];
    let files = if arguments.files.is_empty() { &standard_input[..] } else { &arguments.files };
    let mut enricher = Enricher::new(&config, arguments)?;
    enricher.progress = progress(arguments, enricher.output, files);
    for file in files {
        enricher.file(file, arguments.format)?;
    }
    enricher.finish()
}

/// Results that run over the terminal show themselves how far the command is.
fn progress(arguments: &Arguments, output: Output, files: &[PathBuf]) -> Progress {
    if io::stdout().is_terminal() && output != Output::Json {
        return Progress::unseen();
    }
    let sizes = files.iter().map(|file| match std::fs::metadata(file) {
        Ok(about) if about.is_file() => Some(about.len()),
        _ => None,
    });
    match sizes.sum::<Option<u64>>() {
        Some(bytes) => Progress::new(arguments.progress, "read", Total::Bytes(bytes)),
        None => Progress::new(arguments.progress, "articles read", Total::Unknown),
    }
}

struct Enricher {
    decoder: Decoder,
    stage: Stage,
    offsets: OffsetUnit,
    max_record_bytes: usize,
    output: Output,
    /// Records of [`Output::Json`], whose form depends on their number.
    records: Vec<EnrichedRecord>,
    some_failed: bool,
    /// What is known of every value: lines of JSON are JSON, of whatever format.
    content_type: Option<&'static str>,
    progress: Progress,
}

impl Enricher {
    fn new(config: &Config, arguments: &Arguments) -> Result<Self, Failure> {
        let mut input = config.input.clone();
        input.format = match arguments.format {
            Format::Whole(InputFormat::Auto) if arguments.config.is_some() => input.format,
            Format::Whole(format) => format,
            Format::Jsonl if arguments.config.is_some() => input.format,
            Format::Jsonl => InputFormat::Auto,
        };
        let stage = Stage::new(&config.analysis).map_err(|error| Failure::from_error(&error))?;
        stage.replace_watchlist(match &arguments.watchlist {
            Some(path) => watchlist::load("--watchlist", Some(path))?,
            None => watchlist::load("analysis.watchlist_path", config.analysis.watchlist_path.as_deref())?,
        });
        let default = if io::stdout().is_terminal() { Output::Text } else { Output::Jsonl };
        Ok(Self {
            decoder: Decoder::new(&input),
            stage,
            offsets: config.output.offsets,
            max_record_bytes: input.max_record_bytes,
            output: arguments.output.unwrap_or(default),
            records: Vec::new(),
            some_failed: false,
            content_type: (arguments.format == Format::Jsonl).then_some("application/json"),
            progress: Progress::unseen(),
        })
    }

    fn file(&mut self, path: &Path, format: Format) -> Result<(), Failure> {
        let is_standard_input = path == Path::new("-");
        let name = if is_standard_input { "standard input".to_owned() } else { path.display().to_string() };
        let opened: io::Result<Box<dyn Read>> = if is_standard_input {
            Ok(Box::new(io::stdin()))
        } else {
            File::open(path).map(|file| Box::new(file) as Box<dyn Read>)
        };
        match opened {
            Ok(input) if is_lines(format, path) => self.lines(&name, BufReader::new(input)),
            Ok(input) => self.whole(&name, input),
            Err(error) => {
                self.failed(&name, &error.to_string());
                Ok(())
            }
        }
    }

    fn whole(&mut self, name: &str, input: impl Read) -> Result<(), Failure> {
        let mut value = Vec::new();
        // One byte more than allowed is enough for the decoder to see that it is too much.
        let limit = u64::try_from(self.max_record_bytes).unwrap_or(u64::MAX).saturating_add(1);
        match input.take(limit).read_to_end(&mut value) {
            Ok(_) => self.value(name, &value),
            Err(error) => {
                self.failed(name, &error.to_string());
                Ok(())
            }
        }
    }

    fn lines(&mut self, name: &str, mut input: impl BufRead) -> Result<(), Failure> {
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            match input.read_until(b'\n', &mut line) {
                Ok(0) => break,
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => self.value(&format!("{name}, line {number}"), line.trim_ascii())?,
                Err(error) => {
                    self.failed(name, &error.to_string());
                    break;
                }
            }
        }
        Ok(())
    }

    /// Only a failure to write ends the command: bad input must not keep the next from coming out.
    fn value(&mut self, name: &str, value: &[u8]) -> Result<(), Failure> {
        match catch_unwind(AssertUnwindSafe(|| self.enrich(value))) {
            Ok(Ok(records)) => records.into_iter().try_for_each(|record| self.write(record))?,
            Ok(Err(message)) => self.failed(name, &message),
            // The panic hook has told where.
            Err(_) => self.failed(name, "not enriched because of the defect above"),
        }
        self.progress.advance(value.len());
        Ok(())
    }

    fn enrich(&self, value: &[u8]) -> Result<Vec<EnrichedRecord>, String> {
        let articles = self.decoder.decode(value, self.content_type).map_err(|error| with_causes(&error))?;
        Ok(articles.iter().map(|article| self.article(article)).collect())
    }

    fn article(&self, article: &Article) -> EnrichedRecord {
        let started = Instant::now();
        let analysis = self.stage.analyze(article);
        let processing = Processing {
            duplicate_of: None,
            model: self.stage.model(),
            version: VERSION,
            processed_at: jiff::Timestamp::now(),
            duration_ms: started.elapsed().as_secs_f64() * 1_000.0,
            source: None,
        };
        record::enriched(article, &analysis, &processing, self.offsets)
    }

    fn write(&mut self, record: EnrichedRecord) -> Result<(), Failure> {
        match self.output {
            Output::Text => writeln!(io::stdout().lock(), "{}\n", record::text::render(&record).trim_end())?,
            Output::Jsonl => write_json(&record, false)?,
            Output::Json => self.records.push(record),
            Output::Rows => record::actor_rows(&record).iter().try_for_each(|row| write_json(row, false))?,
        }
        Ok(())
    }

    fn failed(&mut self, name: &str, message: &str) {
        self.some_failed = true;
        self.progress.aside(|| report(&format!("{name}: {message}")));
    }

    fn finish(self) -> Result<(), Failure> {
        match self.records.as_slice() {
            [] => {}
            [record] => write_json(record, true)?,
            records => write_json(&records, true)?,
        }
        if self.some_failed { Err(Failure::SomeInput) } else { Ok(()) }
    }
}

fn write_json(value: &impl serde::Serialize, indented: bool) -> Result<(), Failure> {
    let to_string = if indented { serde_json::to_string_pretty } else { serde_json::to_string };
    let text = to_string(value).map_err(|error| Failure::from_error(&error))?;
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

fn is_lines(format: Format, path: &Path) -> bool {
    let named_so = || path.extension().is_some_and(|name| name == "jsonl" || name == "ndjson");
    format == Format::Jsonl || (format == Format::Whole(InputFormat::Auto) && named_so())
}
