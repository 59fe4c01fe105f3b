//! `bench`: throughput and latency of the processing stage.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Lines, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;

use super::failure::{Failure, report};
use super::progress::{Progress, ProgressArguments, Total};
use crate::analysis::{Analyze, Stage};
use crate::article::{Article, Decoder};
use crate::config::{Config, ProcessEnvironment};

/// Measure how fast articles are read.
///
/// Every thread takes the next article, as the workers of the service do. Latency is the time of the
/// processing stage for one article.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tonewire bench --corpus articles.jsonl
  tonewire bench --corpus articles.jsonl --limit 200 --threads 1 --json")]
pub(super) struct Arguments {
    /// Articles, one JSON object a line.
    #[arg(long, value_name = "FILE")]
    corpus: PathBuf,
    /// Read only so many articles.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Threads; by default one for each core.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    /// Configuration file, for [input.json] and [analysis].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    progress: ProgressArguments,
}

/// What was measured.
#[derive(Debug, Serialize)]
struct Figures {
    articles: usize,
    words: usize,
    threads: usize,
    articles_per_s: f64,
    words_per_s: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// Largest resident memory of the process; null where the system does not tell.
    peak_memory_mb: Option<f64>,
}

pub(super) fn execute(arguments: &Arguments) -> Result<(), Failure> {
    let (_, config) = Config::load(arguments.config.as_deref(), &ProcessEnvironment)?;
    let stage = Stage::new(&config.analysis).map_err(|error| Failure::from_error(&error))?;
    let decoder = Decoder::new(&config.input);
    let opened = File::open(&arguments.corpus);
    let file = opened.map_err(|error| Failure::Failed(format!("{}: {error}", arguments.corpus.display())))?;
    // Of a corpus that is read whole the lines are not known before; its bytes are.
    let total = match (arguments.limit, file.metadata()) {
        (Some(limit), _) => Total::Items(limit as u64),
        (None, Ok(about)) => Total::Bytes(about.len()),
        (None, Err(_)) => Total::Unknown,
    };
    let progress = Progress::new(arguments.progress, "corpus read", total);
    let lines = BufReader::new(file).lines();
    let corpus = Mutex::new(Corpus { lines, left: arguments.limit, progress });
    let threads = arguments.threads.or_else(|| thread::available_parallelism().ok());
    let threads = threads.map_or(1, NonZeroUsize::get);
    let bench = Bench { corpus, decoder, analyze: |article: &Article| stage.analyze(article).words };
    write(&bench.run(threads)?, arguments.json)
}

/// The lines that are left to read.
struct Corpus {
    lines: Lines<BufReader<File>>,
    left: Option<usize>,
    progress: Progress,
}

impl Corpus {
    fn next(&mut self) -> io::Result<Option<String>> {
        match &mut self.left {
            Some(0) => return Ok(None),
            Some(left) => *left -= 1,
            None => {}
        }
        let line = self.lines.next().transpose()?;
        if let Some(line) = &line {
            self.progress.advance(line.len() + 1);
        }
        Ok(line)
    }
}

/// One measurement of `analyze`, which gives the number of words that it read.
struct Bench<A> {
    corpus: Mutex<Corpus>,
    decoder: Decoder,
    analyze: A,
}

/// What one thread did.
#[derive(Default)]
struct Work {
    words: usize,
    latencies: Vec<Duration>,
}

