//! Speed of the model on one core: pieces per second of processor time on the lines of a text file. (Where the
//! system does not tell the processor time of a thread, it is the time on the clock.)
//!
//! `cargo run --release --example model_speed -- FILE [SENTENCES_PER_CALL] [SECONDS]`

use std::time::{Duration, Instant};

use tonewire::model::Model;
use tonewire::text::Span;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: model_speed FILE [SENTENCES_PER_CALL] [SECONDS]")?;
    let per_call = arguments.next().map_or(Ok(32), |number| number.parse())?;
    let seconds = arguments.next().map_or(Ok(5.0), |number| number.parse())?;
    let text = std::fs::read_to_string(file)?;
    let sentences: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(20_000).collect();

    let started = Instant::now();
    let model = Model::embedded()?;
    println!("loaded in {:.0} ms, kernel {}", started.elapsed().as_secs_f64() * 1000.0, model.kernel());
    let calls: Vec<(&[&str], usize)> = sentences
        .chunks(per_call)
        .map(|call| (call, call.iter().map(|sentence| model.count_pieces(sentence)).sum()))
        .collect();
    measure(&model, &calls, false, seconds);
    measure(&model, &calls, true, seconds);
    Ok(())
}

/// Reads calls, one after the other, until the time is over; with `mentions` every entity is scored too.
fn measure(model: &Model, calls: &[(&[&str], usize)], mentions: bool, seconds: f64) {
    let started = Instant::now();
    let before = processor_seconds().unwrap_or(0.0);
    let (mut pieces, mut sentences, mut scored) = (0, 0, 0);
    for (call, count) in calls.iter().cycle() {
        for reading in model.read_sentences(call) {
            if mentions {
                let spans: Vec<Span> = reading.entities.iter().map(|entity| entity.span).collect();
                scored += model.score_mentions(&reading, &spans).len();
            }
        }
        pieces += count;
        sentences += call.len();
        if started.elapsed() > Duration::from_secs_f64(seconds) {
            break;
        }
    }
    let elapsed = processor_seconds().unwrap_or_else(|| started.elapsed().as_secs_f64()) - before;
    let (pieces, sentences) = (ratio(pieces, elapsed), ratio(sentences, elapsed));
    println!("{pieces:.0} pieces/s, {sentences:.0} sentences/s, {scored} mentions scored");
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
