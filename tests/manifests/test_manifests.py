"""What is deployed, held against what we know: schemas, the topics table, settings, what must never be."""

import json
import os
import re
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml
from assignments.settings import AssignmentsSettings
from chassis.delivery.dead_letters import OPERATOR_GROUP
from chassis.service import STOP_SECONDS
from chassis.settings import MigrationSettings, Settings
from contracts.topics import (
    MIN_IN_SYNC,
    PARTITIONS,
    PROFILES,
    REPLICATION,
    TOPICS,
    broker_topics,
    dead_topic,
)
from contracts.vocabulary import Role
from desk.settings import DeskSettings
from fastapi.routing import iter_route_contexts
from matching.settings import MatchingSettings
from notifications.settings import NotificationsSettings
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS as EXAMPLES
from support.openapi import apps
from support.production import rights_of
from support.rendered import (
    DEPLOY,
    OPERATORS,
    OVERLAYS,
    PUBLISHED,
    ROOT,
    Manifest,
    built,
    of_kind,
    pods,
    rendered,
)

SCHEMAS = Path(__file__).parent / "schemas"
KUBERNETES = "1.34"
SETTINGS: dict[str, type[Settings]] = {
    "profiles": ProfilesSettings,
    "assignments": AssignmentsSettings,
    "matching": MatchingSettings,
    "notifications": NotificationsSettings,
    "desk": DeskSettings,
}
# What the Secrets hold that are brought along: the table of docs/operations/deploy.md.
MIGRATING = {f"{service}-migration": {"DATABASE_URL", "DATABASE_ROLE"} for service in SETTINGS}
BROUGHT = MIGRATING | {
    "platform": {"KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SECURITY_PROTOCOL"},
    "profiles": {"DATABASE_URL"},
    "assignments": {"DATABASE_URL"},
    "matching": {"DATABASE_URL"},
    "notifications": {"DATABASE_URL", "SMTP_URL", "LINK_SECRET"},
    "desk": {"DATABASE_URL", "OIDC_CLIENT_SECRET", "SESSION_SECRET", "PROFESSIONALS_KEY_FILE"},
}
VALUES = EXAMPLES | {"database_role": "service"}
# Kinds of Kubernetes itself; the others belong to operators.
BUILT_IN = {"v1", "apps/v1", "batch/v1", "policy/v1", "networking.k8s.io/v1"}
BATCH_SECONDS = 10  # graceful_timeout in chassis/kafka/broker.py


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_manifest_is_what_kubernetes_knows(overlay: str) -> None:
    checked = 0
    for manifest in rendered(overlay):
        if manifest["apiVersion"] in BUILT_IN:
            kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
            checked += 1
    assert checked > 25


