//! What is wrong with a configuration, said so that it can be put right in one go.

use std::fmt;
use std::path::PathBuf;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    ReadFile { path: PathBuf, source: std::io::Error },
    /// The file is not TOML. The offending line is left out on purpose: it may hold a secret.
    #[error(
        "{} is not valid TOML: line {line}, column {column}: {message}",
        path.display()
    )]
    Syntax { path: PathBuf, line: usize, column: usize, message: String },
    /// Everything that is wrong with the values, not only the first.
    #[error("{}", list(.0))]
    Invalid(Vec<Problem>),
}

/// One thing that is wrong, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The keys that it is about, the first named first, such as `kafka.session_timeout_ms`.
    pub keys: Vec<String>,
    /// The environment variable, if the value came from one.
    pub variable: Option<String>,
    /// Value and expectation.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Problem {
    /// A problem of one key.
    #[must_use]
    pub fn of(key: &str, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::between(&[key], what, remedy)
    }

    /// A problem between several keys.
    #[must_use]
    pub fn between(keys: &[&str], what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            keys: keys.iter().map(ToString::to_string).collect(),
            variable: None,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// The same, from an environment variable.
    #[must_use]
    pub fn from_variable(mut self, variable: Option<&str>) -> Self {
        self.variable = variable.map(str::to_owned);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.keys.first().map_or("", String::as_str);
        match &self.variable {
            Some(variable) if key.is_empty() => write!(f, "{variable}: ")?,
            Some(variable) => write!(f, "{key} (from {variable}): ")?,
            None => write!(f, "{key}: ")?,
        }
        write!(f, "{}; {}", self.what, self.remedy)
    }
}

fn list(problems: &[Problem]) -> String {
    let mut text = match problems.len() {
        1 => "the configuration has a problem:".to_owned(),
        count => format!("the configuration has {count} problems:"),
    };
    for problem in problems {
        text.push_str("\n  ");
        text.push_str(&problem.to_string());
    }
    text
}
