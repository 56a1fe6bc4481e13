"""The manifests: everything that they name is there, bounded and closed."""

import re
from typing import Any

import pytest

from tests.deploy.files import (
    DEPLOY,
    containers,
    objects,
    of_kind,
    pods,
)

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def test_services_and_policies_of_kubernetes_select_pods_that_are_there() -> None:
    labels = [pod["metadata"]["labels"] for pod in pods()]

    def is_there(selector: dict[str, str]) -> bool:
        return any(selector.items() <= one.items() for one in labels)

    for service in of_kind("Service"):
        assert is_there(service["spec"]["selector"])
    for policy in of_kind("NetworkPolicy"):
        assert is_there(policy["spec"]["podSelector"].get("matchLabels", {}))
    for budget in of_kind("PodDisruptionBudget"):
        assert is_there(budget["spec"]["selector"]["matchLabels"])


def test_ports_of_kubernetes_are_named_by_the_pods_behind_them() -> None:
    named = {
        (pod["metadata"]["labels"]["app"], port["name"])
        for pod in pods()
        for container in pod["spec"]["containers"]
        for port in container.get("ports", ())
    }
    for service in of_kind("Service"):
        for port in service["spec"]["ports"]:
            assert (service["spec"]["selector"]["app"], port["targetPort"]) in named
    for policy in of_kind("NetworkPolicy"):
        for rule in policy["spec"].get("ingress", ()):
            app = policy["spec"]["podSelector"]["matchLabels"]["app"]
            assert {(app, port["port"]) for port in rule["ports"]} <= named


def test_keys_and_variables_of_kubernetes_are_in_its_secret_or_its_config() -> None:
    [secret], [config] = of_kind("Secret"), of_kind("ConfigMap")
    names = {secret["metadata"]["name"], config["metadata"]["name"]}
    for container in containers():
        for source in container.get("envFrom", ()):
            assert {one["name"] for one in source.values()} <= names
        for one in container.get("env", ()):
            if reference := one.get("valueFrom", {}).get("secretKeyRef"):
                assert reference["key"] in secret["stringData"]
            used = set(re.findall(r"\$\(([A-Z_]+)\)", one.get("value", "")))
            assert used <= set(secret["stringData"])


def test_addresses_in_kubernetes_name_services_replicas_and_ports() -> None:
    [scrapyd] = [one for one in of_kind("StatefulSet") if one["metadata"]["name"] == "scrapyd"]
    nodes = {f"scrapyd-{n}.scrapyd" for n in range(scrapyd["spec"]["replicas"])}
    for container in containers():
        for one in container.get("env", ()):
            found = dict(re.findall(r"@([a-z0-9.-]+):(\d+)", one.get("value", "")))
            if one["name"] == "SCRAPYD_URLS":
                assert found == dict.fromkeys(nodes, "6800")
            elif one["name"] == "REDIS_URL":
                assert found == {"redis": "6379"}


def test_the_kustomization_names_every_manifest_but_the_secret() -> None:
    [kustomization] = of_kind("Kustomization")
    there = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    left_out = {"kustomization.yaml", "secret.example.yaml"}
    assert set(kustomization["resources"]) == there - left_out
    assert all(one.get("apiVersion") for one in objects())


@pytest.mark.parametrize("pod", pods(), ids=lambda pod: str(pod["metadata"]["labels"]["app"]))
def test_every_pod_is_locked_down_and_bounded(pod: dict[str, Any]) -> None:
    spec = pod["spec"]
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    for container in spec["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


def test_probes_ask_what_the_api_answers() -> None:
    [api] = [one for one in containers() if one["name"] == "api"]
    paths = {api[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe")}
    assert paths == {"/health/live"}
    assert api["readinessProbe"]["httpGet"]["path"] == "/health/ready"
    assert "127.0.0.1:8000/health/live" in DOCKERFILE
