"""The manifests of each overlay, as `kustomize build` makes them."""

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from support.production import ERASURES, OFFSETS, OPERATOR, REPLAY

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy/kubernetes"
OVERLAYS = ["minimal", "staging", "production", "openshift"]
PUBLISHED = ["staging", "production"]  # by the Gateway API
OPERATORS = {OPERATOR, REPLAY, OFFSETS, ERASURES}
Manifest = dict[str, Any]


def built(folder: Path) -> tuple[Manifest, ...]:
    kustomize = [str(ROOT / ".tools/kustomize"), "build", str(folder)]
    done = subprocess.run(kustomize, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return tuple(yaml.safe_load_all(done.stdout))


@cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    return built(DEPLOY / "overlays" / overlay)


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    return [one for one in rendered(overlay) if one["kind"] in kinds]


def pods(overlay: str) -> list[tuple[str, Manifest]]:
    """Return the pods of our own workloads: name and pod specification."""
    workloads = of_kind(overlay, "Deployment", "Job", "CronJob")
    return [(one["metadata"]["name"], template(one)["spec"]) for one in workloads]


def template(workload: Manifest) -> Manifest:
    """Return the template of a workload's pods."""
    spec = workload["spec"]
    found: Manifest = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]
    return found


def reached(overlay: str, labels: dict[str, str]) -> set[tuple[int, str]]:
    """Return what pods with these labels may reach: ports, each with its destination as JSON."""
    rules = [
        rule
        for policy in of_kind(overlay, "NetworkPolicy")
        if "Egress" in policy["spec"]["policyTypes"] and _selects(policy["spec"]["podSelector"], labels)
        for rule in policy["spec"].get("egress", ())
    ]
    return {
        (port["port"], json.dumps(to))
        for rule in rules
        for port in rule.get("ports", ())
        for to in rule["to"]
    }


def _selects(selector: Manifest, labels: dict[str, str]) -> bool:
    assert all(one["operator"] == "In" for one in selector.get("matchExpressions", ()))
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", ())
    )
