//! The documents: their commands work, their links lead somewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::tools::{Missing, find, repository, text_of, tonewire};

/// How a block of commands is marked that needs the program only: ```` ```console run ````.
const RUN: &str = "run";
/// How the other blocks are marked, and why they are not run here.
const NOT_RUN: &[(&str, &str)] = &[
    (
        "needs-kafka",
        "a broker with records; tests/kafka, tests/dead_letters and tests/security run such commands",
    ),
    ("needs-service", "running instances; tests/cli.rs runs `top` on the demo"),
    ("needs-docker", "a Docker daemon; containers.rs reads the files with their tools"),
    ("needs-kubernetes", "a cluster; chart.rs renders the chart"),
    ("needs-root", "changes the machine; unit.rs and packages.rs check what is installed"),
    ("needs-promtool", "rules.rs runs them"),
    ("takes-long", "runs other tests or measurements, or a release build"),
];
/// Documents whose blocks need no mark; their commands must be understood all the same.
const WITHOUT_MARKS: &[&str] = &["README.md"];

/// Commands of a document that stand together.
struct Block {
    document: PathBuf,
    /// What stands behind `console` or `sh`.
    mark: String,
    commands: Vec<String>,
}

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

/// Every block of shell commands in every document.
fn blocks() -> Vec<Block> {
    documents()
        .iter()
        .flat_map(|document| blocks_of(document, &std::fs::read_to_string(document).unwrap()))
        .collect()
}

fn blocks_of(document: &Path, text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim_start);
    while let Some(line) = lines.next() {
        let Some(info) = line.strip_prefix("```") else { continue };
        let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("```")).collect();
        let (language, mark) = info.split_once(' ').unwrap_or((info, ""));
        if ["console", "sh", "bash", "shell"].contains(&language) {
            let commands = commands_of(&body, language == "console");
            blocks.push(Block { document: document.to_owned(), mark: mark.to_owned(), commands });
        }
    }
    blocks
}

/// With prompts, what a command prints stands below it.
fn commands_of(body: &[&str], has_prompts: bool) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in body {
        let code = if has_prompts { line.strip_prefix("$ ") } else { Some(*line) };
        match (commands.last_mut(), code) {
            (Some(last), _) if goes_on => last.push_str(line),
            (_, Some(code)) => commands.push(code.to_owned()),
            (_, None) => continue,
        }
        let last = commands.last_mut().unwrap();
        goes_on = last.ends_with('\\');
        last.truncate(last.trim_end_matches('\\').len());
    }
    commands
}

pub fn commands_work() -> Result<(), Missing> {
    find("bash", "install bash")?;
    let mut commands = 0;
    for block in blocks().iter().filter(|block| block.mark == RUN) {
        let folder = place_to_work();
        for command in &block.commands {
            works(&block.document, command, folder.path());
            commands += 1;
        }
    }
    assert!(commands > 5, "commands were not found");
    Ok(())
}

pub fn commands_that_are_not_run_say_why() -> Result<(), Missing> {
    for Block { document, mark, commands } in blocks() {
        let is_excused = WITHOUT_MARKS.iter().any(|name| document.ends_with(name)) && mark.is_empty();
        let is_known = mark == RUN || NOT_RUN.iter().any(|(word, _)| *word == mark);
        assert!(
            is_known || is_excused,
            "{}: {commands:?}: mark the block `console {RUN}`, or with one of {NOT_RUN:#?}",
            document.display()
        );
    }
    Ok(())
}

/// Whatever a command needs: its words are those of this version.
pub fn every_command_is_understood() -> Result<(), Missing> {
    let mut seen = 0;
    for Block { document, commands, .. } in blocks() {
        for command in commands.iter().flat_map(|line| arguments_of_tonewire(line)) {
            let output = tonewire().args(&command).arg("--help").output().unwrap();
            assert!(output.status.success(), "{}: {command:?}: {}", document.display(), text_of(&output));
            seen += 1;
        }
    }
    assert!(seen > 15, "commands were not found");
    Ok(())
}

/// The arguments of each call of the program in a line of shell.
fn arguments_of_tonewire(line: &str) -> Vec<Vec<String>> {
    let line = line.replace("cargo run --release -- ", "tonewire ");
    let code = line.split(" # ").next().unwrap_or_default();
    let calls = code.split(['|', ';', '&']).filter_map(|call| {
        let mut words = call.split_whitespace().skip_while(|word| word.contains('='));
        (words.next() == Some("tonewire")).then(|| words.take_while(|word| !word.starts_with(['<', '>'])))
    });
    calls.map(|words| words.map(str::to_owned).collect()).collect()
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
