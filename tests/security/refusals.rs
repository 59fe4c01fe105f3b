//! Brokers that do not let the service in: what is said, and what happens when that is put right.

use crate::papers::{Secret, password, right_password, tls, trusted};
use crate::support::reader::Isolation;
use crate::support::secure_broker::{CANARY, LIMITED, SecureBroker, TRUSTED};
use crate::support::service::{Configuration, Service};
use crate::support::wait::eventually;
use crate::support::workspace::Workspace;
use crate::tokens::token;

pub fn check_tells_a_wrong_authority_name_or_date_from_a_wrong_login(broker: &'static SecureBroker) {
    let workspace = Workspace::new(broker.broker, 1);
    let wrong = Secret::new("S3cr3t-canary-wrong");
    let expired = Secret::new(&token(TRUSTED, -60));
    let with_token = || {
        tls(broker, &workspace, "SASL")
            .set("kafka.security.sasl_mechanism", "OAUTHBEARER")
            .set("kafka.security.oauth_token_file", expired.path())
    };
    let foreign = tls(broker, &workspace, "TLS").set("kafka.security.ca_file", broker.file("other-ca.pem"));
    let stranger = tls(broker, &workspace, "MTLS")
        .set("kafka.security.certificate_file", broker.file("stranger.pem"))
        .set("kafka.security.key_file", broker.file("stranger.key"));
    let right = Secret::new(right_password("PLAIN"));
    let not_offered =
        trusted(broker, &workspace, "PLAIN", &right).set("kafka.brokers", broker.address("SCRAM"));
    let tls_to_a_plain_port =
        tls(broker, &workspace, "TLS").set("kafka.brokers", broker.broker.bootstrap.as_str());
    let plain_to_a_tls_port = workspace.configuration("one").set("kafka.brokers", broker.address("TLS"));
    let failing = vec!["sh", "-c", "echo S3cr3t-canary; exit 7"];
    let by_command = with_token()
        .set("kafka.security.oauth_token_file", "")
        .set("kafka.security.oauth_token_command", failing);
    for (configuration, expected) in [
        (foreign, vec!["TLS:", "cannot be trusted", "ca_file"]),
        (tls(broker, &workspace, "EXPIRED"), vec!["TLS:", "cannot be trusted", "expired"]),
        (tls(broker, &workspace, "MISNAMED"), vec!["TLS:", "not for the name", "127.0.0.1"]),
        (tls(broker, &workspace, "MTLS"), vec!["TLS:", "certificate_file"]),
        (stranger, vec!["TLS:", "certificate_file"]),
        (not_offered, vec!["authentication:", "SCRAM-SHA-512", "sasl_mechanism"]),
        (tls_to_a_plain_port, vec!["kafka.security.protocol", "\"ssl\"", "does not seem to speak it"]),
        (plain_to_a_tls_port, vec!["kafka.security.protocol", "\"plaintext\"", "set it to ssl"]),
        (trusted(broker, &workspace, "PLAIN", &wrong), vec!["authentication:", "sasl_password_file"]),
        (trusted(broker, &workspace, "SCRAM-SHA-256", &wrong), vec!["authentication:", "sasl_password_file"]),
        (trusted(broker, &workspace, "SCRAM-SHA-512", &wrong), vec!["authentication:", "sasl_password_file"]),
        (with_token(), vec!["authentication:", "s ago", &expired.path()]),
        (by_command, vec!["authentication:", "exit status: 7", "oauth_token_command"]),
    ] {
        let (code, text) = configuration.run_command(&["check", "--connect"]);
        assert_eq!(code, Some(1), "{text}");
        for words in expected {
            assert!(text.contains(words), "{words:?} is not in: {text}");
        }
        assert!(!text.contains(CANARY), "a secret: {text}");
    }
    let (code, text) = trusted(broker, &workspace, "PLAIN", &Secret::new(right_password("PLAIN")))
        .run_command(&["check", "--connect"]);
    assert_eq!(code, Some(0), "{text}");
}

