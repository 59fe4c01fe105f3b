//! Rows that the program wrote: some articles, one of them in two versions, and all of a version twice.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::NamedTempFile;

pub struct Rows {
    pub all: Vec<Value>,
    file: NamedTempFile,
}

impl Rows {
    pub fn write() -> Self {
        let articles = include_str!("articles.jsonl");
        let first = enriched(articles);
        // A later version of the last article, which names one actor less.
        let revised = articles
            .lines()
            .last()
            .unwrap()
            .replace("by NATO", "by nobody")
            .replace("\"revision\":1", "\"revision\":2");
        let second = enriched(&revised);
        // As after a crash in at-least-once mode.
        let repeated = first.lines().take(2).collect::<Vec<_>>().join("\n");
        let text = format!("{first}{second}{repeated}\n");
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Self { all: text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(), file }
    }

    pub fn file(&self) -> &Path {
        self.file.path()
    }

    /// Each row once, of the last version of its article.
    pub fn latest(&self) -> Vec<Value> {
        let mut rows: Vec<Value> = Vec::new();
        for row in &self.all {
            let last = |other: &&Value| other["article_id"] == row["article_id"];
            let processed =
                |row: &Value| row["processed_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
            let newest = self.all.iter().filter(last).map(processed).max();
            if Some(processed(row)) == newest && !rows.contains(row) {
                rows.push(row.clone());
            }
        }
        rows
    }
}

fn enriched(articles: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_tonewire"))
        .args(["enrich", "--format", "jsonl", "--output", "rows"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(articles.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}
