//! A secret stands in the configuration or, better, in a file that an orchestrator mounts.

use std::path::PathBuf;

use super::Secret;
use super::error::Problem;

/// The secret of a pair of keys `NAME` and `NAME_file`; `None` where neither is set.
///
/// # Errors
/// A problem if both are set, or the file cannot be read or is empty.
pub(super) fn resolve(key: &str, value: &str, file: &str) -> Result<Option<Secret>, Problem> {
    let file_key = format!("{key}_file");
    match (value.is_empty(), file.is_empty()) {
        (true, true) => Ok(None),
        (false, true) => Ok(Some(Secret::new(value.to_owned()))),
        (true, false) => read(&file_key, file).map(Some),
        (false, false) => Err(Problem::between(
            &[key, &file_key],
            format!("the secret is given here and in {file_key} = {file:?}"),
            "keep one of the two",
        )),
    }
}

/// The secret in a file.
///
/// # Errors
/// A problem if the file cannot be read or is empty.
pub(super) fn read(key: &str, path: &str) -> Result<Secret, Problem> {
    let content = std::fs::read_to_string(path).map_err(|error| {
        Problem::of(
            key,
            format!("cannot read the secret from {path:?}: {error}"),
            "name a UTF-8 file that this user may read",
        )
    })?;
    let secret = without_last_newline(&content);
    if secret.is_empty() {
        return Err(Problem::of(
            key,
            format!("the file {path:?} is empty"),
            "put the secret into it, or unset the key",
        ));
    }
    Ok(Secret::new(secret.to_owned()))
}

/// The secret in a file that was fine at the start; `None` while it cannot be read or is empty, as happens
/// for a moment when it is replaced.
#[must_use]
pub fn read_again(path: &std::path::Path) -> Option<Secret> {
    let content = std::fs::read_to_string(path).ok()?;
    let secret = without_last_newline(&content);
    (!secret.is_empty()).then(|| Secret::new(secret.to_owned()))
}

/// A file with a secret that every user of the machine may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposedFile {
    /// The key that names it.
    pub key: String,
    pub path: PathBuf,
    /// Its permissions.
    pub mode: u32,
}

impl std::fmt::Display for ExposedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, path, mode } = self;
        write!(
            f,
            "{key} = \"{}\": every user of this machine may read it (mode {mode:04o}); let only the user of this service, such as with chmod 0400",
            path.display()
        )
    }
}

/// The file as one that everybody may read, if so. No error: orchestrators mount secrets with mode 0644 into containers
/// where nobody else is.
#[cfg(unix)]
pub(super) fn exposed(key: String, path: &str) -> Option<ExposedFile> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    (mode & 0o004 != 0).then(|| ExposedFile { key, path: path.into(), mode })
}

/// Only Unix has such permissions.
#[cfg(not(unix))]
pub(super) fn exposed(_key: String, _path: &str) -> Option<ExposedFile> {
    None
}

/// Editors and `echo` end a file with a newline; more than one, or spaces, may be part of the secret.
fn without_last_newline(content: &str) -> &str {
    let content = content.strip_suffix('\n').unwrap_or(content);
    content.strip_suffix('\r').unwrap_or(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &str) -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, content).unwrap();
        let path = path.to_str().unwrap().to_owned();
        (folder, path)
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_everybody_may_read_is_named_with_its_mode_and_no_other_one_is() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, path) = file("canary");
        for (mode, is_exposed) in
            [(0o400, false), (0o600, false), (0o640, false), (0o644, true), (0o604, true)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let text = exposed("kafka.security.key_file".into(), &path).map(|file| file.to_string());
            assert_eq!(text.is_some(), is_exposed, "{mode:o}");
            if let Some(text) = text {
                assert!(
                    text.contains("kafka.security.key_file") && text.contains(&format!("{mode:04o}")),
                    "{text}"
                );
                assert!(text.contains("chmod 0400") && !text.contains("canary"), "{text}");
            }
        }
    }

    #[test]
    fn exactly_one_newline_is_taken_off_the_end() {
        for (content, secret) in
            [("abc", "abc"), ("abc\n", "abc"), ("abc\r\n", "abc"), (" abc \n\n", " abc \n")]
        {
            let (_folder, path) = file(content);
            let found = resolve("sasl_password", "", &path).unwrap().unwrap();
            assert_eq!(found.expose(), secret);
        }
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_with_its_key() {
        let problem = resolve("kafka.security.sasl_password", "", "/no/such/file").unwrap_err();
        let text = problem.to_string();
        assert!(text.contains("kafka.security.sasl_password_file"), "{text}");
        assert!(text.contains("/no/such/file"), "{text}");
    }

    #[test]
    fn an_empty_file_is_refused() {
        let (_folder, path) = file("\n");
        assert!(resolve("sasl_password", "", &path).is_err());
    }

    #[test]
    fn a_secret_given_twice_is_refused_without_showing_it() {
        let problem = resolve("sasl_password", "canary", "/some/file").unwrap_err();
        assert!(!problem.to_string().contains("canary"));
    }
}
