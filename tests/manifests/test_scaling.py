"""The scalers as KEDA's own code takes them, and as what it asks of Kafka has it."""

import json
import subprocess
from base64 import b64encode
from copy import deepcopy
from typing import Any

import pytest
import trustme
import yaml
from support.rendered import PUBLISHED, ROOT, Manifest, of_kind, rendered

KEDA = ROOT / ".tools/keda"
READ_BY_KEDA = {"ConfigMap", "ScaledObject", "TriggerAuthentication"}


def manifests(overlay: str) -> list[Manifest]:
    """Return what KEDA reads, with the Secrets as Strimzi makes them."""
    users = [f"kafka-{one['metadata']['name']}" for one in of_kind(overlay, "KafkaUser")]
    secrets = {name: {"password": b"of Strimzi"} for name in users}
    secrets["opdrachten-cluster-ca-cert"] = {"ca.crt": trustme.CA().cert_pem.bytes()}
    namespace = of_kind(overlay, "ScaledObject")[0]["metadata"]["namespace"]
    made = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace},
            "data": {key: b64encode(value).decode() for key, value in data.items()},
        }
        for name, data in secrets.items()
    ]
    return deepcopy([*(one for one in rendered(overlay) if one["kind"] in READ_BY_KEDA), *made])


def keda(given: list[Manifest]) -> tuple[int, list[dict[str, Any]], str]:
    """Return the exit status of `tests/manifests/keda`, what it says of each trigger, and its complaint."""
    done = subprocess.run(
        [str(KEDA)], input=yaml.safe_dump_all(given), capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_keda_parses_every_trigger_with_the_user_that_strimzi_has(overlay: str) -> None:
    status, triggers, complaint = keda(manifests(overlay))
    assert (status, complaint) == (0, ""), triggers
    known = [(one["ScaledObject"], one["Trigger"], one["Username"]) for one in triggers]
    assert sorted(known) == [
        ("desk", "cpu", ""),
        ("matching", "kafka", "matching"),
        ("matching", "kafka", "matching"),
        ("notifications", "kafka", "notifications"),
    ]
    users = {one["metadata"]["name"] for one in of_kind(overlay, "KafkaUser")}
    (kafka,) = of_kind(overlay, "Kafka")
    name, namespace = kafka["metadata"]["name"], kafka["metadata"]["namespace"]
    (port,) = [one["port"] for one in kafka["spec"]["kafka"]["listeners"]]
    for one in triggers:
        if one["Trigger"] == "kafka":
            assert one["Username"] in users
            assert one["BootstrapServers"] == f"{name}-kafka-bootstrap.{namespace}.svc:{port}"


def test_keda_refuses_a_user_who_stands_in_the_trigger() -> None:
    given = manifests("production")
    for one in given:
        for trigger in one["spec"].get("triggers", ()) if one["kind"] == "ScaledObject" else ():
            trigger["metadata"]["username"] = "matching"
        if one["kind"] == "TriggerAuthentication":
            del one["spec"]["configMapTargetRef"]
    status, triggers, _ = keda(given)
    assert status == 1
    refused = {one["ScaledObject"] for one in triggers if "no username given" in one.get("Refused", "")}
    assert refused == {"matching", "notifications"}


def test_keda_refuses_a_field_that_it_does_not_know() -> None:
    (scaled,) = [one for one in of_kind("production", "ScaledObject") if one["metadata"]["name"] == "desk"]
    unknown = {**scaled, "spec": {**scaled["spec"], "minReplicas": 2}}
    status, _, complaint = keda([unknown])
    assert (status, "minReplicas" in complaint) == (1, True)


@pytest.mark.parametrize("overlay", PUBLISHED)
def test_lag_that_cannot_be_read_takes_no_replica_away(overlay: str) -> None:
    for one in of_kind(overlay, "ScaledObject"):
        spec = one["spec"]
        kafka = [trigger["metadata"] for trigger in spec["triggers"] if trigger["type"] == "kafka"]
        assert all(trigger["offsetResetPolicy"] == "earliest" for trigger in kafka)  # as consumers read
        if kafka:
            assert spec["fallback"]["replicas"] == spec["minReplicaCount"]
            assert spec["fallback"]["behavior"] == "currentReplicasIfHigher"
