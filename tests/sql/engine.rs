//! The engines: where they are, and how they are asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::expected::Answer;

/// Answers by the name of the question.
pub type Answers = BTreeMap<String, Answer>;

pub trait Engine {
    const NAME: &'static str;

    /// Loads the rows as deploy/sql says, and asks each question there.
    fn ask(&self, rows: &Path) -> Answers;
}

fn sql(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/sql").join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// What stands before the first question, and the questions with their names.
fn questions(path: &str) -> (String, Vec<(String, String)>) {
    let text = sql(path);
    let mut parts = text.split("-- question: ");
    let before = parts.next().unwrap_or_default().to_owned();
    let named = parts.map(|part| {
        let (name, query) = part.split_once('\n').unwrap();
        (name.trim().to_owned(), query.trim().trim_end_matches(';').to_owned())
    });
    (before, named.collect())
}

fn succeeded(output: &Output, what: &str) -> String {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {error}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// One line for each row, values in tabs.
fn table(text: &str) -> Answer {
    let number = |value: &str| value.contains('.').then(|| value.parse::<f64>().ok()).flatten();
    let plain = |value: &str| match value {
        "\\N" | "None" => String::new(),
        // 0.5000, 0.5 and 5e-1 are one number.
        value => number(value).map_or_else(|| value.to_owned(), |number| format!("{}", number + 0.0)),
    };
    text.lines().map(|line| line.split('\t').map(plain).collect()).collect()
}

/// The Python that the tests use, where it has a package.
fn python_with(package: &str) -> Result<String, String> {
    let python = std::env::var("SQL_TESTS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let found = Command::new(&python)
        .args(["-c", &format!("import {package}")])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if found {
        return Ok(python);
    }
    Err(format!(
        "{python} has no package {package}; pip install {package}, and SQL_TESTS_PYTHON names the interpreter"
    ))
}

fn run_python(python: &str, script: &str, folder: &Path, statements: &[&str]) -> String {
    let output =
        Command::new(python).arg("-c").arg(script).args(statements).current_dir(folder).output().unwrap();
    succeeded(&output, "python")
}

/// A folder with the rows under the name that the SQL has for them.
fn folder_with(rows: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(rows, folder.path().join("rows.jsonl")).unwrap();
    folder
}

pub struct Duckdb(String);

impl Duckdb {
    pub fn find() -> Result<Self, String> {
        python_with("duckdb").map(Self)
    }
}

impl Engine for Duckdb {
    const NAME: &'static str = "duckdb";

    fn ask(&self, rows: &Path) -> Answers {
        const SCRIPT: &str = "
import sys, duckdb
base = duckdb.connect()
for statements in sys.argv[1:-1]: base.execute(statements)
for row in base.execute(sys.argv[-1]).fetchall(): print(*row, sep='\\t')
";
        let folder = folder_with(rows);
        let load = sql("duckdb/load.sql");
        let (before, questions) = questions("duckdb/questions.sql");
        let readme =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
        let example = readme.split("```sql\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let example = table(&run_python(&self.0, SCRIPT, folder.path(), &[&before, example]));
        assert!(example.iter().any(|row| row[1] == "Evening Star"), "README: {example:?}");
        let ask = |(name, query): (String, String)| {
            (name, table(&run_python(&self.0, SCRIPT, folder.path(), &[&load, &before, &query])))
        };
        questions.into_iter().map(ask).collect()
    }
}

pub struct Clickhouse(String);

impl Clickhouse {
    pub fn find() -> Result<Self, String> {
        python_with("chdb").map(Self)
    }
}

impl Engine for Clickhouse {
    const NAME: &'static str = "clickhouse";

    fn ask(&self, rows: &Path) -> Answers {
        const SCRIPT: &str = "
import sys
from chdb import session
base = session.Session('base')
for text in sys.argv[1:-1]:
    for statement in text.split(';'):
        if any(line.strip() and not line.startswith('--') for line in statement.splitlines()): base.query(statement)
print(base.query(sys.argv[-1], 'TSV'), end='')
";
        const INSERT: &str = "INSERT INTO actor_rows SELECT * FROM file('rows.jsonl', JSONEachRow) \
                              SETTINGS date_time_input_format = 'best_effort'";
        let folder = folder_with(rows);
        let tables = without_comments(&sql("clickhouse/tables.sql"));
        let (_, mut questions) = questions("clickhouse/questions.sql");
        // The sums kept per hour count every version; of the actors in one version only they agree with the rows.
        questions.push((
            "hours".to_owned(),
            "SELECT uniqMerge(articles), sum(row_count) FROM actor_hours".to_owned(),
        ));
        let mut answers = Answers::new();
        for (number, (name, query)) in questions.into_iter().enumerate() {
            // The base is kept in the folder: tables and rows once.
            let before = if number == 0 {
                vec!["CREATE DATABASE IF NOT EXISTS d", "USE d", tables.as_str(), INSERT]
            } else {
                vec!["USE d"]
            };
            let statements: Vec<&str> = before.into_iter().chain([query.as_str()]).collect();
            answers.insert(name, table(&run_python(&self.0, SCRIPT, folder.path(), &statements)));
        }
        assert_ne!(answers["hours"][0][0], "0", "the view per hour has counted");
        answers
    }
}

/// A semicolon in a comment is no end of a statement.
fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
}

pub struct Postgres {
    programs: PathBuf,
    /// Not the super user of the machine, as which PostgreSQL refuses to run.
    other_user: bool,
}

impl Postgres {
    pub fn find() -> Result<Self, String> {
        let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
        folders.sort();
        let programs = folders.into_iter().rfind(|folder| folder.join("initdb").exists()).ok_or(
            "PostgreSQL's server programs are not in /usr/lib/postgresql; install the package postgresql",
        )?;
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout.trim_ascii() == b"0");
        Ok(Self { programs, other_user: is_root })
    }

    fn program(&self, name: &str) -> Command {
        let path = self.programs.join(name);
        if !self.other_user {
            return Command::new(path);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
        command
    }
}

impl Engine for Postgres {
    const NAME: &'static str = "postgres";

    fn ask(&self, rows: &Path) -> Answers {
        let folder = folder_with(rows);
        let base = folder.path().join("base");
        std::fs::create_dir(&base).unwrap();
        if self.other_user {
            let owned = Command::new("chown").args(["-R", "postgres"]).arg(folder.path()).status().unwrap();
            assert!(owned.success());
        }
        let made = self
            .program("initdb")
            .args(["--auth=trust", "--username=test", "-D"])
            .arg(&base)
            .output()
            .unwrap();
        succeeded(&made, "initdb");
        let _server = Server::start(self, &base);
        let psql = |statements: &str, input: Stdio| {
            let mut command = self.program("psql");
            command.args([
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "test",
                "-d",
                "postgres",
                "-At",
                "-F",
                "\t",
                "-P",
                "null=\\N",
            ]);
            command.args(["-q", "-h"]).arg(&base).stdin(input);
            let file = folder.path().join("statements.sql");
            std::fs::write(&file, statements).unwrap();
            succeeded(&command.arg("-f").arg(&file).output().unwrap(), statements)
        };
        psql(&sql("postgres/tables.sql"), Stdio::null());
        let load = sql("postgres/load.sql");
        // Twice: the second time nothing is added.
        for _ in 0..2 {
            psql(&load, std::fs::File::open(folder.path().join("rows.jsonl")).unwrap().into());
        }
        let (_, questions) = questions("postgres/questions.sql");
        questions.into_iter().map(|(name, query)| (name, table(&psql(&query, Stdio::null())))).collect()
    }
}

/// A server on a socket in its own folder; ends with the value.
struct Server<'a> {
    postgres: &'a Postgres,
    base: PathBuf,
}

impl<'a> Server<'a> {
    fn start(postgres: &'a Postgres, base: &Path) -> Self {
        let options = format!("-c listen_addresses='' -c unix_socket_directories='{}'", base.display());
        let status = postgres
            .program("pg_ctl")
            .args(["start", "-w", "-s", "-o", &options, "-D"])
            .arg(base)
            .args(["-l"])
            .arg(base.join("log"))
            .status()
            .unwrap();
        assert!(status.success(), "pg_ctl start");
        Self { postgres, base: base.to_owned() }
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        let _ = self
            .postgres
            .program("pg_ctl")
            .args(["stop", "-m", "immediate", "-s", "-D"])
            .arg(&self.base)
            .status();
    }
}
