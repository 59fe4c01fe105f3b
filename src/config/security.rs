//! `[kafka.security]` as librdkafka properties, and the rules between its keys.

use std::path::PathBuf;

use super::error::Problem;
use super::secrets::{self, ExposedFile};
use super::{Secret, SecuritySettings, TokenSource};

const PROTOCOLS: [&str; 4] = ["plaintext", "ssl", "sasl_plaintext", "sasl_ssl"];
const OAUTHBEARER: &str = "OAUTHBEARER";
const MECHANISMS: [&str; 4] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", OAUTHBEARER];

/// What the clients need to be let in.
pub(super) struct Security {
    pub(super) properties: Vec<(String, Secret)>,
    /// Properties whose value came from a file.
    pub(super) secret_files: Vec<(String, PathBuf)>,
    pub(super) oauth_token: Option<TokenSource>,
    pub(super) exposed_files: Vec<ExposedFile>,
}

/// The properties for both clients. What cannot be used is left out and becomes a problem.
pub(super) fn security(settings: &SecuritySettings, problems: &mut Vec<Problem>) -> Security {
    let SecuritySettings { protocol, sasl_mechanism, .. } = settings;
    check_choice("protocol", protocol, &PROTOCOLS, problems);
    check_choice("sasl_mechanism", sasl_mechanism, &MECHANISMS, problems);
    check_files(settings, problems);

    let mut properties = Vec::new();
    let mut set = |property: &str, value: Option<Secret>| {
        properties.extend(value.map(|value| (property.to_owned(), value)));
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
    set("ssl.ca.location", authorities(settings));
    set("ssl.certificate.location", text(&settings.certificate_file));
    set("ssl.key.location", text(&settings.key_file));
    set("ssl.key.password", key_password);
    let files =
        [("sasl.password", &settings.sasl_password_file), ("ssl.key.password", &settings.key_password_file)];
    let secret_files = files.into_iter().filter(|(_, path)| !path.is_empty());
    Security {
        properties,
        secret_files: secret_files.map(|(property, path)| (property.to_owned(), path.into())).collect(),
        oauth_token: token_source(settings),
        exposed_files: exposed_files(settings),
    }
}

/// Of the files with secrets, those that everybody may read.
fn exposed_files(settings: &SecuritySettings) -> Vec<ExposedFile> {
    [
        ("key_file", &settings.key_file),
        ("key_password_file", &settings.key_password_file),
        ("sasl_password_file", &settings.sasl_password_file),
        ("oauth_token_file", &settings.oauth_token_file),
    ]
    .into_iter()
    .filter(|(_, path)| !path.is_empty())
    .filter_map(|(name, path)| secrets::exposed(key(name), path))
    .collect()
}

fn token_source(settings: &SecuritySettings) -> Option<TokenSource> {
    if let Some((program, arguments)) = settings.oauth_token_command.split_first() {
        return Some(TokenSource::Command { program: program.clone(), arguments: arguments.to_vec() });
    }
    (!settings.oauth_token_file.is_empty())
        .then(|| TokenSource::File(settings.oauth_token_file.clone().into()))
}

/// OpenSSL inside this program knows no folder of the machine by itself: librdkafka looks in the usual ones.
fn authorities(settings: &SecuritySettings) -> Option<Secret> {
    let of_the_system = || settings.protocol.ends_with("ssl").then(|| Secret::new("probe".to_owned()));
    text(&settings.ca_file).or_else(of_the_system)
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
    for (name, path) in tls_files(settings) {
        if let Err(error) = std::fs::File::open(path) {
            problems.push(Problem::of(
                &key(name),
                format!("cannot open {path:?}: {error}"),
                "name a PEM file that this user may read",
            ));
        }
    }
}

/// The files that are given.
fn tls_files(settings: &SecuritySettings) -> impl Iterator<Item = (&'static str, &str)> {
    [
        ("ca_file", settings.ca_file.as_str()),
        ("certificate_file", settings.certificate_file.as_str()),
        ("key_file", settings.key_file.as_str()),
    ]
    .into_iter()
    .filter(|(_, path)| !path.is_empty())
}

/// Login data without a SASL protocol would be sent to nobody, and the connection be anonymous.
fn check_sasl(settings: &SecuritySettings, problems: &mut Vec<Problem>) {
    let protocol = &settings.protocol;
    let with_token = settings.sasl_mechanism == OAUTHBEARER;
    let password = !settings.sasl_password.is_empty() || !settings.sasl_password_file.is_empty();
    let token = !settings.oauth_token_file.is_empty() || !settings.oauth_token_command.is_empty();
    // Key, whether it is given, whether the mechanism needs it, and whether it has a use for it.
    let keys = [
        ("sasl_mechanism", !settings.sasl_mechanism.is_empty(), true, true),
        ("sasl_username", !settings.sasl_username.is_empty(), !with_token, !with_token),
        ("sasl_password", password, !with_token, !with_token),
        ("oauth_token_file", token, with_token, with_token),
    ];
    for (name, given, needed, of_use) in keys {
        if !protocol.starts_with("sasl_") {
            if given {
                problems.push(Problem::between(
                    &[&key(name), &key("protocol")],
                    format!("set, but kafka.security.protocol = {protocol:?} does not log in"),
                    "set protocol to sasl_ssl or sasl_plaintext",
                ));
            }
        } else if needed && !given {
            problems.push(missing(name, settings));
        } else if given && !of_use {
            let mechanism = &settings.sasl_mechanism;
            problems.push(Problem::between(
                &[&key(name), &key("sasl_mechanism")],
                format!("set, but kafka.security.sasl_mechanism = {mechanism:?} has no use for it"),
                "remove it, or choose another mechanism",
            ));
        }
    }
    check_token(settings, problems);
}

fn missing(name: &str, settings: &SecuritySettings) -> Problem {
    let SecuritySettings { protocol, sasl_mechanism, .. } = settings;
    if name == "oauth_token_file" {
        return Problem::between(
            &[&key(name), &key("sasl_mechanism")],
            format!("not set, but kafka.security.sasl_mechanism = {sasl_mechanism:?} needs a token"),
            "set oauth_token_file or oauth_token_command",
        );
    }
    Problem::between(
        &[&key(name), &key("protocol")],
        format!("not set, but kafka.security.protocol = {protocol:?} needs it"),
        "set sasl_mechanism, sasl_username and sasl_password_file",
    )
}

fn check_token(settings: &SecuritySettings, problems: &mut Vec<Problem>) {
    let SecuritySettings { oauth_token_file: file, oauth_token_command: command, .. } = settings;
    if !file.is_empty() && !command.is_empty() {
        problems.push(Problem::between(
            &[&key("oauth_token_file"), &key("oauth_token_command")],
            format!("the token is to come from {file:?} and from a command"),
            "keep one of the two",
        ));
    }
    if command.first().is_some_and(String::is_empty) {
        problems.push(Problem::of(
            &key("oauth_token_command"),
            "the program has no name",
            "write a list of the program and its arguments, such as [\"/usr/local/bin/token\", \"--audience\", \"kafka\"]",
        ));
    }
    if let Err(error) = (!file.is_empty()).then(|| std::fs::File::open(file)).transpose() {
        problems.push(Problem::of(
            &key("oauth_token_file"),
            format!("cannot open {file:?}: {error}"),
            "name a file with an access token that this user may read",
        ));
    }
}

fn check_tls(settings: &SecuritySettings, problems: &mut Vec<Problem>) {
    let protocol = &settings.protocol;
    if !protocol.ends_with("ssl") {
        for (name, path) in tls_files(settings) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(settings: &SecuritySettings) -> Vec<String> {
        let mut problems = Vec::new();
        security(settings, &mut problems);
        problems.iter().map(|problem| problem.keys[0].replace("kafka.security.", "")).collect()
    }

    fn oauth() -> SecuritySettings {
        SecuritySettings {
            protocol: "sasl_ssl".into(),
            sasl_mechanism: OAUTHBEARER.into(),
            oauth_token_command: vec!["get-token".into()],
            ..SecuritySettings::default()
        }
    }

    #[test]
    fn a_token_takes_the_place_of_user_and_password() {
        assert_eq!(keys(&oauth()), [""; 0]);
        assert_eq!(keys(&SecuritySettings { oauth_token_command: vec![], ..oauth() }), ["oauth_token_file"]);
        let with_password = SecuritySettings { sasl_password: "x".into(), ..oauth() };
        assert_eq!(keys(&with_password), ["sasl_password"]);
        let with_password = SecuritySettings { sasl_mechanism: "PLAIN".into(), ..oauth() };
        assert_eq!(keys(&with_password), ["sasl_username", "sasl_password", "oauth_token_file"]);
    }

    #[test]
    fn a_token_comes_from_one_place_that_is_there() {
        let file = SecuritySettings { oauth_token_file: "/no/such/file".into(), ..oauth() };
        assert_eq!(keys(&file), ["oauth_token_file", "oauth_token_file"]);
        let nameless = SecuritySettings { oauth_token_command: vec![String::new()], ..oauth() };
        assert_eq!(keys(&nameless), ["oauth_token_command"]);
    }

    #[test]
    fn the_authorities_of_the_system_are_trusted_where_no_file_names_others() {
        let of = |settings: &SecuritySettings| {
            let found = security(settings, &mut Vec::new()).properties;
            let value = found.iter().find(|(property, _)| property == "ssl.ca.location");
            value.map(|(_, value)| value.expose().to_owned())
        };
        assert_eq!(of(&oauth()).as_deref(), Some("probe"));
        assert_eq!(
            of(&SecuritySettings { ca_file: "/ca.pem".into(), ..oauth() }).as_deref(),
            Some("/ca.pem")
        );
        assert_eq!(of(&SecuritySettings::default()), None);
    }
}