def test_what_operators_read_is_what_their_schemas_know() -> None:
    schemas = {path.stem: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    unknown, seen = set(), set()
    for manifest in (one for overlay in OVERLAYS for one in rendered(overlay)):
        if schema := schemas.get(manifest["kind"]):
            assert manifest["apiVersion"] == schema["apiVersion"]
            jsonschema.validate(manifest, schema)
            seen.add(manifest["kind"])
        elif manifest["apiVersion"] not in BUILT_IN:
            unknown.add(manifest["apiVersion"])
    assert seen == set(schemas)
    assert unknown == set()


def test_a_failover_takes_no_commit_back_and_commits_wait_for_nobody_who_is_not_there() -> None:
    (cluster,) = [one["spec"] for one in of_kind("production", "Cluster")]
    assert cluster["postgresql"]["synchronous"] == {
        "method": "any",
        "number": 1,
        "dataDurability": "required",
        "failoverQuorum": True,
    }
    assert cluster["instances"] >= 3  # with one gone, writes go on
    (small,) = [one["spec"] for one in of_kind("staging", "Cluster")]
    assert (small["instances"], "synchronous" in small["postgresql"]) == (1, False)


def test_any_moment_of_thirty_days_can_be_restored() -> None:
    places = set()
    for overlay in ("staging", "production"):
        (cluster,), (store,) = of_kind(overlay, "Cluster"), of_kind(overlay, "ObjectStore")
        (archiver,) = [plugin for plugin in cluster["spec"]["plugins"] if plugin["isWALArchiver"]]
        assert archiver["parameters"] == {"barmanObjectName": store["metadata"]["name"]}
        assert store["spec"]["retentionPolicy"] == "30d"
        (backup,) = [one["spec"] for one in of_kind(overlay, "ScheduledBackup")]
        assert (backup["method"], backup["pluginConfiguration"]["name"]) == ("plugin", archiver["name"])
        places.add(store["spec"]["configuration"]["destinationPath"])
    assert len(places) == 2  # an archive has one owner


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_secret_is_in_the_repository(overlay: str) -> None:
    assert of_kind(overlay, "Secret") == []
    for config in of_kind(overlay, "ConfigMap"):
        assert not {
            name for name in config["data"] if "PASSWORD" in name or "SECRET" in name or "KEY" in name
        }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_pod_is_as_restricted_as_can_be(overlay: str) -> None:
    for name, pod in pods(overlay):
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        if overlay != "openshift":  # which gives each project users of its own
            assert pod["securityContext"]["runAsUser"] >= 10000, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for container in pod["containers"]:
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert {"cpu", "memory"} <= container["resources"]["requests"].keys(), name
            assert "memory" in container["resources"]["limits"], name
            assert container["imagePullPolicy"] == "IfNotPresent", name


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_is_whole(overlay: str) -> None:
    known = {(one["kind"], one["metadata"]["name"]): one for one in rendered(overlay)}
    for service in SETTINGS:
        assert ("ServiceAccount", service) in known
        assert ("Job", f"{service}-migration") in known
        deployment = known["Deployment", service]["spec"]
        (container,) = deployment["template"]["spec"]["containers"]
        assert {"startupProbe", "readinessProbe", "livenessProbe"} <= container.keys()
        drain = container["lifecycle"]["preStop"]["sleep"]["seconds"] + STOP_SECONDS + BATCH_SECONDS
        assert deployment["template"]["spec"]["terminationGracePeriodSeconds"] > drain
        labels = deployment["selector"]["matchLabels"]
        assert known["Service", service]["spec"]["selector"] == labels
        budget = known["PodDisruptionBudget", service]["spec"]
        assert (budget["selector"]["matchLabels"], budget["maxUnavailable"]) == (labels, 1)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_readers_are_upgraded_before_those_who_write_to_them(overlay: str) -> None:
    waves = {
        one["metadata"]["name"]: int(one["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"])
        for one in of_kind(overlay, "Deployment")
        if one["metadata"]["name"] in SETTINGS
    }
    assert waves.keys() == SETTINGS.keys()
    for topic in TOPICS:
        # what notifications writes goes back to the others too, and waits for them
        if topic.is_shared:
            continue  # a reader that is new reads it from its beginning
        readers = {"desk"} if topic.producers == ("notifications",) else {*topic.consumers}
        if topic is PROFILES:  # of whose events assignments keeps the ids alone, whatever else is in them
            readers.remove("assignments")
        assert all(waves[reader] < waves[producer] for reader in readers for producer in topic.producers)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_there_are_two_replicas_and_never_more_than_partitions(overlay: str) -> None:
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in of_kind(overlay, "ScaledObject")}
    for deployment in of_kind(overlay, "Deployment"):
        if deployment["metadata"]["name"] in OPERATORS:
            assert deployment["spec"]["replicas"] == 0
            continue
        scaler = scaled.get(deployment["metadata"]["name"])
        if scaler is None:
            assert 2 <= deployment["spec"]["replicas"] <= PARTITIONS
        else:
            assert "replicas" not in deployment["spec"]
            assert 2 == scaler["minReplicaCount"] <= scaler["maxReplicaCount"] <= PARTITIONS
            for trigger in (one for one in scaler["triggers"] if one["type"] != "cpu"):
                name, topic = trigger["metadata"]["consumerGroup"], trigger["metadata"]["topic"]
                (known,) = [one for one in TOPICS if one.name == topic]
                assert name in known.consumers


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_with_the_settings_that_are_given_every_service_starts_and_none_may_be_insecure(overlay: str) -> None:
    configs = {one["metadata"]["name"]: one["data"] for one in of_kind(overlay, "ConfigMap")}
    workloads = of_kind(overlay, "Deployment", "Job")
    for workload in workloads:
        service = workload["metadata"]["labels"].get("app.kubernetes.io/name")
        if service not in SETTINGS:
            continue
        (container,) = workload["spec"]["template"]["spec"]["containers"]
        given = {one["name"]: one.get("value", "of a Secret") for one in container.get("env", [])}
        for source in container["envFrom"]:
            if "configMapRef" in source:
                given |= configs[source["configMapRef"]["name"]]
            else:
                given |= {name: VALUES[name.lower()] for name in BROUGHT[source["secretRef"]["name"]]}
        given["DATABASE_URL"] = EXAMPLES["database_url"]
        assert "ALLOW_INSECURE" not in given
        reads = SETTINGS[service] if workload["kind"] == "Deployment" else MigrationSettings
        settings = reads(**{name.lower(): value for name, value in given.items()})
        if isinstance(settings, Settings):
            assert {port["name"]: port["containerPort"] for port in container["ports"]} == {
                "http": settings.http_port,
                "metrics": settings.metrics_port,
            }
            assert settings.docs_role is Role.OPERATOR
        else:
            assert settings.database_role


