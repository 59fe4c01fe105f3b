//! The cases of `../shared/cases/cases.jsonl`, which lie beside the repository and not in it: inputs from public bug
//! reports, each with checks. Kinds `content` and `meaning` are run here. A case of level `must` fails with its checks;
//! those of level `should` only count toward the rate that is printed.

#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../support/reading.rs"]
mod reading;

mod base64;
mod checks;
mod inputs;
mod labelled;
mod sample;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;

static SHOULD_HELD: AtomicUsize = AtomicUsize::new(0);
static SHOULD_CHECKS: AtomicUsize = AtomicUsize::new(0);

fn shared(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("..")).join("shared").join(path)
}

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        ignorable("sample_article", sample::the_sample_article_is_read_right),
        ignorable("structure_on_labelled_sentences", labelled::the_structure_does_not_hurt),
        ignorable("stances_on_labelled_sentences", labelled::most_stances_are_right),
    ];
    match std::fs::read_to_string(shared("cases/cases.jsonl")) {
        Ok(lines) => trials.extend(lines.lines().filter(|line| !line.trim().is_empty()).filter_map(trial)),
        Err(_) => trials.push(Trial::ignorable_test("cases", || {
            Ok(Completion::ignored_with("no ../shared/cases/cases.jsonl beside the repository"))
        })),
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    let checks = SHOULD_CHECKS.load(Ordering::Relaxed);
    if checks > 0 {
        println!("cases should: {} of {checks} checks", SHOULD_HELD.load(Ordering::Relaxed));
    }
    conclusion.exit();
}

fn ignorable(name: &str, test: fn() -> Result<Option<String>, String>) -> Trial {
    Trial::ignorable_test(name, move || match test() {
        Ok(None) => Ok(Completion::Completed),
        Ok(Some(reason)) => Ok(Completion::ignored_with(reason)),
        Err(message) => Err(Failed::from(message)),
    })
}

fn trial(line: &str) -> Option<Trial> {
    let case: Value = serde_json::from_str(line).expect("a case is JSON");
    let kind = case["kind"].as_str()?;
    if !matches!(kind, "content" | "meaning") {
        return None;
    }
    let is_must = case["level"] == "must";
    let name = format!("{}_{kind}_{}", case["id"].as_str()?, case["level"].as_str()?);
    Some(Trial::test(name, move || {
        let failures = run(&case, is_must);
        if failures.is_empty() || !is_must {
            return Ok(());
        }
        Err(Failed::from(failures.join("\n")))
    }))
}

/// The checks that do not hold, with what the program said.
fn run(case: &Value, is_must: bool) -> Vec<String> {
    let mut subject = inputs::Subject::of(&case["input"]);
    let mut failures = Vec::new();
    for check in case["checks"].as_array().expect("checks are an array") {
        let result = checks::holds(check, &mut subject);
        if !is_must {
            SHOULD_CHECKS.fetch_add(1, Ordering::Relaxed);
            SHOULD_HELD.fetch_add(usize::from(result.is_ok()), Ordering::Relaxed);
        }
        if let Err(why) = result {
            let failure = format!("{} {check}: {why}", case["id"].as_str().unwrap_or_default());
            if !is_must {
                println!("should: {failure}");
            }
            failures.push(failure);
        }
    }
    failures
}
