"""Replicas lie in several zones and on several nodes, and nobody else decides which version runs."""

import re

import pytest
import yaml
from chassis.settings import Settings
from stack import kafka
from stack.layout import SERVICES
from support.own_connections import OWN_CONNECTIONS
from support.rendered import OVERLAYS, PUBLISHED, ROOT, of_kind

ZONE, NODE = "topology.kubernetes.io/zone", "kubernetes.io/hostname"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_replicas_of_a_service_spread_over_zones_and_nodes_and_start_where_there_is_one(overlay: str) -> None:
    seen = set()
    for one in of_kind(overlay, "Deployment"):
        name, template = one["metadata"]["name"], one["spec"]["template"]
        if name not in SERVICES:
            continue
        spread = {rule["topologyKey"]: rule for rule in template["spec"]["topologySpreadConstraints"]}
        assert spread.keys() == {ZONE, NODE}
        for rule in spread.values():
            assert rule["labelSelector"]["matchLabels"] == one["spec"]["selector"]["matchLabels"], name
            assert rule["whenUnsatisfiable"] == "ScheduleAnyway"
            assert rule["matchLabelKeys"] == ["pod-template-hash"]  # else the old ones count in a rollout
        seen.add(name)
    assert seen == {*SERVICES}


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_kafka_and_postgresql_have_a_copy_in_each_zone(overlay: str) -> None:
    (broker,) = of_kind(overlay, "Kafka")
    assert broker["spec"]["kafka"]["rack"] == {"topologyKey": ZONE}
    (cluster,) = of_kind(overlay, "Cluster")
    (rule,) = cluster["spec"]["topologySpreadConstraints"]
    assert rule["topologyKey"] == ZONE
    assert rule["labelSelector"]["matchLabels"] == {"cnpg.io/cluster": cluster["metadata"]["name"]}
    affinity = cluster["spec"]["affinity"]
    assert (affinity["podAntiAffinityType"], affinity["topologyKey"]) == ("preferred", NODE)


def test_kafka_is_of_the_version_that_is_tested_and_no_upgrade_of_its_operator_changes_that() -> None:
    (broker,) = of_kind("production", "Kafka")
    version = broker["spec"]["kafka"]["version"]
    assert kafka.KAFKA.endswith(f":{version}")
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
    assert compose["services"]["kafka"]["image"].startswith(f"apache/kafka:{version}@")
    metadata = broker["spec"]["kafka"]["metadataVersion"]
    assert re.fullmatch(r"\d+\.\d+-IV\d+", metadata)
    assert version.startswith(metadata.partition("-")[0] + ".")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_pod_of_a_deployment_is_a_static_member_of_its_group(overlay: str) -> None:
    """Its name ends with it: the group would wait 45 s in each rollout for one that never comes back."""
    for one in of_kind(overlay, "Deployment"):
        (container,) = one["spec"]["template"]["spec"]["containers"]
        names = {variable["name"] for variable in container["env"]}
        assert "KAFKA_GROUP_INSTANCE_ID" not in names
    for config in of_kind(overlay, "ConfigMap"):
        assert "KAFKA_GROUP_INSTANCE_ID" not in config["data"]


MIGRATING = 2  # chassis.database.require_sessions opens as many
RESERVED = 3  # superuser_reserved_connections


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_every_replica_gets_its_connections_and_the_document_counts_them(overlay: str) -> None:
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["maxReplicaCount"]
        for one in of_kind(overlay, "ScaledObject")
    }
    pool = Settings.model_fields["database_pool_size"].default
    counted = {}
    for one in of_kind(overlay, "Deployment"):
        name, spec = one["metadata"]["name"], one["spec"]
        if name in SERVICES:
            surge = spec["strategy"]["rollingUpdate"]["maxSurge"]
            replicas, each = scaled.get(name, spec.get("replicas")) + surge, pool + OWN_CONNECTIONS[name]
            counted[f"`{name}`"] = (each, replicas, each * replicas)
    migrations = len(of_kind(overlay, "Job"))
    counted["migrations"] = (MIGRATING, migrations, MIGRATING * migrations)
    text = (ROOT / "docs/operations/sizes.md").read_text()
    table = text.partition("| service | connections a replica |")[2].partition("\n\n")[0]
    row = re.compile(r"^\| (`\w+`|migrations)[^|]* \| (\d+) \| (\d+) \| (\d+) \|", re.MULTILINE)
    assert {name: tuple(map(int, numbers)) for name, *numbers in row.findall(table)} == counted
    together = sum(most for _, _, most in counted.values())
    assert f"| together | | | {together} |" in table
    (cluster,) = of_kind(overlay, "Cluster")
    assert together + RESERVED <= int(cluster["spec"]["postgresql"]["parameters"]["max_connections"])
