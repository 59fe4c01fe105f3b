//! Speed of the whole processing stage on one core: articles per second of processor time, from the line of a JSON file to
//! the record, without Kafka. (Where the system does not tell the processor time of a thread, it is the time on the clock.)
//!
//! `cargo run --release --no-default-features --example stage_speed -- CORPUS.jsonl [ARTICLES] [MODEL.safetensors]`
//!
//! The last line is a fingerprint of all analyses: a change that should only be faster leaves it as it is.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader};
use std::time::Instant;

use tonewire::analysis::{Analyze, Stage};
use tonewire::article::Decoder;
use tonewire::config::{Config, ProcessEnvironment};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let corpus = arguments.next().ok_or("usage: stage_speed CORPUS.jsonl [ARTICLES] [MODEL.safetensors]")?;
    let limit = arguments.next().map_or(Ok(100), |number| number.parse())?;
    let (_, mut config) = Config::load(None, &ProcessEnvironment)?;
    config.analysis.model_path = arguments.next().map(Into::into);
    let stage = Stage::new(&config.analysis)?;
    let decoder = Decoder::new(&config.input);
    let lines: Vec<String> =
        BufReader::new(File::open(corpus)?).lines().take(limit).collect::<Result<_, _>>()?;

    let mut fingerprint = DefaultHasher::new();
    let (mut articles, mut words) = (0, 0);
    let (started, before) = (Instant::now(), processor_seconds().unwrap_or(0.0));
    for line in &lines {
        for article in decoder.decode(line.as_bytes(), None)? {
            let analysis = stage.analyze(&article);
            articles += 1;
            words += analysis.words;
            format!("{analysis:?}").hash(&mut fingerprint);
        }
    }
    let elapsed = processor_seconds().unwrap_or_else(|| started.elapsed().as_secs_f64()) - before;
    println!("{articles} articles, {words} words, {elapsed:.2} s of processor time");
    println!("{:.1} articles/s, {:.0} words/s", ratio(articles, elapsed), ratio(words, elapsed));
    println!("fingerprint {:016x}", fingerprint.finish());
    Ok(())
}

#[expect(clippy::cast_precision_loss)]
fn ratio(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

/// Time that this thread has run, so that other programs on the machine do not count.
fn processor_seconds() -> Option<f64> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = statistics.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e9)
}
