"""Lints and renders the chart with Helm's own library, and checks every object against the schemas of Kubernetes.

Prints `name TAB tonewire.toml as JSON string` for each set of values, so that the caller can let the program read it.
"""

import json
import pathlib
import sys

import helm_python as helm
import kubernetes_validate
import yaml

CHART = pathlib.Path(sys.argv[1])
# The oldest that the chart claims and the newest that the schemas know.
VERSIONS = ["1.27.0", "1.37.0"]
# Kinds of operators, which the schemas of Kubernetes do not have.
OTHERS = {"ServiceMonitor", "PrometheusRule", "ScaledObject"}
# Values that must be refused, with a word of the message.
WRONG = [
    ({}, "brokers"),
    ({"kafka": {"brokers": "broker"}}, "brokers"),
    ({"kafka": {"brokers": "b:1", "shutdownTimeoutMs": 60000}}, "terminationGracePeriodSeconds"),
    ({"kafka": {"brokers": "b:1"}, "settings": {"kafka": {"group_id": "x"}}}, "settings.kafka.group_id"),
    ({"kafka": {"brokers": "b:1"}, "keda": {"enabled": True, "maxReplicas": 9, "partitions": 6}}, "keda.maxReplicas"),
    ({"kafka": {"brokers": "b:1", "topic": "x"}}, "topic"),
]


def objects(chart, values, name="news"):
    rendered = chart.render(values, name=name, namespace="news")
    for path, text in sorted(rendered.items()):
        if not path.endswith("NOTES.txt"):
            yield from (item for item in yaml.safe_load_all(text) if item)


def check_rendered(chart, name, values):
    found = list(objects(chart, values))
    kinds = {item["kind"] for item in found}
    assert {"StatefulSet", "Service", "ConfigMap", "PodDisruptionBudget", "ServiceAccount"} <= kinds, kinds
    if name == "secure":
        assert OTHERS | {"NetworkPolicy"} <= kinds, kinds
    for item in found:
        for version in VERSIONS if item["kind"] not in OTHERS else []:
            kubernetes_validate.validate(item, version, strict=True)
    by_kind = {item["kind"]: item for item in found}
    if name == "secure":
        endpoint = by_kind["ServiceMonitor"]["spec"]["endpoints"][0]
        assert endpoint["authorization"]["credentials"] == {"name": "tonewire-readers", "key": "token"}, endpoint
    check_hardened(by_kind["StatefulSet"])
    checksum = by_kind["StatefulSet"]["spec"]["template"]["metadata"]["annotations"]["checksum/config"]
    print(name, json.dumps(by_kind["ConfigMap"]["data"]), sep="\t")
    return checksum


def check_hardened(workload):
    pod = workload["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"]
    assert container["resources"]["limits"]["memory"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    name = {variable["name"]: variable for variable in container["env"]}["TONEWIRE_KAFKA__INSTANCE_NAME"]
    assert name["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"


def refuses(chart, values, word):
    try:
        list(objects(chart, values))
    except helm.HelmError as error:
        assert word in str(error), f"{values}: {error}"
    else:
        raise AssertionError(f"accepted: {values}")


def main():
    with helm.Chart.load(str(CHART)) as chart:
        sums = set()
        for path in sorted((CHART / "ci").glob("*.yaml")):
            values = yaml.safe_load(path.read_text())
            findings = helm.lint(str(CHART), values)
            print(findings, file=sys.stderr)
            sums.add(check_rendered(chart, path.stem, values))
        assert len(sums) == 2, "another configuration must be another pod"
        for values, word in WRONG:
            refuses(chart, values, word)


main()