def test_the_walk_says_what_the_secrets_hold() -> None:
    text = (ROOT / "docs/operations/deploy.md").read_text()
    for secret, names in BROUGHT.items():
        for name in names | {f"`{secret}`"}:
            assert name in text


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_desk_alone_may_call_the_services_and_is_called_from_outside_alone(overlay: str) -> None:
    known = {(one["kind"], one["metadata"]["name"]): one for one in rendered(overlay)}
    for service in SETTINGS:
        labels = known["Deployment", service]["spec"]["template"]["metadata"]["labels"]
        assert (labels.get("opdrachten/may-call") == "true") == (service == "desk")
    (keys,) = known["NetworkPolicy", "to-keys"]["spec"]["egress"]
    (to,) = keys["to"]
    assert to["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "desk"
    (calls,) = known["NetworkPolicy", "desk-calls"]["spec"]["egress"]
    (named,) = [one for rule in calls["to"] for one in rule["podSelector"]["matchExpressions"]]
    assert (named["operator"], {*named["values"]}) == ("In", SETTINGS.keys() - {"desk"})
    assert calls["ports"] == [{"port": 8000}]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_service_finds_the_desks_keys_under_the_issuer_that_it_is(overlay: str) -> None:
    known = {(one["kind"], one["metadata"]["name"]): one for one in rendered(overlay)}
    (settings,) = [
        one["data"]
        for one in of_kind(overlay, "ConfigMap")
        if one["metadata"]["name"].startswith("settings-")
    ]
    assert settings["PROFESSIONALS_ISSUER"] == settings["DESK_URL"]
    assert settings["PROFESSIONALS_JWKS_URL"] == "http://desk/.well-known/jwks.json"
    assert known["Service", "desk"]["spec"]["ports"][0]["port"] == 80


def test_a_provider_on_another_port_is_let_through_as_the_document_says(tmp_path: Path) -> None:
    document = (ROOT / "docs/operations/sign-in.md").read_text()
    (patches,) = re.findall(r"```yaml\n(patches:.*?)```", document, re.DOTALL)
    overlay = os.path.relpath(DEPLOY / "overlays/minimal", tmp_path)
    (tmp_path / "kustomization.yaml").write_text(f"resources: [{overlay}]\n{patches}")
    known = {(one["kind"], one["metadata"]["name"]): one for one in built(tmp_path)}
    policy = known["NetworkPolicy", "to-issuer"]
    kubernetes_validate.validate(policy, KUBERNETES, strict=True)
    (rule,) = policy["spec"]["egress"]
    assert rule["ports"] == [{"port": 443}, {"port": 8443}]
    assert rule["to"] == [{"ipBlock": {"cidr": "203.0.113.7/32"}}]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_desk_finds_the_services_at_the_addresses_that_they_have(overlay: str) -> None:
    known = {(one["kind"], one["metadata"]["name"]): one for one in rendered(overlay)}
    (settings,) = [
        one["data"]
        for one in of_kind(overlay, "ConfigMap")
        if one["metadata"]["name"].startswith("settings-")
    ]
    for service in SETTINGS.keys() - {"desk"}:
        assert settings[f"{service.upper()}_URL"] == f"http://{service}"
        assert known["Service", service]["spec"]["ports"][0]["port"] == 80
    assert settings["DESK_URL"] == settings["PUBLIC_URL"]  # one host, by the route


INSIDE = {"/livez", "/readyz", "/metrics", "/docs", "/openapi.json"}
OF_SERVICES = {  # between the desk and the others
    "notifications": {f"/{one}-links{then}" for one in ("sign-in", "address") for then in ("", "/redeem")},
    "desk": {"/.well-known/jwks.json"},
}
MOVED = {"/", "/alerts", "/alerts/history"}  # of notifications, where the desk is now


@pytest.mark.parametrize("overlay", PUBLISHED)
@pytest.mark.parametrize("service", SETTINGS)
def test_every_path_of_a_service_is_public_but_those_that_tell_of_the_service(
    overlay: str, service: str
) -> None:
    paths = {route.path or "/" for route in iter_route_contexts(apps()[service].routes)}
    assert paths > INSIDE
    inside = INSIDE | OF_SERVICES.get(service, set())
    for path in paths - inside - {"/docs/assets"} - (MOVED if service == "notifications" else set()):
        public = [path] if service in {"desk", "notifications"} else []
        public.append(f"/api/{service}{path}")
        assert (service, path) in {_backend(overlay, one) for one in public}, path
    for path in inside:
        for public_path in (path, f"{path}/", f"/api/{service}{path}", f"/api/{service}{path}/assets/x"):
            assert _backend(overlay, public_path) is None, public_path
    for base in (f"/api/{service}", f"/api/{service}/", "/api"):
        assert _backend(overlay, base) is None


@pytest.mark.parametrize("overlay", PUBLISHED)
@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/", "desk"),
        ("/mails", "desk"),
        ("/mijn/profiel", "desk"),
        ("/alerts", "desk"),
        ("/m/token", "notifications"),
        ("/static/style.css", "notifications"),
    ],
)
def test_one_host_leads_to_the_desk_and_to_the_pages_of_mails(overlay: str, path: str, service: str) -> None:
    assert _backend(overlay, path) == (service, path)


