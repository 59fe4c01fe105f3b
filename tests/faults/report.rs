//! The table of faults and invariants, in Markdown, so that it can stand in the documentation as it was printed.

use std::fmt::Write;
use std::sync::{Mutex, PoisonError};

use super::profile::Profile;
use super::random;

/// Where the table is written beside standard output.
pub const REPORT_VARIABLE: &str = "FAULTS_REPORT";

/// A line of the table: what one scenario saw.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub scenario: String,
    pub fault: String,
    pub delivery: String,
    /// Records sent.
    pub records: usize,
    /// What was done to the service or the brokers, each entry seen to have happened.
    pub injected: Vec<String>,
    pub lost: Option<usize>,
    pub repeated: Option<usize>,
    /// Most repeats that the mode allows.
    pub repeats_allowed: usize,
    pub misplaced: Option<usize>,
    pub out_of_order: Option<usize>,
    /// Repeats that are not byte for byte the same but for the times.
    pub altered: Option<usize>,
    pub false_letters: Option<usize>,
    pub moved_back: Option<usize>,
    /// Instances that ended in good order, and whose counts agree.
    pub instances_in_balance: usize,
    /// From the end of the fault until a fresh article of every partition had come out.
    pub recovery_seconds: Option<f64>,
    /// The whole scenario.
    pub seconds: f64,
    pub failure: Option<String>,
}

static ROWS: Mutex<Vec<Row>> = Mutex::new(Vec::new());

/// Adds a line, and writes the table as it is now to the file of [`REPORT_VARIABLE`]: a long run that is broken off
/// has something to show.
pub fn add(row: Row) {
    ROWS.lock().unwrap_or_else(PoisonError::into_inner).push(row);
    let Some(text) = text() else { return };
    if let Ok(path) = std::env::var(REPORT_VARIABLE)
        && !path.is_empty()
    {
        std::fs::write(&path, &text).unwrap_or_else(|error| panic!("{REPORT_VARIABLE}={path}: {error}"));
    }
}

/// Prints the table.
pub fn print() {
    if let Some(text) = text() {
        println!("\n{text}");
    }
}

/// `None` without a line.
fn text() -> Option<String> {
    let mut rows = ROWS.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if rows.is_empty() {
        return None;
    }
    rows.sort_by(|one, other| (&one.fault, &one.delivery).cmp(&(&other.fault, &other.delivery)));
    let profile = Profile::from_environment().name();
    Some(format!("Profile `{profile}`, seed {}.\n\n{}", random::seed(), table(&rows)))
}

const COLUMNS: [&str; 15] = [
    "fault",
    "delivery",
    "records",
    "injected, and seen to have happened",
    "lost",
    "repeated",
    "wrong class",
    "out of order",
    "repeats that differ",
    "false dead letters",
    "commits that moved back",
    "instances whose counts balance",
    "recovery s",
    "took s",
    "promise",
];

fn table(rows: &[Row]) -> String {
    let mut text = format!("| {} |\n|{}\n", COLUMNS.join(" | "), "---|".repeat(COLUMNS.len()));
    for row in rows {
        let cells = [
            row.fault.clone(),
            row.delivery.clone(),
            row.records.to_string(),
            if row.injected.is_empty() { "nothing".into() } else { row.injected.join(", ") },
            count(row.lost),
            repeats(row),
            count(row.misplaced),
            count(row.out_of_order),
            count(row.altered),
            count(row.false_letters),
            count(row.moved_back),
            row.instances_in_balance.to_string(),
            row.recovery_seconds.map_or("-".into(), |seconds| format!("{seconds:.1}")),
            format!("{:.0}", row.seconds),
            if row.failure.is_none() { "kept".into() } else { "BROKEN".to_owned() },
        ];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    for row in rows {
        if let Some(failure) = &row.failure {
            let _ = writeln!(text, "\n{}: {failure}", row.scenario);
        }
    }
    text
}

fn count(found: Option<usize>) -> String {
    found.map_or("-".into(), |count| count.to_string())
}

fn repeats(row: &Row) -> String {
    match (row.repeated, row.delivery.as_str()) {
        (None, _) => "-".into(),
        (Some(repeated), "at_least_once") => format!("{repeated} of at most {}", row.repeats_allowed),
        (Some(repeated), _) => repeated.to_string(),
    }
}
