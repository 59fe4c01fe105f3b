//! Configurations with the papers of the secure broker.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::secure_broker::{PLAIN_PASSWORD, SCRAM_PASSWORD, SecureBroker, TRUSTED};
use crate::support::service::Configuration;
use crate::support::workspace::Workspace;

/// With TLS to a listener, or TLS and a log-in for `SASL`.
pub fn tls(broker: &SecureBroker, workspace: &Workspace, listener: &str) -> Configuration {
    workspace
        .configuration("one")
        .set("kafka.brokers", broker.address(listener))
        .set("kafka.security.protocol", if matches!(listener, "SASL" | "SCRAM") { "sasl_ssl" } else { "ssl" })
        .set("kafka.security.ca_file", broker.file("ca.pem"))
}

/// With a user and a password file.
pub fn password(
    broker: &SecureBroker,
    workspace: &Workspace,
    mechanism: &str,
    user: &str,
    file: &Secret,
) -> Configuration {
    tls(broker, workspace, "SASL")
        .set("kafka.security.sasl_mechanism", mechanism)
        .set("kafka.security.sasl_username", user)
        .set("kafka.security.sasl_password_file", file.path())
}

/// The password of the trusted user.
pub fn right_password(mechanism: &str) -> &'static str {
    if mechanism == "PLAIN" { PLAIN_PASSWORD } else { SCRAM_PASSWORD }
}

/// As the trusted user, whom no ACL stops.
pub fn trusted(
    broker: &SecureBroker,
    workspace: &Workspace,
    mechanism: &str,
    file: &Secret,
) -> Configuration {
    password(broker, workspace, mechanism, TRUSTED, file)
}

/// A file with a secret in a folder of its own.
pub struct Secret {
    folder: TempDir,
}

impl Secret {
    pub fn new(content: &str) -> Self {
        let secret = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        secret.replace(content);
        secret
    }

    /// Puts another secret into its place, at once, as a careful renewer does.
    pub fn replace(&self, content: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, format!("{content}\n")).expect("the secret can be written");
        std::fs::rename(new, self.file()).expect("the secret can be moved");
    }

    pub fn path(&self) -> String {
        self.file().to_str().expect("a path in Unicode").to_owned()
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("secret")
    }
}
