"""Whatever an object names is there before it, when Argo CD applies a wave at a time and waits."""

import re

import pytest
import yaml
from stack.layout import SERVICES
from support.applying import HOOK, gives, in_order, names, wave
from support.rendered import OPERATORS, OVERLAYS, ROOT, Manifest, of_kind, rendered

BY_HAND = {"platform", "professionals"}  # Secrets that `minimal` is brought, with those of services


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_an_object_names_is_applied_before_it(overlay: str) -> None:
    there = set()
    if overlay == "minimal":
        given = BY_HAND | {*SERVICES} | {f"{service}-migration" for service in SERVICES}
        there = {("Secret", name) for name in given}
    looked_up = 0
    for manifest in in_order(rendered(overlay)):
        missing = names(manifest) - there - gives(manifest)
        assert missing == set(), (manifest["kind"], manifest["metadata"]["name"])
        looked_up += len(names(manifest))
        there |= gives(manifest)
    assert looked_up > 40


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_what_must_work_before_pods_start_is_in_an_earlier_wave(overlay: str) -> None:
    """An object that is there is not ready yet: Argo CD waits for that between waves alone."""
    pods = _waves(overlay, "Deployment", "Job", "CronJob")
    settings = ("NetworkPolicy", "ServiceAccount", "ConfigMap", "ExternalSecret")
    brought = ("Kafka", "KafkaTopic", "KafkaUser", "Cluster", "Database", "ObjectStore")
    assert max(_waves(overlay, *settings, *brought)) < min(pods)
    assert max(_waves(overlay, "Job")) < min(_waves(overlay, "Deployment"))
    if overlay != "minimal":
        databases = _waves(overlay, "Kafka", "ObjectStore", "Cluster")
        assert max(_waves(overlay, "ExternalSecret")) < min(databases)
        assert max(_waves(overlay, "ObjectStore")) < min(_waves(overlay, "Cluster"))
        assert max(_waves(overlay, "Cluster")) < min(_waves(overlay, "Database", "ScheduledBackup"))
        assert max(_waves(overlay, "Kafka")) < min(_waves(overlay, "KafkaTopic", "KafkaUser"))
    for namespace in of_kind(overlay, "Namespace"):
        assert wave(namespace) < min(wave(one) for one in rendered(overlay) if one is not namespace)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_a_job_is_made_anew_with_each_sync_and_finds_what_the_sync_brought(overlay: str) -> None:
    """A Job cannot be changed, and one before the sync would find neither settings nor accounts."""
    jobs = of_kind(overlay, "Job")
    assert len(jobs) >= len(SERVICES)
    for job in jobs:
        annotations = job["metadata"]["annotations"]
        assert annotations[HOOK] == "Sync"
        assert annotations[f"{HOOK}-delete-policy"] == "BeforeHookCreation"
    assert not [one for one in rendered(overlay) if one["kind"] != "Job" and _annotation(one, HOOK)]


def _waves(overlay: str, *kinds: str) -> list[int]:
    return [wave(one) for one in of_kind(overlay, *kinds)]


def _annotation(manifest: Manifest, name: str) -> str | None:
    found: str | None = manifest["metadata"].get("annotations", {}).get(name)
    return found


def test_the_document_leaves_alone_the_replicas_that_whoever_is_on_call_sets() -> None:
    text = (ROOT / "docs/operations/deploy.md").read_text()
    (block,) = re.findall(r"```yaml\n(ignoreDifferences:.*?)```", text, re.DOTALL)
    content = yaml.safe_load(block)
    left = {(one["kind"], one["name"], *one["jsonPointers"]) for one in content["ignoreDifferences"]}
    assert left == {("Deployment", name, "/spec/replicas") for name in OPERATORS}
    assert content["syncPolicy"]["syncOptions"] == ["RespectIgnoreDifferences=true"]
