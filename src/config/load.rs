//! Defaults, then the file, then the environment. Every value is judged by itself, so that all mistakes
//! are told at once, and a value that cannot be used leaves the others alone.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use super::Settings;
use super::environment::Environment;
use super::error::{ConfigError, Problem};
use super::keys::{self, Keys, Node};
use super::mask::{self, MASK};

const PREFIX: &str = "TONEWIRE_";

/// Reads the settings: the file, if one is named, with the environment on top.
///
/// A variable is named `TONEWIRE_`, then the key in capitals with `__` for each dot:
/// `TONEWIRE_KAFKA__TRANSACTION__MAX_AGE_MS=100`. Lists are separated by commas, or written as a TOML
/// array. Pass-through tables are TOML inline tables, since the names of their keys contain dots, and are
/// merged into the file's: `TONEWIRE_KAFKA__CONSUMER='{ fetch.min.bytes = 1000 }'`.
///
/// # Errors
/// [`ConfigError`], with all problems of all values. Rules between values are not judged here, see
/// [`Config::from_settings`](super::Config::from_settings).
pub fn load(path: Option<&Path>, environment: &dyn Environment) -> Result<Settings, ConfigError> {
    let (settings, problems) = load_with_problems(path, environment)?;
    if problems.is_empty() { Ok(settings) } else { Err(ConfigError::Invalid(problems)) }
}

/// As [`load`], but values that cannot be used only leave the default in place and a problem behind.
pub(super) fn load_with_problems(
    path: Option<&Path>,
    environment: &dyn Environment,
) -> Result<(Settings, Vec<Problem>), ConfigError> {
    let file = path.map(read).transpose()?.unwrap_or_default();
    let keys = Keys::new().map_err(|error| internal(&error))?;
    let mut loader = Loader { keys: &keys, accepted: toml::Table::new(), problems: Vec::new() };
    loader.table("", file);
    loader.environment(environment);
    let settings = loader.accepted.try_into().map_err(|error| internal(&error))?;
    Ok((settings, loader.problems))
}

fn read(path: &Path) -> Result<toml::Table, ConfigError> {
    let content = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::ReadFile { path: path.to_owned(), source })?;
    // An editor on Windows may have left a byte order mark, which TOML does not know.
    let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
    content.parse::<toml::Table>().map_err(|error| syntax_error(path, content, &error))
}

fn syntax_error(path: &Path, content: &str, error: &toml::de::Error) -> ConfigError {
    let position = error.span().map_or(0, |span| span.start);
    let before = content.get(..position).unwrap_or(content);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    ConfigError::Syntax {
        path: path.to_owned(),
        line: before.matches('\n').count() + 1,
        column: before.get(line_start..).map_or(0, |line| line.chars().count()) + 1,
        message: error.message().to_owned(),
    }
}

fn internal(error: &dyn std::fmt::Display) -> ConfigError {
    ConfigError::Invalid(vec![Problem::of(
        "(all)",
        format!("the settings cannot be put together: {error}"),
        "please report this",
    )])
}

struct Loader<'k> {
    keys: &'k Keys,
    accepted: toml::Table,
    problems: Vec<Problem>,
}

impl Loader<'_> {
    fn table(&mut self, prefix: &str, table: toml::Table) {
        for (key, value) in table {
            let path = keys::join(prefix, &key);
            match (self.keys.get(&path), value) {
                (None, _) => self.unknown_key(&path),
                (Some(Node::Table), toml::Value::Table(inner)) => self.table(&path, inner),
                (Some(Node::Table), _) => self.problems.push(Problem::of(
                    &path,
                    "this is a table, and cannot have a value",
                    format!("write [{path}], and its keys below"),
                )),
                (Some(Node::PassThrough), value) => self.pass_through(&path, value, None),
                (Some(Node::Leaf(_)), value) => self.leaf(&path, value, None),
            }
        }
    }

    fn unknown_key(&mut self, path: &str) {
        let remedy = match self.keys.nearest(path) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "remove it; config/tonewire.toml shows every key".to_owned(),
        };
        self.problems.push(Problem::of(path, "unknown key", remedy));
    }

    fn environment(&mut self, environment: &dyn Environment) {
        let mut variables = environment.variables();
        variables.sort();
        for (name, value) in &variables {
            if let Some(key) = name.strip_prefix(PREFIX)
                && !is_not_for_us(name)
            {
                self.variable(name, &key.replace("__", ".").to_ascii_lowercase(), value);
            }
        }
    }

    fn variable(&mut self, name: &str, path: &str, value: &OsStr) {
        let Some(node) = self.keys.get(path).cloned() else {
            return self.unknown_variable(name);
        };
        let Some(text) = value.to_str() else {
            let problem = Problem::of(path, "the value is not UTF-8", "use UTF-8");
            return self.problems.push(problem.from_variable(Some(name)));
        };
        match (node, parse_inline(text)) {
            (Node::Table, _) => self.problems.push(
                Problem::of(path, "this is a table", format!("set its keys, such as {name}__..."))
                    .from_variable(Some(name)),
            ),
            (Node::PassThrough, Some(value)) => self.pass_through(path, value, Some(name)),
            (Node::PassThrough, None) => self.pass_through(path, text.into(), Some(name)),
            (Node::Leaf(default), _) => self.leaf(path, typed(text, &default), Some(name)),
        }
    }

    fn unknown_variable(&mut self, name: &str) {
        let remedy = match self.keys.nearest_variable(name) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "unset it; variables of this prefix are configuration".to_owned(),
        };
        let problem = Problem {
            keys: Vec::new(),
            variable: Some(name.to_owned()),
            what: "there is no such key".to_owned(),
            remedy,
        };
        self.problems.push(problem);
    }

    /// Accepts a value if the settings can be read with it alone.
    fn leaf(&mut self, path: &str, value: toml::Value, variable: Option<&str>) {
        let mut probe = toml::Table::new();
        insert(&mut probe, path, value.clone());
        match probe.try_into::<Settings>() {
            Ok(_) => insert(&mut self.accepted, path, value),
            Err(error) => {
                let what = format!("{} cannot be used", shown(path, &value));
                let remedy = expectation(self.keys.get(path), &value, error.message());
                self.problems.push(Problem::of(path, what, remedy).from_variable(variable));
            }
        }
    }

    fn pass_through(&mut self, path: &str, value: toml::Value, variable: Option<&str>) {
        let toml::Value::Table(properties) = value else {
            return self.problems.push(
                Problem::of(
                    path,
                    "this is a table of librdkafka properties",
                    "write it as { \"fetch.min.bytes\" = 1000 }",
                )
                .from_variable(variable),
            );
        };
        let mut flat = BTreeMap::new();
        for property in flatten(&properties, "", &mut flat) {
            self.problems.push(
                Problem::of(
                    &keys::join(path, &property),
                    "a property is a text, a number or a truth value",
                    "write it as librdkafka's documentation does, lists separated by commas",
                )
                .from_variable(variable),
            );
        }
        // Not by `insert`: the names contain dots.
        let mut merged = toml::Table::new();
        if let Some(toml::Value::Table(before)) = find(&self.accepted, path) {
            merged = before.clone();
        }
        merged.extend(flat.into_iter().map(|(key, text)| (key, toml::Value::String(text))));
        insert(&mut self.accepted, path, toml::Value::Table(merged));
    }
}

