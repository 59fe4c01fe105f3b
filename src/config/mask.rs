//! Which values are secrets, and how a configuration is shown without them.

use super::Settings;

/// Shown in place of a secret.
pub const MASK: &str = "****";

/// Parts of a key's name that make its value a secret. Rather too many than one too few.
const SECRET_PARTS: [&str; 10] = [
    "pass",
    "pwd",
    "secret",
    "jaas",
    "ssl.key",
    "token",
    "credential",
    "private",
    "assertion",
    "oauthbearer.config",
];

/// librdkafka's properties about log-ins and certificates that hold no secret. Any other name that begins like these may
/// be a misspelt one that does: `sasl.pasword`.
const HARMLESS: [&str; 17] = [
    "sasl.mechanism",
    "sasl.mechanisms",
    "sasl.username",
    "sasl.kerberos.service.name",
    "sasl.kerberos.principal",
    "sasl.kerberos.min.time.before.relogin",
    "sasl.oauthbearer.method",
    "sasl.oauthbearer.scope",
    "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.extensions",
    "ssl.cipher.suites",
    "ssl.curves.list",
    "ssl.sigalgs.list",
    "ssl.endpoint.identification.algorithm",
    "ssl.engine.id",
    "ssl.providers",
    "ssl.certificate.pem",
];

/// Whether the value of this key (of ours or of librdkafka) must never be shown.
///
/// A path to a file that holds the secret is not a secret itself, and needed to find a mistake.
#[must_use]
pub fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let names_a_file = ["_file", "_path", ".location"].iter().any(|end| key.ends_with(end));
    let is_known = HARMLESS.contains(&key.as_str());
    let is_unknown_login = !is_known && (key.starts_with("sasl.") || key.starts_with("ssl."));
    !names_a_file && (is_unknown_login || SECRET_PARTS.iter().any(|part| key.contains(part)))
}

/// The settings as a TOML table in which every secret that is set is masked.
///
/// # Errors
/// Only if a number does not fit TOML's 64 bits.
pub fn masked(settings: &Settings) -> Result<toml::Table, toml::ser::Error> {
    let mut table = toml::Table::try_from(settings)?;
    mask_table(&mut table);
    Ok(table)
}

fn mask_table(table: &mut toml::Table) {
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::Table(inner) => mask_table(inner),
            toml::Value::String(text) if text.is_empty() => {}
            toml::Value::Array(items) if is_secret(key) => mask_arguments(items),
            value if is_secret(key) => *value = toml::Value::String(MASK.into()),
            _ => {}
        }
    }
}

/// Of a command with its arguments, only the program is shown: it is needed to find a mistake.
fn mask_arguments(items: &mut [toml::Value]) {
    for argument in items.iter_mut().skip(1) {
        *argument = toml::Value::String(MASK.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_secret_is_masked_and_nothing_else() {
        let mut settings = Settings::default();
        settings.kafka.security.sasl_password = "canary".into();
        settings.kafka.security.key_password = "canary".into();
        settings.kafka.security.sasl_password_file = "/run/secrets/kafka".into();
        settings.kafka.security.oauth_token_file = "/run/secrets/token".into();
        settings.http.token_path = "/run/secrets/page".into();
        settings.kafka.security.oauth_token_command = vec!["/bin/get-token".into(), "canary".into()];
        for key in [
            "sasl.jaas.config",
            "ssl.key.pem",
            "sasl.oauthbearer.client.secret",
            "ssl.keystore.password",
            "sasl.oauthbearer.config",
            "sasl.pasword",
            "ssl.kee.pem",
        ] {
            settings.kafka.common.insert(key.into(), "canary".into());
        }
        settings.kafka.common.insert("client.id".into(), "visible".into());
        settings.kafka.common.insert("ssl.cipher.suites".into(), "visible".into());
        settings.kafka.common.insert("ssl.ca.location".into(), "visible".into());

        let shown = masked(&settings).unwrap().to_string();

        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("/run/secrets/kafka"));
        assert!(shown.contains("/run/secrets/token"));
        assert!(shown.contains("/run/secrets/page"));
        assert!(shown.contains("/bin/get-token"));
        assert_eq!(shown.matches("visible").count(), 3);
        assert_eq!(shown.matches(MASK).count(), 10);
    }

    #[test]
    fn an_unset_secret_is_shown_as_unset() {
        let shown = masked(&Settings::default()).unwrap().to_string();
        assert!(!shown.contains(MASK));
        assert!(shown.contains("sasl_password = \"\""));
    }
}
