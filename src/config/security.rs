//! `[kafka.security]` as librdkafka properties, and the rules between its keys.

use super::error::Problem;
use super::secrets;
use super::{Secret, SecuritySettings};

const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/// The properties for both clients. What cannot be used is left out and becomes a problem.
pub(super) fn properties(settings: &SecuritySettings, problems: &mut Vec<Problem>) -> Vec<(String, Secret)> {
    let SecuritySettings { protocol, sasl_mechanism, .. } = settings;
    check_choice("protocol", protocol, &PROTOCOLS, problems);
    check_choice("sasl_mechanism", sasl_mechanism, &MECHANISMS, problems);
    check_files(settings, problems);

    let mut found = Vec::new();
    let mut set = |property: &str, value: Option<Secret>| {
        found.extend(value.map(|value| (property.to_owned(), value)));
    };
    let sasl_password =
        secret("sasl_password", &settings.sasl_password, &settings.sasl_password_file, problems);
    let key_password = secret("key_password", &settings.key_password, &settings.key_password_file, problems);
    check_sasl(settings, problems);
    check_tls(settings, problems);
    set("security.protocol", text(protocol));
    set("sasl.mechanisms", text(sasl_mechanism));
    set("sasl.username", text(&settings.sasl_username));
    set("sasl.password", sasl_password);
    set("ssl.ca.location", text(&settings.ca_file));
    set("ssl.certificate.location", text(&settings.certificate_file));
    set("ssl.key.location", text(&settings.key_file));
    set("ssl.key.password", key_password);
    found
}

fn text(value: &str) -> Option<Secret> {
    (!value.is_empty()).then(|| Secret::new(value.to_owned()))
}

fn key(name: &str) -> String {
    format!("kafka.security.{name}")
}

fn secret(name: &str, value: &str, file: &str, problems: &mut Vec<Problem>) -> Option<Secret> {
    secrets::resolve(&key(name), value, file).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    })
}

fn check_choice(name: &str, value: &str, choices: &[&str], problems: &mut Vec<Problem>) {
    if !value.is_empty() && !choices.contains(&value) {
        problems.push(Problem::of(
            &key(name),
            format!("{value:?} is not known"),
            format!("use one of {}", choices.join(", ")),
        ));
    }
}

fn check_files(settings: &SecuritySettings, problems: &mut Vec<Problem>) {
    let files = [
        ("ca_file", &settings.ca_file),
        ("certificate_file", &settings.certificate_file),
        ("key_file", &settings.key_file),
    ];
    for (name, path) in files.into_iter().filter(|(_, path)| !path.is_empty()) {
        if let Err(error) = std::fs::File::open(path) {
            problems.push(Problem::of(
                &key(name),
                format!("cannot open {path:?}: {error}"),
                "name a PEM file that this user may read",
            ));
        }
    }
}

/// Login data without a SASL protocol would be sent to nobody, and the connection be anonymous.
fn check_sasl(settings: &SecuritySettings, problems: &mut Vec<Problem>) {
    let keys = [
        ("sasl_mechanism", settings.sasl_mechanism.is_empty()),
        ("sasl_username", settings.sasl_username.is_empty()),
        ("sasl_password", settings.sasl_password.is_empty() && settings.sasl_password_file.is_empty()),
    ];
    let uses_sasl = settings.protocol.starts_with("sasl_");
    let protocol = &settings.protocol;
    for (name, empty) in keys {
        if uses_sasl && empty {
            problems.push(Problem::between(
                &[&key(name), &key("protocol")],
                format!("not set, but kafka.security.protocol = {protocol:?} needs it"),
                "set sasl_mechanism, sasl_username and sasl_password_file",
            ));
        } else if !uses_sasl && !empty {
            problems.push(Problem::between(
                &[&key(name), &key("protocol")],
                format!("set, but kafka.security.protocol = {protocol:?} does not log in"),
                "set protocol to sasl_ssl or sasl_plaintext",
            ));
        }
    }
}

fn check_tls(settings: &SecuritySettings, problems: &mut Vec<Problem>) {
    let files = [
        ("ca_file", &settings.ca_file),
        ("certificate_file", &settings.certificate_file),
        ("key_file", &settings.key_file),
    ];
    let protocol = &settings.protocol;
    if !protocol.ends_with("ssl") {
        for (name, path) in files.into_iter().filter(|(_, path)| !path.is_empty()) {
            problems.push(Problem::between(
                &[&key(name), &key("protocol")],
                format!("set to {path:?}, but kafka.security.protocol = {protocol:?} is without TLS"),
                "set protocol to ssl or sasl_ssl",
            ));
        }
    }
    if settings.certificate_file.is_empty() != settings.key_file.is_empty() {
        problems.push(Problem::between(
            &[&key("certificate_file"), &key("key_file")],
            format!(
                "{:?}, while key_file = {:?}: one is of no use without the other",
                settings.certificate_file, settings.key_file
            ),
            "set both or neither",
        ));
    }
    let has_key_password = !settings.key_password.is_empty() || !settings.key_password_file.is_empty();
    if has_key_password && settings.key_file.is_empty() {
        problems.push(Problem::between(
            &[&key("key_password"), &key("key_file")],
            "set, but there is no key_file that it opens",
            "set key_file, or unset the password",
        ));
    }
}