/// Kubernetes describes every service of the namespace in variables, so one called `tonewire` gives
/// `TONEWIRE_SERVICE_HOST`, `TONEWIRE_PORT_9464_TCP_ADDR` and so on. Ours have a `__`.
fn is_not_for_us(name: &str) -> bool {
    !name.contains("__")
        && (name.contains("_SERVICE_HOST")
            || name.contains("_SERVICE_PORT")
            || name.ends_with("_PORT")
            || ["_TCP", "_UDP", "_SCTP"].iter().any(|protocol| {
                name.contains("_PORT_")
                    && (name.ends_with(protocol) || name.contains(&format!("{protocol}_")))
            }))
}

/// The text of a variable as the type that the key has; where it does not fit, as text, so that the
/// error shows it.
fn typed(text: &str, default: &toml::Value) -> toml::Value {
    match default {
        toml::Value::Integer(_) => {
            text.trim().replace('_', "").parse::<i64>().map_or_else(|_| text.into(), toml::Value::Integer)
        }
        toml::Value::Boolean(_) => {
            text.trim().parse::<bool>().map_or_else(|_| text.into(), toml::Value::Boolean)
        }
        toml::Value::Array(_) if text.trim_start().starts_with('[') => {
            parse_inline(text).unwrap_or_else(|| text.into())
        }
        toml::Value::Array(_) => text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(toml::Value::from)
            .collect::<Vec<_>>()
            .into(),
        _ => text.into(),
    }
}

/// What to write instead. The parser's own words only where they list choices: they repeat the value,
/// which may be a secret, and speak of Rust types.
fn expectation(node: Option<&Node>, value: &toml::Value, message: &str) -> String {
    let of_type = match node {
        Some(Node::Leaf(toml::Value::Integer(_))) => "write a whole number that is not negative",
        Some(Node::Leaf(toml::Value::Array(_))) => "write a list of texts, such as [\"a\", \"b\"]",
        _ if value.is_str() => message,
        _ => "write a text, in quotes",
    };
    of_type.to_owned()
}

fn parse_inline(text: &str) -> Option<toml::Value> {
    let mut table = format!("value = {text}").parse::<toml::Table>().ok()?;
    table.remove("value")
}

fn shown(path: &str, value: &toml::Value) -> String {
    if mask::is_secret(path) { MASK.to_owned() } else { value.to_string() }
}

fn insert(table: &mut toml::Table, path: &str, value: toml::Value) {
    match path.split_once('.') {
        None => {
            table.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = table.entry(first).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let toml::Value::Table(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

fn find<'t>(table: &'t toml::Table, path: &str) -> Option<&'t toml::Value> {
    match path.split_once('.') {
        None => table.get(path),
        Some((first, rest)) => find(table.get(first)?.as_table()?, rest),
    }
}

/// Writes properties in librdkafka's form. TOML reads `fetch.min.bytes = 1` without quotes as three
/// nested tables, which is never what is meant here. Returns those that have no such form.
fn flatten(table: &toml::Table, prefix: &str, flat: &mut BTreeMap<String, String>) -> Vec<String> {
    let mut refused = Vec::new();
    for (key, value) in table {
        let name = keys::join(prefix, key);
        match value {
            toml::Value::Table(inner) => refused.extend(flatten(inner, &name, flat)),
            toml::Value::String(text) => {
                flat.insert(name, text.clone());
            }
            toml::Value::Integer(_) | toml::Value::Float(_) | toml::Value::Boolean(_) => {
                flat.insert(name, value.to_string());
            }
            toml::Value::Datetime(_) | toml::Value::Array(_) => refused.push(name),
        }
    }
    refused
}

#[cfg(test)]
#[path = "load_tests.rs"]
mod tests;
