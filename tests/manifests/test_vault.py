"""The table of what the vault holds: it is what is fetched, and what pods take of it, and nothing else."""

import os
import re
from pathlib import Path

import pytest
from chassis.settings import Settings
from desk.settings import DeskSettings
from notifications.settings import NotificationsSettings
from stack.layout import SERVICES
from support.openapi import SETTINGS as EXAMPLES
from support.production import migrator
from support.rendered import DEPLOY, PUBLISHED, ROOT, Manifest, built, of_kind, pods

PREFIXES = {"staging": "opdrachten-staging", "production": "opdrachten"}
WITH_A_SECRET_OF_ITS_OWN: dict[str, type[Settings]] = {
    "desk": DeskSettings,
    "notifications": NotificationsSettings,
}
OF_THE_BACKUPS = {"ACCESS_KEY_ID", "ACCESS_SECRET_KEY"}


def table() -> dict[str, set[str]]:
    """Return the table's keys, each with its properties."""
    text = (ROOT / "docs/operations/deploy.md").read_text().partition("### What the vault holds")[2]
    rows = [row.split(" | ") for row in re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)]
    return {
        key: set(re.findall(r"`([^`]+)`", properties))
        for keys, properties, *_ in rows
        for key in re.findall(r"`([^`]+)`", keys)
    }


def fetched(overlay: str) -> dict[str, str]:
    """Return the Secrets that are fetched, each with its key in the vault."""
    return {
        one["metadata"]["name"]: source["extract"]["key"]
        for one in of_kind(overlay, "ExternalSecret")
        for source in one["spec"]["dataFrom"]
    }


def taken(pod: Manifest) -> set[tuple[str, str | None, bool]]:
    """Return what a pod takes of Secrets: the name, the key (None: all), and whether it does without."""
    found: set[tuple[str, str | None, bool]] = set()
    for container in (*pod["containers"], *pod.get("initContainers", ())):
        for source in (one["secretRef"] for one in container.get("envFrom", ()) if "secretRef" in one):
            found.add((source["name"], None, source.get("optional", False)))
        for ref in (one.get("valueFrom", {}).get("secretKeyRef") for one in container.get("env", ())):
            if ref:
                found.add((ref["name"], ref["key"], ref.get("optional", False)))
    for secret in (volume["secret"] for volume in pod["volumes"] if "secret" in volume):
        found |= {
            (secret["secretName"], item["key"], secret.get("optional", False)) for item in secret["items"]
        }
    return found


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_what_is_fetched_is_what_the_table_says_under_a_prefix_of_each_environment(overlay: str) -> None:
    assert fetched(overlay) == {name: f"{PREFIXES[overlay]}/{name}" for name in table()}
    for one in of_kind(overlay, "ExternalSecret"):
        assert one["metadata"]["namespace"] == PREFIXES[overlay]


def test_no_environment_reads_the_secrets_of_another() -> None:
    staging, production = ({*fetched(overlay).values()} for overlay in PUBLISHED)
    assert staging.isdisjoint(production)


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_what_a_pod_cannot_do_without_is_fetched_or_made_by_an_operator(overlay: str) -> None:
    made = {(f"kafka-{one['metadata']['name']}", "password") for one in of_kind(overlay, "KafkaUser")}
    made |= {("opdrachten-cluster-ca-cert", "ca.crt"), ("postgres-ca", "ca.crt")}
    held, used = table(), set()
    for name, pod in pods(overlay):
        for secret, key, optional in taken(pod):
            if key is None and secret in held:
                used |= {(secret, one) for one in held[secret]}
            elif key is not None and key in held.get(secret, ()):
                used.add((secret, key))
            else:
                assert optional or (secret, key) in made, (name, secret, key)
    used |= {("postgres-backups", key) for key in OF_THE_BACKUPS}
    (cluster,), (store,) = of_kind(overlay, "Cluster"), of_kind(overlay, "ObjectStore")
    credentials = store["spec"]["configuration"]["s3Credentials"]
    assert {(one["name"], one["key"]) for one in credentials.values()} == {
        ("postgres-backups", key) for key in OF_THE_BACKUPS
    }
    for role in cluster["spec"]["managed"]["roles"]:
        assert held[role["passwordSecret"]["name"]] == {"username", "password"}
    assert used == {(secret, key) for secret, keys in held.items() for key in keys}  # nothing idles


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_with_what_the_vault_holds_a_service_starts(overlay: str) -> None:
    configs = {one["metadata"]["name"]: one["data"] for one in of_kind(overlay, "ConfigMap")}
    for name, pod in pods(overlay):
        if (reads := WITH_A_SECRET_OF_ITS_OWN.get(name)) is not None:
            (container,) = pod["containers"]
            given = {one["name"]: one.get("value", "of a Secret") for one in container["env"]}
            for source in container["envFrom"]:
                if "configMapRef" in source:
                    given |= configs[source["configMapRef"]["name"]]
                else:
                    properties = table()[source["secretRef"]["name"]]
                    given |= {one: EXAMPLES[one.lower()] for one in properties}
            reads(**{key.lower(): value for key, value in given.items()})


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_the_table_names_the_roles_as_the_database_server_has_them(overlay: str) -> None:
    (cluster,) = of_kind(overlay, "Cluster")
    secrets = {one["name"]: one["passwordSecret"]["name"] for one in cluster["spec"]["managed"]["roles"]}
    for service in SERVICES:
        assert secrets[service] == f"postgres-{service}"
        assert secrets[migrator(service)] == f"postgres-{service}-migrator"


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_a_value_that_changes_in_the_vault_restarts_who_has_it(overlay: str) -> None:
    for deployment in of_kind(overlay, "Deployment"):
        is_server = deployment["metadata"]["labels"].get("app.kubernetes.io/component") == "server"
        annotations = deployment["metadata"].get("annotations", {})
        assert (annotations.get("reloader.stakater.com/auto") == "true") == is_server


def test_another_user_of_kafka_is_let_in_as_the_document_says(tmp_path: Path) -> None:
    document = (ROOT / "docs/operations/upgrade.md").read_text()
    (added,) = re.findall(r"```yaml\n(  configMapGenerator:.*?)```", document, re.DOTALL)
    overlay = os.path.relpath(DEPLOY / "overlays/production", tmp_path)
    (tmp_path / "kustomization.yaml").write_text(
        f"namespace: opdrachten\nresources: [{overlay}]\n" + re.sub("^  ", "", added, flags=re.MULTILINE)
    )
    known = {(one["kind"], one["metadata"]["name"]): one for one in built(tmp_path)}
    (container,) = known["Deployment", "profiles"]["spec"]["template"]["spec"]["containers"]
    refs = {one["name"]: one["valueFrom"] for one in container["env"] if "KAFKA_SASL" in one["name"]}
    assert refs["KAFKA_SASL_PASSWORD"]["secretKeyRef"] == {"name": "kafka-profiles-2", "key": "password"}
    user = refs["KAFKA_SASL_USERNAME"]["configMapKeyRef"]
    assert known["ConfigMap", user["name"]]["data"][user["key"]] == "profiles-2"
    for name in ("matching", "notifications"):  # nobody looks where no ConfigMap is any more
        (ref,) = known["TriggerAuthentication", name]["spec"]["configMapTargetRef"]
        assert known["ConfigMap", ref["name"]]["data"][ref["key"]] == name
