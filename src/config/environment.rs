//! The environment behind a trait, so that no test reads or changes that of the process.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Where environment variables come from.
pub trait Environment {
    /// All variables, in any order. Values need not be UTF-8.
    fn variables(&self) -> Vec<(String, OsString)>;
}

/// The environment of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    fn variables(&self) -> Vec<(String, OsString)> {
        // A name that is not UTF-8 cannot be one of ours.
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect()
    }
}

impl Environment for BTreeMap<String, String> {
    fn variables(&self) -> Vec<(String, OsString)> {
        self.iter().map(|(name, value)| (name.clone(), value.into())).collect()
    }
}