def _rules(overlay: str) -> list[Manifest]:
    return [rule for route in of_kind(overlay, "HTTPRoute") for rule in route["spec"]["rules"]]


def _backend(overlay: str, path: str) -> tuple[str, str] | None:
    """Return where the routes lead a path, and the path there: an exact match first, then the longest prefix
    of whole steps."""
    found = {}
    for rule in _rules(overlay):
        for match in (one["path"] for one in rule["matches"]):
            prefix = match["value"].rstrip("/")
            if path == match["value"] or (match["type"] == "PathPrefix" and path.startswith(f"{prefix}/")):
                at = path
                for rewrite in (
                    one["urlRewrite"]["path"] for one in rule.get("filters", ()) if "urlRewrite" in one
                ):
                    at = rewrite["replacePrefixMatch"] + path.removeprefix(prefix)
                found[match["type"] == "Exact", len(prefix)] = rule["backendRefs"][0]["name"], at
    return found[max(found)] if found else None


def test_the_stream_of_alerts_is_not_cut_off_and_everything_else_is() -> None:
    for rule in _rules("production"):
        is_stream = rule["matches"][0]["path"]["value"] == "/alerts"
        endless = {"request": "0s", "backendRequest": "0s"}
        assert rule["timeouts"] == (endless if is_stream else {"request": "60s"})


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_requests_are_limited_on_kubernetes_and_the_desk_is_known_by_its_pods(overlay: str) -> None:
    settings = next(
        one["data"]
        for one in of_kind(overlay, "ConfigMap")
        if one["metadata"]["name"].startswith("settings-")
    )
    limits = [settings[f"RATE_LIMIT_{of}"] for of in ("SUBJECT", "ADDRESS", "LINKS")]
    assert limits == ["50", "100", "30"]
    known = {(one["kind"], one["metadata"]["name"]): one for one in rendered(overlay)}
    pods_of_the_desk = known["Service", settings["RATE_LIMIT_EXEMPT"]]["spec"]
    assert pods_of_the_desk["clusterIP"] == "None"  # so that its name leads to the pods themselves
    assert pods_of_the_desk["publishNotReadyAddresses"] is True
    labels = known["Deployment", "desk"]["spec"]["selector"]["matchLabels"]
    assert pods_of_the_desk["selector"] == labels
    assert ("TRUSTED_PROXIES" in settings) == (overlay != "minimal")


