//! The Helm chart, rendered by Helm's own library; the configuration in it is read by the program.

use std::process::Command;

use serde_json::Value;

use super::tools::{Missing, python_with, read, repository, run, succeed, text_of, tonewire};

pub fn lints_and_renders() -> Result<(), Missing> {
    for file in ["rules.yml", "alerts.yml"] {
        let (copy, original) =
            (read(&format!("deploy/helm/tonewire/files/{file}")), read(&format!("deploy/prometheus/{file}")));
        assert!(copy == original, "cp deploy/prometheus/{file} deploy/helm/tonewire/files/");
    }
    let python = python_with(&["helm_python", "kubernetes_validate", "yaml"])?;
    let output =
        run(Command::new(python).arg("tests/deploy/chart.py").arg(repository().join("deploy/helm/tonewire")));
    assert!(output.status.success(), "{}", text_of(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut seen = 0;
    for line in text.lines() {
        let (name, files) = line.split_once('\t').unwrap();
        configuration_is_good(name, &serde_json::from_str(files).unwrap());
        seen += 1;
    }
    assert_eq!(seen, 2, "{text}");
    Ok(())
}

/// As the pod has it, with the secrets and the watch-list in a folder of the test.
fn configuration_is_good(name: &str, files: &Value) {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display().to_string();
    for file in ["value", "ca.pem", "tls.crt", "tls.key"] {
        std::fs::write(folder.path().join(file), "something\n").unwrap();
    }
    let mut text = files["tonewire.toml"].as_str().unwrap().to_owned();
    std::fs::write(folder.path().join("token"), "a-token-of-the-tests-0123456789\n").unwrap();
    for place in ["password", "ca", "certificate", "readers"] {
        text = text.replace(&format!("/run/secrets/tonewire/{place}"), &here);
    }
    text = text.replace("/etc/tonewire", &here);
    std::fs::write(folder.path().join("tonewire.toml"), &text).unwrap();
    if let Some(list) = files["watchlist.toml"].as_str() {
        std::fs::write(folder.path().join("watchlist.toml"), list).unwrap();
    }
    let config = folder.path().join("tonewire.toml");
    let output = run(tonewire().args(["check", "--config"]).arg(&config));
    assert!(output.status.success(), "{name}: {}\n{text}", text_of(&output));
    let effective = succeed(tonewire().args(["print-config", "--config"]).arg(&config));
    if name == "secure" {
        assert!(effective.contains("max_in_flight_bytes = 134217728"), "{effective}");
        assert!(effective.contains("sasl_mechanism = \"SCRAM-SHA-512\""), "{effective}");
        assert!(effective.contains(&format!("token_path = \"{here}/token\"")), "{effective}");
    }
    assert!(effective.contains("listen = \"0.0.0.0:9464\""), "{name}: {effective}");
}
