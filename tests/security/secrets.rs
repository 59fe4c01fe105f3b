//! Operation case O25: secrets are in files, in the configuration and in pass-through properties, everything
//! that can go wrong goes wrong with the log at its finest, and no secret occurs anywhere.

use crate::papers::{Secret, password, tls, trusted};
use crate::support::producer::{Message, Producer};
use crate::support::reader::Isolation;
use crate::support::secure_broker::{CANARY, LIMITED, PLAIN_PASSWORD, SCRAM_PASSWORD, SecureBroker, TRUSTED};
use crate::support::service::{Configuration, Service};
use crate::support::workspace::Workspace;
use crate::tokens::token;

pub fn o25_no_secret_is_ever_written_down(broker: &'static SecureBroker) {
    runs_well(broker, "password in the configuration", &|workspace| {
        tls(broker, workspace, "SASL")
            .set("kafka.security.sasl_mechanism", "PLAIN")
            .set("kafka.security.sasl_username", TRUSTED)
            .set("kafka.security.sasl_password", PLAIN_PASSWORD)
    });
    let scram = Secret::new(SCRAM_PASSWORD);
    runs_well(broker, "SCRAM", &|workspace| trusted(broker, workspace, "SCRAM-SHA-512", &scram));
    let token_file = Secret::new(&token(TRUSTED, 3_600));
    runs_well(broker, "token", &|workspace| {
        let token = token_file.path();
        oauth(broker, workspace)
            .set("kafka.security.oauth_token_command", vec!["sh", "-c", &format!("cat '{token}' # {CANARY}")])
    });
    runs_well(broker, "key password", &|workspace| {
        tls(broker, workspace, "MTLS")
            .set("kafka.security.certificate_file", broker.file("encrypted.pem"))
            .set("kafka.security.key_file", broker.file("encrypted.key"))
            .set("kafka.security.key_password", crate::support::secure_broker::KEY_PASSWORD)
    });

    let wrong = Secret::new("S3cr3t-canary-wrong");
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        fails(&format!("wrong password, {mechanism}"), &workspace_of(broker), &|workspace| {
            trusted(broker, workspace, mechanism, &wrong)
        });
    }
    let expired = Secret::new(&token(TRUSTED, -60));
    fails("expired token", &workspace_of(broker), &|workspace| {
        oauth(broker, workspace).set("kafka.security.oauth_token_file", expired.path())
    });
    fails("failing command", &workspace_of(broker), &|workspace| {
        let command = vec!["sh", "-c", "echo S3cr3t-canary | tee /dev/stderr; exit 3"];
        oauth(broker, workspace).set("kafka.security.oauth_token_command", command)
    });
    a_failing_send(broker);
    misspelt_and_refused_properties(broker);
}

fn workspace_of(broker: &'static SecureBroker) -> Workspace {
    Workspace::new(broker.broker, 1)
}

fn oauth(broker: &SecureBroker, workspace: &Workspace) -> Configuration {
    tls(broker, workspace, "SASL").set("kafka.security.sasl_mechanism", "OAUTHBEARER")
}

/// The finest log of everything, and secrets among the properties that are passed through.
fn loud(configuration: Configuration) -> Configuration {
    configuration
        .set("log.filter", "trace")
        .set("kafka.common.debug", "all")
        // Of the properties that librdkafka takes, this one is a secret and of no effect here.
        .set("kafka.common.ssl.keystore.password", "S3cr3t-canary-keystore")
}

fn runs_well(broker: &'static SecureBroker, what: &str, configuration: &dyn Fn(&Workspace) -> Configuration) {
    let workspace = workspace_of(broker);
    let configuration = loud(configuration(&workspace));
    let service = configuration.start();
    workspace.send_articles(0..2);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(2);
    is_silent(what, &service);
    service.stop();
    let log = service.log().text();
    assert!(log.contains("DEBUG") && log.contains("librdkafka"), "the log is not at its finest");
    nothing_in(what, &log);
    for command in [&["print-config"][..], &["check"], &["check", "--connect"]] {
        let (code, text) = configuration.run_command(command);
        assert_eq!(code, Some(0), "{what}: {command:?}: {text}");
        nothing_in(what, &text);
    }
}

