//! Every way to be let in that docs/security.md shows: articles go through.

use crate::papers::{Secret, right_password, tls, trusted};
use crate::support::article;
use crate::support::reader::{Isolation, assert_each_once};
use crate::support::secure_broker::{CANARY, KEY_PASSWORD, SecureBroker, TRUSTED};
use crate::support::service::Configuration;
use crate::support::wait::eventually;
use crate::support::workspace::Workspace;
use crate::tokens::token;

const ARTICLES: usize = 5;

pub fn articles_go_through_tls(broker: &'static SecureBroker) {
    go_through(broker, |workspace| tls(broker, workspace, "TLS"));
}

pub fn articles_go_through_tls_with_a_client_certificate(broker: &'static SecureBroker) {
    go_through(broker, |workspace| {
        tls(broker, workspace, "MTLS")
            .set("kafka.security.certificate_file", broker.file("client.pem"))
            .set("kafka.security.key_file", broker.file("client.key"))
    });
}

pub fn articles_go_through_with_an_encrypted_key(broker: &'static SecureBroker) {
    let password = Secret::new(KEY_PASSWORD);
    go_through(broker, |workspace| {
        tls(broker, workspace, "MTLS")
            .set("kafka.security.certificate_file", broker.file("encrypted.pem"))
            .set("kafka.security.key_file", broker.file("encrypted.key"))
            .set("kafka.security.key_password_file", password.path())
    });
}

pub fn articles_go_through_with_sasl_plain(broker: &'static SecureBroker) {
    with_password(broker, "PLAIN");
}

pub fn articles_go_through_with_scram_sha_256(broker: &'static SecureBroker) {
    with_password(broker, "SCRAM-SHA-256");
}

pub fn articles_go_through_with_scram_sha_512(broker: &'static SecureBroker) {
    with_password(broker, "SCRAM-SHA-512");
}

fn with_password(broker: &'static SecureBroker, mechanism: &str) {
    let secret = Secret::new(right_password(mechanism));
    go_through(broker, |workspace| trusted(broker, workspace, mechanism, &secret));
}

pub fn articles_go_through_with_a_token_from_a_file(broker: &'static SecureBroker) {
    let secret = Secret::new(&token(TRUSTED, 3_600));
    go_through(broker, |workspace| {
        tls(broker, workspace, "SASL")
            .set("kafka.security.sasl_mechanism", "OAUTHBEARER")
            .set("kafka.security.oauth_token_file", secret.path())
    });
}

/// The command gives tokens that soon end, so that they are seen to be renewed.
pub fn articles_go_through_with_a_token_from_a_command(broker: &'static SecureBroker) {
    let secret = Secret::new(&token(TRUSTED, 20));
    let runs = Secret::new("");
    let script = format!("echo run >> '{}'; cat '{}'", runs.path(), secret.path());
    let workspace = Workspace::new(broker.broker, 1);
    let configuration = tls(broker, &workspace, "SASL")
        .set("kafka.security.sasl_mechanism", "OAUTHBEARER")
        .set("kafka.security.oauth_token_command", vec!["sh", "-c", &script]);
    let service = configuration.start();
    let counted =
        || std::fs::read_to_string(runs.path()).unwrap().lines().filter(|line| *line == "run").count();
    let first = counted();
    assert!(first > 0, "the command has not run");
    secret.replace(&token(TRUSTED, 3_600));
    eventually("the token is renewed before it ends", || (counted() > first).then_some(()));
    workspace.send_articles(0..ARTICLES);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    service.stop();
    assert!(!service.log().text().contains(CANARY), "a secret is in the log");
}

fn go_through(broker: &'static SecureBroker, configuration: impl Fn(&Workspace) -> Configuration) {
    let workspace = Workspace::new(broker.broker, 1);
    let service = configuration(&workspace).start();
    workspace.send_articles(0..ARTICLES);
    workspace.output_reader(Isolation::ReadCommitted).read_articles(ARTICLES);
    service.stop();
    assert_each_once(&workspace.output(Isolation::ReadCommitted), &article::ids(ARTICLES));
    assert!(!service.log().text().contains(CANARY), "a secret is in the log");
}
