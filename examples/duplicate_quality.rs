//! How well copies of articles are told from other stories: copies are made of each article of a corpus, and every article is
//! compared with the others.
//!
//! `cargo run --release --no-default-features --example duplicate_quality -- CORPUS.jsonl [ARTICLES]`

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::Instant;

use tonewire::article::Decoder;
use tonewire::article::duplicates::Fingerprint;
use tonewire::config::{Config, ProcessEnvironment};

/// What is done to the words of a body.
type Change = fn(&[&str]) -> String;

const CHANGES: [(&str, Change); 7] = [
    ("white space and letter case", |words| words.join("\n ").to_uppercase()),
    ("an agency line before, a copyright line behind", |words| {
        format!("WASHINGTON (Agency) - {} Copyright The Agency. All rights reserved.", words.join(" "))
    }),
    ("a paragraph of 60 words left out", |words| {
        let middle = words.len() / 2;
        [&words[..middle], &words[(middle + 60).min(words.len())..]].concat().join(" ")
    }),
    ("every 40th word replaced", |words| {
        let edited = words.iter().enumerate().map(|(i, word)| if i % 40 == 20 { "edited" } else { *word });
        edited.collect::<Vec<_>>().join(" ")
    }),
    ("cut to 80 %", |words| words[..words.len() * 8 / 10].join(" ")),
    ("cut to 60 %", |words| words[..words.len() * 6 / 10].join(" ")),
    ("cut to 30 % (no copy any more)", |words| words[..words.len() * 3 / 10].join(" ")),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let corpus = arguments.next().ok_or("usage: duplicate_quality CORPUS.jsonl [ARTICLES]")?;
    let limit = arguments.next().map_or(Ok(1_000), |number| number.parse())?;
    let (_, config) = Config::load(None, &ProcessEnvironment)?;
    let decoder = Decoder::new(&config.input);
    let mut bodies = Vec::new();
    for line in BufReader::new(File::open(corpus)?).lines().take(limit) {
        bodies.extend(decoder.decode(line?.as_bytes(), None)?.into_iter().map(|article| article.body));
    }
    bodies.retain(|body| body.split_whitespace().count() >= 60);

    let started = Instant::now();
    let originals: Vec<Fingerprint> = bodies.iter().map(|body| Fingerprint::of(body)).collect();
    let each = started.elapsed() / u32::try_from(bodies.len().max(1))?;
    println!("{} articles of 60 words or more, {} µs for a fingerprint\n", bodies.len(), each.as_micros());
    println!("| copy | recognised |\n|---|--:|");
    for (name, change) in CHANGES {
        let recognised = bodies.iter().zip(&originals).filter(|(body, original)| {
            let words: Vec<&str> = body.split_whitespace().collect();
            Fingerprint::of(&change(&words)).resembles(original)
        });
        println!("| {name} | {} |", percent(recognised.count(), bodies.len()));
    }
    let pairs = originals
        .iter()
        .enumerate()
        .flat_map(|(i, one)| originals[..i].iter().map(move |other| (one, other)));
    let alike: Vec<_> = pairs.filter(|(one, other)| one.resembles(other)).collect();
    println!(
        "\nof {} pairs of different articles {} are taken for copies",
        originals.len() * originals.len().saturating_sub(1) / 2,
        alike.len()
    );
    Ok(())
}

#[expect(clippy::cast_precision_loss)]
fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}