fn fails(what: &str, workspace: &Workspace, configuration: &dyn Fn(&Workspace) -> Configuration) {
    let configuration = loud(configuration(workspace));
    let service = configuration.spawn();
    service.metrics_when(&format!("{what}: the refusal is counted"), |metrics| {
        metrics.sum("tonewire_access_refusals_total", &[("kind", "authentication")]) > 0.0
    });
    is_silent(what, &service);
    service.stop();
    nothing_in(what, &service.log().text());
    let (code, text) = configuration.run_command(&["check", "--connect"]);
    assert_eq!(code, Some(1), "{what}: {text}");
    nothing_in(what, &text);
}

/// A record that the broker does not take.
fn a_failing_send(broker: &'static SecureBroker) {
    let workspace = workspace_of(broker);
    for (operation, resource, name) in [
        ("Read", "topic", workspace.input.clone()),
        ("Read", "group", workspace.group.clone()),
        ("Write", "transactional-id", format!("tonewire-{}-one", workspace.group)),
    ] {
        broker.acl("--add", operation, resource, &name);
    }
    let secret = Secret::new(PLAIN_PASSWORD);
    let service = loud(password(broker, &workspace, "PLAIN", LIMITED, &secret)).spawn();
    Producer::new(broker.broker).send_all(&workspace.input, &[Message::new("a", "Angela Merkel spoke.")]);
    service.metrics_when("the failed send is counted", |metrics| {
        let labels = [("kind", "authorization"), ("concerns", "topic")];
        metrics.sum("tonewire_access_refusals_total", &labels) > 0.0
    });
    is_silent("failing send", &service);
    service.stop();
    nothing_in("failing send", &service.log().text());
}

/// Errors about properties quote their values, unless somebody takes care.
fn misspelt_and_refused_properties(broker: &'static SecureBroker) {
    let workspace = workspace_of(broker);
    for property in ["sasl.pasword", "ssl.key.pem", "ssl.keystore.pasword", "sasl.oauthbearer.client.secrets"]
    {
        let configuration =
            tls(broker, &workspace, "TLS").set(&format!("kafka.common.{property}"), "S3cr3t-canary-x");
        let service = configuration.spawn();
        assert_eq!(service.wait_for_end().code(), Some(1), "{property}");
        nothing_in(property, &service.log().text());
        for command in ["check", "print-config"] {
            let (_, text) = configuration.run_command(&[command]);
            nothing_in(property, &text);
        }
    }
    for (key, value) in [
        ("kafka.security.sasl_password", toml::Value::Array(vec![toml::Value::from("S3cr3t-canary-x")])),
        ("kafka.security.key_password", toml::Value::from("S3cr3t-canary-x")),
        ("kafka.consumer.sasl.password", toml::Value::from("S3cr3t-canary-x")),
        ("kafka.security.oauth_token_command", toml::Value::from("get-token S3cr3t-canary-x")),
    ] {
        let configuration = tls(broker, &workspace, "TLS").set(key, value);
        for command in ["check", "print-config", "run"] {
            let (code, text) = configuration.run_command(&[command]);
            assert_eq!(code, Some(2), "{key}: {text}");
            nothing_in(key, &text);
        }
    }
}

/// None of the pages has a secret.
fn is_silent(what: &str, service: &Service) {
    for page in ["/metrics", "/readyz", "/livez", "/version", "/"] {
        let (_, body) = service.page(page).expect("the page is served");
        nothing_in(&format!("{what}, {page}"), &body);
    }
}

fn nothing_in(what: &str, text: &str) {
    // A password may also be written in Base64, as SASL messages and tokens are.
    for secret in [CANARY, "UzNjcjN0LWNhbmFye", "MzY3IzdC1jYW5hcn", "TM2NyM3QtY2FuYXJ5"] {
        if let Some(line) = text.lines().find(|line| line.contains(secret)) {
            panic!("{what}: a secret is written down: {line}");
        }
    }
}