impl<A: Fn(&Article) -> usize + Sync> Bench<A> {
    fn run(&self, threads: usize) -> Result<Figures, Failure> {
        let started = Instant::now();
        let works = thread::scope(|scope| {
            let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| self.work())).collect();
            let ended = running.into_iter().map(thread::ScopedJoinHandle::join);
            ended.map(|work| work.unwrap_or_else(|_| Err(io::Error::other("a thread ended early")))).collect()
        });
        let works: Vec<Work> = works_of(works)?;
        Ok(figures(&works, threads, started.elapsed()))
    }

    fn work(&self) -> io::Result<Work> {
        let mut work = Work::default();
        loop {
            let line = self.corpus.lock().unwrap_or_else(PoisonError::into_inner).next()?;
            let Some(line) = line else { return Ok(work) };
            match self.decoder.decode(line.as_bytes(), None) {
                Ok(articles) => articles.iter().for_each(|article| self.article(article, &mut work)),
                Err(error) => self.leave_out(&error.to_string()),
            }
        }
    }

    fn leave_out(&self, why: &str) {
        let corpus = self.corpus.lock().unwrap_or_else(PoisonError::into_inner);
        corpus.progress.aside(|| report(&format!("left out: {why}")));
    }

    fn article(&self, article: &Article, work: &mut Work) {
        let started = Instant::now();
        work.words += (self.analyze)(article);
        work.latencies.push(started.elapsed());
    }
}

fn works_of(works: Vec<io::Result<Work>>) -> Result<Vec<Work>, Failure> {
    Ok(works.into_iter().collect::<io::Result<_>>()?)
}

fn figures(works: &[Work], threads: usize, elapsed: Duration) -> Figures {
    let mut latencies: Vec<Duration> = works.iter().flat_map(|work| &work.latencies).copied().collect();
    latencies.sort_unstable();
    let words = works.iter().map(|work| work.words).sum();
    let seconds = elapsed.as_secs_f64();
    Figures {
        articles: latencies.len(),
        words,
        threads,
        articles_per_s: as_float(latencies.len()) / seconds,
        words_per_s: as_float(words) / seconds,
        p50_ms: percentile(&latencies, 50).as_secs_f64() * 1_000.0,
        p99_ms: percentile(&latencies, 99).as_secs_f64() * 1_000.0,
        peak_memory_mb: peak_memory_mb(),
    }
}

/// The smallest value that is not below `percent` of the sorted values.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}

/// Counts stay far below the 2^53 that a float holds exactly.
#[expect(clippy::cast_precision_loss)]
fn as_float(count: usize) -> f64 {
    count as f64
}

fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1_024.0 / 1e6)
}

fn write(figures: &Figures, json: bool) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    if json {
        let text = serde_json::to_string(figures).map_err(|error| Failure::from_error(&error))?;
        writeln!(out, "{text}")?;
        return Ok(());
    }
    let Figures { articles, words, threads, articles_per_s, words_per_s, p50_ms, p99_ms, peak_memory_mb } =
        figures;
    writeln!(out, "{articles} articles, {words} words, {threads} threads")?;
    writeln!(out, "{articles_per_s:.1} articles/s, {words_per_s:.0} words/s")?;
    writeln!(out, "latency p50 {p50_ms:.1} ms, p99 {p99_ms:.1} ms")?;
    if let Some(memory) = peak_memory_mb {
        writeln!(out, "peak memory {memory:.0} MB")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_occurred() {
        let latencies: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&latencies, 50), Duration::from_millis(100));
        assert_eq!(percentile(&latencies, 99), Duration::from_millis(198));
        assert_eq!(percentile(&latencies[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }

    #[test]
    fn a_measurement_reads_no_more_than_the_limit() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for number in 0..5 {
            writeln!(file, "{{\"title\": \"Number {number}\", \"body\": \"Three more words.\"}}").unwrap();
        }
        let lines = BufReader::new(File::open(file.path()).unwrap()).lines();
        let corpus = Mutex::new(Corpus { lines, left: Some(3), progress: Progress::unseen() });
        let decoder = Decoder::new(&Config::from_settings(crate::config::Settings::default()).unwrap().input);
        let words = |article: &Article| article.body.split_whitespace().count();
        let figures = Bench { corpus, decoder, analyze: words }.run(2).unwrap();
        assert_eq!((figures.articles, figures.words, figures.threads), (3, 9, 2));
        assert!(figures.p50_ms <= figures.p99_ms);
    }
}
