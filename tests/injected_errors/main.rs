//! The error classes of `kafka::errors`, injected into answers of librdkafka's mock cluster: a row for each request and
//! error, with what becomes of the batch, the clients or the service. Each row shows by the cluster's own log that
//! the error was given out, that every article comes out all the same, and that a fresh one does.
//!
//! Each row runs in a process of its own, since librdkafka's log is that of its process; several run at once, since a
//! join takes the mock cluster three seconds.

#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]
#![allow(dead_code, reason = "shared with `pipeline_on_mock`")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../pipeline_on_mock/bench.rs"]
mod bench;

mod log;
mod rows;
mod scenario;

use std::process::Command;

use libtest_mimic::{Arguments, Failed, Trial};

use rows::{ROWS, Row};

/// Set in the process of a row.
const ROW_VARIABLE: &str = "INJECTED_ERRORS_ROW";

fn main() {
    if let Ok(name) = std::env::var(ROW_VARIABLE) {
        let row = ROWS.iter().find(|row| row.name() == name).expect("a row of that name");
        return scenario::run(row);
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(8));
    let trials = ROWS.iter().map(|row| Trial::test(row.name(), || in_its_own_process(row))).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn in_its_own_process(row: &Row) -> Result<(), Failed> {
    let program = std::env::current_exe()?;
    let output = Command::new(program).env(ROW_VARIABLE, row.name()).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failed::from(String::from_utf8_lossy(&output.stderr).into_owned()))
}
