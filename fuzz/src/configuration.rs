//! Configuration: a TOML file, and behind a line `---` environment variables, one a line, as `NAME=value`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use tonewire::config::{Config, ConfigError, masked};

use super::input::text;

/// One file for each process and thread would do; each run writes it anew.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("tonewire-fuzz-{}.toml", std::process::id())));

/// What is loaded is valid and can be shown, and an error names what is wrong.
pub fn holds(data: &[u8]) {
    let input = text(data);
    let (file, variables) = input.split_once("\n---\n").unwrap_or((&input, ""));
    let environment: BTreeMap<String, String> = variables
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    std::fs::write(&*FILE, file).expect("the temporary folder can be written");
    match Config::load(Some(&FILE), &environment) {
        Ok((settings, config)) => {
            assert!(!format!("{config:?}").is_empty());
            let shown = masked(&settings).expect("settings can be shown").to_string();
            let again = Config::from_settings(settings.clone()).expect("valid settings stay valid");
            assert_eq!(format!("{config:?}"), format!("{again:?}"));
            let secret = &settings.kafka.security.sasl_password;
            assert!(secret.len() < 8 || !shown.contains(secret.as_str()), "a secret is shown");
        }
        Err(ConfigError::Invalid(problems)) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(!problem.what.is_empty() && !problem.remedy.is_empty(), "{problem:?}");
                assert!(problem.variable.is_some() || !problem.keys.is_empty(), "{problem:?} names no key");
            }
        }
        Err(ConfigError::Syntax { line, column, .. }) => assert!(line >= 1 && column >= 1),
        Err(ConfigError::ReadFile { .. }) => panic!("the file is there"),
    }
}
