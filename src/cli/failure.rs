//! How a command ends.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::ConfigError;

/// Why a command did not do all that was asked.
#[derive(Debug)]
pub(super) enum Failure {
    /// Whoever read our output has enough. Not a failure to the user.
    ReaderIsGone,
    /// Some input failed, and each was reported already.
    SomeInput,
    /// The command failed.
    Failed(String),
    /// The arguments or the configuration are wrong.
    Usage(String),
}

impl Failure {
    /// A failure with everything that the error says about its causes.
    pub(super) fn from_error(error: &dyn Error) -> Self {
        Self::Failed(with_causes(error))
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe { Self::ReaderIsGone } else { Self::from_error(&error) }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Usage(error.to_string())
    }
}

/// The exit code of a result, after its message.
pub(super) fn exit_code(result: Result<(), Failure>) -> ExitCode {
    let (message, code) = match result {
        Ok(()) | Err(Failure::ReaderIsGone) => return ExitCode::SUCCESS,
        Err(Failure::SomeInput) => return ExitCode::from(1),
        Err(Failure::Failed(message)) => (message, 1),
        Err(Failure::Usage(message)) => (message, 2),
    };
    report(&message);
    ExitCode::from(code)
}

/// Writes a message to standard error, where nobody may be left to read it.
pub(super) fn report(message: &str) {
    let _ = writeln!(io::stderr(), "tonewire: {message}");
}

/// An error and its causes in one line, without saying twice what an error repeats of its cause.
pub(super) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

/// A panic is a defect of ours: one line that helps to report it, instead of a wall of text.
pub(super) fn report_defects_in_one_line() {
    std::panic::set_hook(Box::new(|defect| {
        let place = defect
            .location()
            .map(|place| format!(" at {}:{}", place.file(), place.line()))
            .unwrap_or_default();
        let payload = defect.payload();
        let what = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("no message");
        report(&format!("a defect of tonewire{place}, please report it: {what}"));
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot start")]
    struct Outer(#[source] io::Error);

    #[test]
    fn causes_are_told_once() {
        let error = Outer(io::Error::other("no port"));
        assert_eq!(with_causes(&error), "cannot start: no port");
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let gone = Failure::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(exit_code(Err(gone)), ExitCode::SUCCESS);
    }
}
