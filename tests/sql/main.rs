//! The SQL in deploy/sql, run by the engines it is for, on rows that the program wrote.
//!
//! DuckDB and ClickHouse (as chdb) come as Python packages, PostgreSQL from the system. Where one of them is not
//! there, its tests are shown as ignored with the reason; `SQL_TESTS_REQUIRED=duckdb,postgres` makes them fail instead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(unreachable_pub, reason = "nothing outside of a test binary can reach into it")]

mod engine;
mod expected;
mod rows;

use libtest_mimic::{Arguments, Completion, Failed, Trial};

use engine::{Clickhouse, Duckdb, Engine, Postgres};
use expected::expected;
use rows::Rows;

fn main() {
    let trials = vec![
        trial("duckdb_answers_the_questions_of_a_dashboard", Duckdb::find),
        trial("postgres_answers_the_questions_of_a_dashboard", Postgres::find),
        trial("clickhouse_answers_the_questions_of_a_dashboard", Clickhouse::find),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn trial<E: Engine + 'static>(name: &str, find: fn() -> Result<E, String>) -> Trial {
    Trial::ignorable_test(name, move || match find() {
        Ok(engine) => {
            answers(&engine);
            Ok(Completion::Completed)
        }
        Err(reason) if required(E::NAME) => Err(Failed::from(reason)),
        Err(reason) => Ok(Completion::ignored_with(reason)),
    })
}

fn required(engine: &str) -> bool {
    std::env::var("SQL_TESTS_REQUIRED").is_ok_and(|names| names.split(',').any(|name| name == engine))
}

fn answers(engine: &impl Engine) {
    let rows = Rows::write();
    assert!(
        rows.all.len() > rows.latest().len(),
        "no article came twice: the view of the latest was not tested"
    );
    let answers = engine.ask(rows.file());
    for (question, rows) in expected(&rows.latest()) {
        assert!(!rows.is_empty(), "nothing to ask about: {question}");
        let answer = answers.get(question).unwrap_or_else(|| panic!("no question named {question:?}"));
        let same =
            answer.len() == rows.len() && answer.iter().zip(&rows).all(|(one, other)| same_row(one, other));
        assert!(same, "{question}: {answer:?} instead of {rows:?}");
    }
}

/// A mean that lies on the edge may be rounded up or down.
fn same_row(one: &[String], other: &[String]) -> bool {
    let close = |(one, other): (&String, &String)| match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => (one - other).abs() < 1.5e-4,
        _ => one == other,
    };
    one.len() == other.len() && one.iter().zip(other).all(close)
}
