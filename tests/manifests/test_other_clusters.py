"""What clusters of others ask for: OpenShift, a given namespace, a registry, proxies, private authorities."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from chassis.service import STOP_SECONDS
from opdrachtctl.__main__ import app
from stack.layout import SERVICES
from support.rendered import DEPLOY, Manifest, built, of_kind, rendered
from typer.core import TyperGroup
from typer.main import get_command

KUBERNETES = "1.34"
BATCH_SECONDS = 10  # graceful_timeout in chassis/kafka/broker.py
WORKLOADS = ("Deployment", "Job", "CronJob")
INSIDE = ("/docs", "/livez", "/metrics", "/openapi.json", "/readyz")


def with_components(folder: Path, overlay: str, *components: str) -> list[Manifest]:
    """Render an overlay with components on top, as somebody's own overlay has them."""

    def path(*parts: str) -> str:
        return os.path.relpath(DEPLOY.joinpath(*parts), folder)

    content = {
        "namespace": "given",
        "resources": [path("overlays", overlay)],
        "components": [path("components", name) for name in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    return list(built(folder))


def pods_of(manifests: Sequence[Manifest]) -> Iterator[tuple[str, Manifest]]:
    """Yield the pods of our own workloads: name and pod specification."""
    for one in manifests:
        if one["kind"] in WORKLOADS:
            spec = one["spec"]["jobTemplate"]["spec"] if one["kind"] == "CronJob" else one["spec"]
            yield one["metadata"]["name"], spec["template"]["spec"]


def keys_of(content: Any) -> Iterator[str]:
    """Yield every key at every depth."""
    for value in content.values() if isinstance(content, dict) else content:
        if isinstance(value, dict | list):
            yield from keys_of(value)
    if isinstance(content, dict):
        yield from content


def test_on_openshift_no_user_is_fixed_and_no_namespace_is_made() -> None:
    keys = {key for one in rendered("openshift") for key in keys_of(one)}
    assert not keys & {"runAsUser", "runAsGroup", "fsGroup", "supplementalGroups"}
    assert "runAsNonRoot" in keys
    assert of_kind("openshift", "Namespace", "HTTPRoute") == []
    kept = {(one["kind"], one["metadata"]["name"]) for one in rendered("openshift")}
    others = {(one["kind"], one["metadata"]["name"]) for one in rendered("production")}
    assert others - kept == {(kind, name) for kind, name in others if kind in {"Namespace", "HTTPRoute"}}


def test_names_are_found_on_openshift_and_by_a_cache_on_each_node() -> None:
    for overlay in ("minimal", "openshift"):
        (names,) = [one for one in of_kind(overlay, "NetworkPolicy") if one["metadata"]["name"] == "names"]
        (rule,) = names["spec"]["egress"]
        spaces = {
            to["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
            for to in rule["to"]
            if "namespaceSelector" in to
        }
        assert spaces == {"kube-system", "openshift-dns"}
        assert {"ipBlock": {"cidr": "169.254.20.10/32"}} in rule["to"]
        assert {(port["port"], port["protocol"]) for port in rule["ports"]} == {
            (port, protocol) for port in (53, 5353) for protocol in ("UDP", "TCP")
        }


def led(path: str) -> tuple[str, str] | None:
    """Return where OpenShift's Routes lead a path, and the path there: the longest prefix of whole steps."""
    found = {}
    for route in of_kind("openshift", "Route"):
        prefix, to = route["spec"]["path"].rstrip("/"), route["spec"]["to"]
        if path == prefix or path.startswith(f"{prefix}/"):
            target = route["metadata"]["annotations"].get("haproxy.router.openshift.io/rewrite-target")
            at = path if target is None else target + path.removeprefix(prefix)
            found[len(prefix)] = None if to.get("weight") == 0 else (to["name"], at)
    return found[max(found)]


def test_routes_lead_where_those_of_the_gateway_do() -> None:
    asked = 0
    for rule in (rule for one in of_kind("production", "HTTPRoute") for rule in one["spec"]["rules"]):
        for match in (one["path"] for one in rule["matches"]):
            for path in (
                (match["value"], f"{match['value']}/one")
                if match["type"] == "PathPrefix"
                else (match["value"],)
            ):
                at = path
                for to in (one["urlRewrite"] for one in rule.get("filters", ()) if "urlRewrite" in one):
                    at = to["path"]["replacePrefixMatch"] + path.removeprefix(match["value"])
                assert led(path) == (rule["backendRefs"][0]["name"], at)
                asked += 1
    assert asked > 80


def test_whatever_is_below_a_path_is_told_so() -> None:
    for rule in (rule for one in of_kind("production", "HTTPRoute") for rule in one["spec"]["rules"]):
        told = {header["value"] for one in rule.get("filters", ()) for header in _set_by(one)}
        assert told == {_below(match["path"]["value"]) for match in rule["matches"]} - {None}
    for route in of_kind("openshift", "Route"):
        actions = route["spec"].get("httpHeaders", {}).get("actions", {}).get("request", ())
        assert {one["name"] for one in actions} <= {"X-Forwarded-Prefix"}
        assert [one["action"]["set"]["value"] for one in actions] == [
            below for below in [_below(route["spec"]["path"])] if below is not None
        ]


def _set_by(filtered: Manifest) -> list[Manifest]:
    found: list[Manifest] = filtered.get("requestHeaderModifier", {}).get("set", [])
    assert {one["name"] for one in found} <= {"X-Forwarded-Prefix"}
    return found


def _below(path: str) -> str | None:
    found = re.match(r"/api/\w+(?=/)", path)
    return found and found[0]


def test_routes_publish_no_more_than_the_desk_and_nothing_that_tells_of_it() -> None:
    for path in INSIDE:
        assert led(path) is None, path
        for service in SERVICES:
            assert led(f"/api/{service}{path}") in {None, ("desk", f"/api/{service}{path}")}, path
    gateway = {
        match["path"]["value"]
        for one in of_kind("production", "HTTPRoute")
        for rule in one["spec"]["rules"]
        for match in rule["matches"]
    }
    routes = {one["spec"]["path"] for one in of_kind("openshift", "Route")}
    assert routes - gateway == {*INSIDE}


def test_routes_are_encrypted_and_the_stream_of_alerts_is_not_cut_off() -> None:
    known = {(one["kind"], one["metadata"]["name"]) for one in rendered("openshift")}
    for route in of_kind("openshift", "Route"):
        spec = route["spec"]
        assert spec["tls"] == {"termination": "edge", "insecureEdgeTerminationPolicy": "Redirect"}
        assert spec["host"] == "opdrachten.example.org"
        assert ("Service", spec["to"]["name"]) in known
        if spec["to"].get("weight") != 0:
            timeout = route["metadata"]["annotations"]["haproxy.router.openshift.io/timeout"]
            assert timeout == ("24h" if spec["path"] == "/alerts" else "60s")


@pytest.mark.parametrize("overlay", ["minimal", "production"])
def test_every_pod_pulls_with_the_secret_of_the_registry(overlay: str, tmp_path: Path) -> None:
    manifests = with_components(tmp_path, overlay, "pull-secret")
    pods = dict(pods_of(manifests))
    assert pods.keys() > {*SERVICES, "operator", "profiles-migration"}
    assert ("topics" in pods) == (overlay == "minimal")
    for name, pod in pods.items():
        assert pod["imagePullSecrets"] == [{"name": "registry"}], name
    for cluster in (one for one in manifests if one["kind"] == "Cluster"):
        assert cluster["spec"]["imagePullSecrets"] == [{"name": "registry"}]


def test_an_overlay_without_a_namespace_has_all_else(tmp_path: Path) -> None:
    kept = with_components(tmp_path, "minimal", "given-namespace")
    assert {(one["kind"], one["metadata"]["name"]) for one in kept} == {
        (one["kind"], one["metadata"]["name"]) for one in rendered("minimal") if one["kind"] != "Namespace"
    }
    assert {one["metadata"]["namespace"] for one in kept} == {"given"}


@pytest.mark.parametrize("overlay", ["minimal", "openshift"])
def test_whatever_speaks_tls_trusts_the_authorities_that_are_brought(overlay: str, tmp_path: Path) -> None:
    manifests = with_components(tmp_path, overlay, "authorities")
    pods = dict(pods_of(manifests))
    assert pods.keys() > {*SERVICES, "operator", "profiles-migration"}
    for name, pod in pods.items():
        (container,) = pod["containers"]
        mounted = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
        (volume,) = [one for one in pod["volumes"] if one["name"] == "authorities"]
        (item,) = volume["configMap"]["items"]
        bundle = f"{mounted['authorities']}/{item['path']}"
        given = given_by(container, manifests)
        assert (given["SSL_CERT_FILE"], given["REQUESTS_CA_BUNDLE"]) == (bundle, bundle), name


def given_by(container: Manifest, manifests: Sequence[Manifest]) -> dict[str, str]:
    """Return the settings that a container has of ConfigMaps that are rendered."""
    configs = {one["metadata"]["name"]: one["data"] for one in manifests if one["kind"] == "ConfigMap"}
    found: dict[str, str] = {}
    for source in container["envFrom"]:
        found |= configs.get(source.get("configMapRef", {}).get("name"), {})
    return found


def test_a_proxy_is_used_by_the_services_alone_and_reached_by_them(tmp_path: Path) -> None:
    manifests = with_components(tmp_path, "production", "proxy")
    for name, pod in pods_of(manifests):
        (container,) = pod["containers"]
        given = given_by(container, manifests)
        assert ("HTTPS_PROXY" in given) == (name in SERVICES), name
        if name in SERVICES:
            assert "HTTP_PROXY" not in given  # pods call each other by http
            assert {*SERVICES} < {*given["NO_PROXY"].split(",")}
    (policy,) = [one for one in manifests if one["metadata"]["name"] == "to-proxy"]
    assert policy["spec"]["podSelector"]["matchLabels"] == {"app.kubernetes.io/component": "server"}


def test_a_slow_load_balancer_is_waited_for_by_one_component(tmp_path: Path) -> None:
    seen = set()
    for one in with_components(tmp_path, "minimal", "slow-load-balancer"):
        if one["kind"] == "Deployment" and one["metadata"]["name"] in SERVICES:
            pod = one["spec"]["template"]["spec"]
            (container,) = pod["containers"]
            slept = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert slept == 60
            assert pod["terminationGracePeriodSeconds"] > slept + STOP_SECONDS + BATCH_SECONDS
            assert "readinessProbe" in container  # the rest of the container is as it was
            kubernetes_validate.validate(one, KUBERNETES, strict=True)
            seen.add(one["metadata"]["name"])
    assert seen == {*SERVICES}


def test_the_document_says_where_each_command_is_run_and_has_each_component() -> None:
    text = (DEPLOY.parents[1] / "docs/operations/deploy.md").read_text()
    section = text.partition("## Who may do what on Kafka")[2].partition("\n## ")[0]
    commands = get_command(app)
    assert isinstance(commands, TyperGroup)
    for name, command in commands.commands.items():
        for part in command.commands if isinstance(command, TyperGroup) else [name]:
            assert re.search(rf"`[^`]*\b{part}\b[^`]*`", section), (name, part)
    components = {folder.name for folder in (DEPLOY / "components").iterdir()}
    brought = {"cloudnative-pg", "external-secrets", "ingress", "keda", "monitoring", "probe", "strimzi"}
    table = text.partition("## Clusters of others")[2].partition("\n\n**")[0]
    assert {*re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)} == components - brought
