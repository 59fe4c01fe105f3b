//! What must hold for any bytes: the bodies of the fuzz targets, on the seeds and on pieces of them. `fuzz/run-bounded`
//! runs the same with coverage feedback.

#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../fuzz/src/lib.rs"]
mod invariants;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "fuzz", "seeds", target].iter().collect();
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no seeds in {}", folder.display());
    files.iter().map(|path: &PathBuf| std::fs::read(Path::new(path)).unwrap()).collect()
}

/// Pieces of the seeds, repeated and mixed with arbitrary bytes and with characters that make texts hard.
fn mixed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    const ODD: [&str; 16] = [
        "\n",
        "\r\n",
        "\u{a0}",
        "\u{ad}",
        "\u{200d}",
        "e\u{301}",
        "\u{1f600}",
        "\u{fffd}",
        "\u{0}",
        "“",
        "\"",
        "<p>",
        "&amp;",
        ".",
        "{",
        "[[",
    ];
    let piece = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1_usize..80).prop_map(
        move |(seed, start, length)| {
            let seed = &seeds[seed.index(seeds.len())];
            let start = start.index(seed.len());
            seed[start..seed.len().min(start + length)].to_vec()
        },
    );
    let odd = prop::sample::select(ODD.to_vec()).prop_map(|text| text.as_bytes().to_vec());
    let part = prop_oneof![6 => piece, 2 => odd, 1 => prop::collection::vec(any::<u8>(), 0..6)];
    let repeated =
        (part, prop_oneof![9 => Just(1_usize), 1 => 2_usize..6]).prop_map(|(part, count)| part.repeat(count));
    prop::collection::vec(repeated, 0..12).prop_map(|parts| parts.concat())
}

fn hold(target: &str, cases: u32, holds: fn(&[u8])) {
    let seeds = seeds(target);
    for seed in &seeds {
        holds(seed);
    }
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&mixed(seeds), |input| {
            holds(&input);
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{target}: {error}"));
}

/// A name for each, and how many inputs are tried: those that run the model take milliseconds each.
macro_rules! invariants {
    ($($name:ident: $target:ident, $cases:expr;)+) => {
        $(#[test] fn $name() { hold(stringify!($target), $cases, invariants::$target::holds); })+
    };
}

invariants! {
    any_value_is_an_article_or_a_listed_error: decoders, 2_000;
    any_text_is_cleaned_and_split_with_a_way_back: text, 2_000;
    any_sentence_is_read_without_leaving_a_word_out: model, 100;
    any_names_are_resolved_to_actors_that_are_mentioned: actors, 500;
    any_article_gives_offsets_that_slice_to_its_texts: analysis, 100;
    any_watchlist_is_one_or_names_the_line: watchlist, 1_000;
    any_configuration_is_valid_or_names_the_key: configuration, 500;
}
