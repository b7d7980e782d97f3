"""kube-score on every overlay: nothing is critical but what is explained here."""

import json
import subprocess
from copy import deepcopy

import pytest
import yaml
from support.rendered import OVERLAYS, ROOT, Manifest, rendered

KUBE_SCORE = ROOT / ".tools/kube-score"
CRITICAL = 1
OF_OPERATORS = "the pods are made by an operator of Kafka or PostgreSQL, and are in no manifest"
# What is critical and stays: the check and the kind, which objects (None: all), and why.
ALLOWED: dict[tuple[str, str], tuple[set[str] | None, str]] = {
    ("container-image-pull-policy", kind): (
        None,
        "an image's digest or version never means another image, and a pod starts while the registry is away",
    )
    for kind in ("CronJob", "Deployment", "Job")
} | {
    ("networkpolicy-targets-pod", "NetworkPolicy"): (
        {"kafka", "kafka-to-control-plane", "postgres", "postgres-to-backups", "postgres-to-control-plane"},
        OF_OPERATORS,
    ),
}
# And of one overlay alone.
OF_AN_OVERLAY = {
    "openshift": {"container-security-context-user-group-id": "a project's range gives pods their user"},
}


def critical(manifests: tuple[Manifest, ...]) -> set[tuple[str, str, str]]:
    """Return what is critical: the check, and the object's kind and name."""
    # No limits of CPU: they slow down what could be faster, and protect nobody: each gets what it requests.
    command = [str(KUBE_SCORE), "score", "--ignore-container-cpu-limit", "--output-format", "json", "-"]
    given = yaml.safe_dump_all(manifests)
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=120)
    return {
        (scored["check"]["id"], one["type_meta"]["kind"], one["object_meta"]["name"])
        for one in json.loads(done.stdout)
        for scored in one["checks"] or ()
        if scored["grade"] == CRITICAL and not scored["skipped"]
    }


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_critical_but_what_is_explained(overlay: str) -> None:
    unexplained = set()
    for check, kind, name in critical(rendered(overlay)):
        if check in OF_AN_OVERLAY.get(overlay, ()):
            continue
        names, _why = ALLOWED.get((check, kind), (set(), ""))
        if names is not None and name not in names:
            unexplained.add((check, kind, name))
    assert unexplained == set()


def test_nothing_is_explained_that_is_not_there() -> None:
    found = {one for overlay in OVERLAYS for one in critical(rendered(overlay))}
    for (check, kind), (names, _why) in ALLOWED.items():
        seen = {name for one, of, name in found if (one, of) == (check, kind)}
        assert seen
        assert names is None or seen == names
    for overlay, checks in OF_AN_OVERLAY.items():
        assert checks.keys() <= {check for check, _, _ in critical(rendered(overlay))}


def test_storage_that_nobody_bounds_is_critical() -> None:
    manifests = deepcopy(rendered("minimal"))
    (desk,) = [one for one in manifests if (one["kind"], one["metadata"]["name"]) == ("Deployment", "desk")]
    (container,) = desk["spec"]["template"]["spec"]["containers"]
    del container["resources"]["limits"]["ephemeral-storage"]
    assert ("container-ephemeral-storage-request-and-limit", "Deployment", "desk") in critical(manifests)