def test_the_topics_are_those_of_the_topics_table() -> None:
    topics = {
        one["metadata"]["name"]: (one["spec"]["partitions"], one["spec"]["replicas"], one["spec"]["config"])
        for one in of_kind("production", "KafkaTopic")
    }
    wanted = {
        name: (
            topic.partitions,
            REPLICATION,
            {key: yaml.safe_load(value) for key, value in topic.config.items()},
        )
        for name, topic in broker_topics().items()
    }
    assert topics == wanted
    (kafka,) = of_kind("production", "Kafka")
    assert kafka["spec"]["kafka"]["config"]["min.insync.replicas"] == MIN_IN_SYNC


def test_the_rights_are_those_of_the_topics_table() -> None:
    users = {user["metadata"]["name"]: user for user in of_kind("production", "KafkaUser")}
    assert users.keys() == {*SETTINGS, *OPERATORS, "archive"}
    for task in OPERATORS:
        acls = users[task]["spec"]["authorization"]["acls"]
        assert {
            (acl["resource"]["type"], acl["resource"]["name"], operation)
            for acl in acls
            for operation in acl["operations"]
        } == {
            (kind.name.lower(), name, "".join(word.title() for word in operation.name.split("_")))
            for operation, kind, name in rights_of(task)
        }, task
        everywhere = [acl["operations"] for acl in acls if acl["resource"]["name"] == "*"]
        assert everywhere in ([], [["Describe", "DescribeConfigs"]])
    for service in SETTINGS:
        rights = {
            (acl["resource"]["type"], acl["resource"]["name"]): set(acl["operations"])
            for acl in users[service]["spec"]["authorization"]["acls"]
        }
        wanted = {("group", service): {"Read"}, ("group", OPERATOR_GROUP): {"Describe"}}
        for topic in TOPICS:
            operations = set()
            if service in topic.producers:
                operations |= {"Describe", "Write"} if topic.is_shared else {"Describe", "Read", "Write"}
            if service in topic.consumers:
                operations |= {"Describe", "Read"}
                wanted["topic", dead_topic(topic.name, service)] = {"Describe", "Write"}
            if operations:
                wanted["topic", topic.name] = operations
        assert rights == wanted, service