pub fn check_tells_what_an_acl_does_not_allow(broker: &'static SecureBroker) {
    let workspace = Workspace::new(broker.broker, 1);
    let secret = Secret::new(right_password("PLAIN"));
    let check =
        || password(broker, &workspace, "PLAIN", LIMITED, &secret).run_command(&["check", "--connect"]);
    let (code, text) = check();
    assert_eq!(code, Some(1), "{text}");
    for topic in [&workspace.input, &workspace.output, &workspace.dead_letters] {
        assert!(text.contains(&format!("authorization: the topic {topic:?} is refused")), "{text}");
    }
    assert!(text.contains(&format!("authorization: the group {:?} is refused", workspace.group)), "{text}");

    // The topic can be seen, but not read.
    broker.acl("--add", "Describe", "topic", &workspace.input);
    for topic in [&workspace.output, &workspace.dead_letters] {
        broker.acl("--add", "Write", "topic", topic);
    }
    broker.acl("--add", "Read", "group", &workspace.group);
    let (code, text) = check();
    assert_eq!(code, Some(1), "{text}");
    assert_eq!(text.matches("authorization:").count(), 1, "{text}");
    assert!(
        text.contains(&format!("authorization: reading the topic {:?} is refused", workspace.input)),
        "{text}"
    );

    broker.acl("--add", "Read", "topic", &workspace.input);
    let (code, text) = check();
    assert_eq!(code, Some(0), "{text}");
}

pub fn a_wrong_password_is_told_and_a_corrected_file_heals_without_a_restart(broker: &'static SecureBroker) {
    let workspace = Workspace::new(broker.broker, 1);
    let secret = Secret::new("S3cr3t-canary-wrong");
    let service = trusted(broker, &workspace, "SCRAM-SHA-512", &secret).spawn();
    let text = is_refused(&service);
    assert!(text.contains("SASL authentication error"), "{text}");
    secret.replace(right_password("SCRAM-SHA-512"));
    heals(&workspace, &service);
}

pub fn a_wrong_authority_is_told_and_does_not_end_the_service(broker: &'static SecureBroker) {
    let workspace = Workspace::new(broker.broker, 1);
    let authority = Secret::new(&std::fs::read_to_string(broker.file("other-ca.pem")).unwrap());
    let service = tls(broker, &workspace, "TLS").set("kafka.security.ca_file", authority.path()).spawn();
    let text = is_refused(&service);
    assert!(text.contains("certificate verify failed"), "{text}");
    authority.replace(&std::fs::read_to_string(broker.file("ca.pem")).unwrap());
    heals(&workspace, &service);
}

pub fn an_expired_token_is_told_and_a_renewed_one_heals_without_a_restart(broker: &'static SecureBroker) {
    let workspace = Workspace::new(broker.broker, 1);
    let secret = Secret::new(&token(TRUSTED, -60));
    let service = tls(broker, &workspace, "SASL")
        .set("kafka.security.sasl_mechanism", "OAUTHBEARER")
        .set("kafka.security.oauth_token_file", secret.path())
        .spawn();
    let text = is_refused(&service);
    assert!(text.contains(&secret.path()) && text.contains("s ago"), "{text}");
    secret.replace(&token(TRUSTED, 3_600));
    heals(&workspace, &service);
}

pub fn a_key_that_its_password_does_not_open_ends_the_start_with_a_clear_error(
    broker: &'static SecureBroker,
) {
    let workspace = Workspace::new(broker.broker, 1);
    let wrong = Secret::new("S3cr3t-canary-wrong");
    let configuration: Configuration = tls(broker, &workspace, "MTLS")
        .set("kafka.security.certificate_file", broker.file("encrypted.pem"))
        .set("kafka.security.key_file", broker.file("encrypted.key"))
        .set("kafka.security.key_password_file", wrong.path());
    let service = configuration.spawn();
    assert_eq!(service.wait_for_end().code(), Some(1));
    let (code, text) = configuration.run_command(&["check", "--connect"]);
    assert_eq!(code, Some(1), "{text}");
    for text in [service.log().text(), text] {
        assert!(text.contains("ssl.key.location"), "{text}");
        assert!(!text.contains(CANARY), "a secret: {text}");
    }
}

