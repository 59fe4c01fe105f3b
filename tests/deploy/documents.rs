//! The documents: their commands work, their links lead somewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{Missing, find, repository, text_of};

/// How a block of commands that needs no broker is marked.
const MARK: &str = "```console run\n";

/// Paths of all documents that people read.
fn documents() -> Vec<PathBuf> {
    let mut files = vec![repository().join("README.md")];
    let mut folders = vec![repository().join("docs"), repository().join("deploy")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A folder as a reader has it who has installed the program and wrote a configuration.
fn place_to_work() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        std::fs::copy(repository().join(from), folder.path().join(to)).unwrap();
    };
    copy("config/tonewire.toml", "tonewire.toml");
    copy("config/watchlist.toml", "watchlist.toml");
    copy("samples/16-agency-dispatch.txt", "article.txt");
    copy("samples/01-grain-corridor-talks.json", "article.json");
    folder
}

pub fn commands_work() -> Result<(), Missing> {
    find("bash", "install bash")?;
    let mut commands = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for block in text.split(MARK).skip(1) {
            let block = block.split("```").next().unwrap();
            let folder = place_to_work();
            for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
                works(&document, command, folder.path());
                commands += 1;
            }
        }
    }
    assert!(commands > 5, "commands were not found");
    Ok(())
}

fn works(document: &Path, command: &str, folder: &Path) {
    let program = Path::new(env!("CARGO_BIN_EXE_tonewire")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(program.to_path_buf())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    let output = Command::new("timeout")
        .args(["120", "bash", "-o", "pipefail", "-c", command])
        .env("PATH", path.unwrap())
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {command}: {}", document.display(), text_of(&output));
}

pub fn links_lead_somewhere() -> Result<(), Missing> {
    let mut links = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            let (file, section) = link.split_once('#').unwrap_or((link, ""));
            let target =
                if file.is_empty() { document.clone() } else { document.parent().unwrap().join(file) };
            assert!(target.exists(), "{}: {link} leads nowhere", document.display());
            if !section.is_empty() {
                let there = std::fs::read_to_string(&target).unwrap();
                let found =
                    there.lines().filter(|line| line.starts_with('#')).any(|line| anchor(line) == section);
                assert!(found, "{}: no section for {link}", document.display());
            }
            links += 1;
        }
    }
    assert!(links > 20, "links were not found");
    Ok(())
}

/// As Git hosts make it of a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|one| one.is_alphanumeric() || " -_".contains(*one));
    kept.map(|one| if one == ' ' { '-' } else { one }).collect()
}
