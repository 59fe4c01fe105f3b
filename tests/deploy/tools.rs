//! The tools: where they are, and how they are run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Why a test cannot be run here.
#[derive(Debug)]
pub struct Missing(pub String);

pub fn are_required() -> bool {
    std::env::var_os("DEPLOY_TESTS_REQUIRED").is_some_and(|value| value == "1")
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn read(path: &str) -> String {
    let file = repository().join(path);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

pub fn tonewire() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tonewire"))
}

/// A program on the path, or beside the interpreter of the tests.
pub fn find(name: &str, remedy: &str) -> Result<PathBuf, Missing> {
    let python = std::env::var_os("DEPLOY_TESTS_PYTHON").map(PathBuf::from);
    let beside = python.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let path = std::env::var_os("PATH").unwrap_or_default();
    beside
        .into_iter()
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| Missing(format!("no {name}: {remedy}")))
}

/// The interpreter, if it has these packages.
pub fn python_with(packages: &[&str]) -> Result<PathBuf, Missing> {
    let python =
        std::env::var_os("DEPLOY_TESTS_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let statement = format!("import {}", packages.join(", "));
    let has = Command::new(&python).args(["-c", &statement]).output();
    if has.is_ok_and(|output| output.status.success()) {
        return Ok(python);
    }
    Err(Missing(format!(
        "{} lacks {}: pip install -r tests/deploy/requirements.txt, and DEPLOY_TESTS_PYTHON names the interpreter",
        python.display(),
        packages.join(" or ")
    )))
}

pub fn run(command: &mut Command) -> Output {
    command.current_dir(repository()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// Both streams of a command that must succeed.
pub fn succeed(command: &mut Command) -> String {
    let output = run(command);
    let text = text_of(&output);
    assert!(output.status.success(), "{command:?}: {}\n{text}", output.status);
    text
}

pub fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