/// The broker refuses a stranger's certificate after the handshake, which looks like a lost connection.
pub fn a_wrong_client_certificate_is_told_and_a_replaced_one_heals_without_a_restart(
    broker: &'static SecureBroker,
) {
    let workspace = Workspace::new(broker.broker, 1);
    let read = |name: &str| std::fs::read_to_string(broker.file(name)).expect("papers can be read");
    let (certificate, key) = (Secret::new(&read("stranger.pem")), Secret::new(&read("stranger.key")));
    let service = tls(broker, &workspace, "MTLS")
        .set("kafka.security.certificate_file", certificate.path())
        .set("kafka.security.key_file", key.path())
        .spawn();
    let text = is_refused(&service);
    assert!(text.contains("SSL alert number"), "{text}");
    key.replace(&read("client.key"));
    certificate.replace(&read("client.pem"));
    heals(&workspace, &service);
}

pub fn a_port_of_another_protocol_is_told_and_does_not_end_the_service(broker: &'static SecureBroker) {
    let workspace = Workspace::new(broker.broker, 1);
    let to_plain = tls(broker, &workspace, "TLS").set("kafka.brokers", broker.broker.bootstrap.as_str());
    let to_tls = workspace.configuration("two").set("kafka.brokers", broker.address("TLS"));
    for service in [to_plain.spawn(), to_tls.spawn()] {
        eventually("the log names the key", || {
            service.log().text().contains("kafka.security.protocol").then_some(())
        });
        assert_eq!(service.page("/readyz").expect("the page is served").0, 503);
        assert_eq!(service.page("/livez").expect("the page is served").0, 200);
        service.stop();
    }
}

/// No broker is asked: files are looked at first.
#[cfg(unix)]
pub fn a_key_that_cannot_be_read_is_an_error_and_one_that_everybody_may_read_a_warning(
    broker: &'static SecureBroker,
) {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::new(broker.broker, 1);
    let key = Secret::new(&std::fs::read_to_string(broker.file("client.key")).unwrap());
    let with_key = |path: &str| {
        tls(broker, &workspace, "MTLS")
            .set("kafka.security.certificate_file", broker.file("client.pem"))
            .set("kafka.security.key_file", path)
    };
    for (mode, is_told) in [(0o644, true), (0o400, false)] {
        std::fs::set_permissions(key.path(), std::fs::Permissions::from_mode(mode)).unwrap();
        let (code, text) = with_key(&key.path()).run_command(&["check", "--connect"]);
        assert_eq!(code, Some(0), "{text}");
        assert_eq!(text.contains("warning: kafka.security.key_file"), is_told, "{mode:o}: {text}");
        assert_eq!(text.contains("chmod 0400"), is_told, "{mode:o}: {text}");
    }
    // Root may read everything, so the file that cannot be read is one that is not there.
    let (code, text) = with_key("/no/such/key.pem").run_command(&["check"]);
    assert_eq!(code, Some(2), "{text}");
    for words in ["kafka.security.key_file", "/no/such/key.pem", "name a PEM file"] {
        assert!(text.contains(words), "{words:?} is not in: {text}");
    }
}

/// The service lives, is not ready and says why. Gives the log.
fn is_refused(service: &Service) -> String {
    let metrics = service.metrics_when("a refusal is counted twice", |metrics| {
        let labels = [("kind", "authentication"), ("concerns", "cluster")];
        metrics.sum("tonewire_access_refusals_total", &labels) >= 2.0
    });
    assert_eq!(metrics.sum("tonewire_ready", &[]), 0.0);
    let (status, body) = service.page("/readyz").expect("the page is served");
    assert_eq!(status, 503);
    assert!(body.contains("the brokers refuse the log-in to "), "{body}");
    assert_eq!(service.page("/livez").expect("the page is served").0, 200);
    let log = service.log().text();
    assert!(log.contains("access refused") && log.contains("kafka.security"), "{log}");
    assert!(!log.contains(CANARY) && !body.contains(CANARY), "a secret: {log}{body}");
    log
}

fn heals(workspace: &Workspace, service: &Service) {
    service.wait_until_ready();
    workspace.send_articles(0..3);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(3);
    eventually("nothing is refused any more", || {
        let (_, body) = service.page("/readyz")?;
        body.contains("the brokers refuse nothing").then_some(())
    });
    service.stop();
    assert!(!service.log().text().contains(CANARY), "a secret is in the log");
    assert!(service.log().text().contains("access granted"));
}
