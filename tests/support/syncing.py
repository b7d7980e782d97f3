"""The platform as Argo CD brings it to a cluster where each project has users of its own (OpenShift)."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import yaml

from support.applying import HOOK, in_order, wave
from support.cluster import (
    OVERLAY,
    Cluster,
    bring_what_is_brought,
    kubectl,
    settings_of_the_stack,
    start_client,
)
from support.production import emptied
from support.rendered import DEPLOY, Manifest

FOREIGN_USER = 1000680000  # of the range that OpenShift gives a project
OF_OPENSHIFT = "Route"  # a kind that this cluster does not know


@contextmanager
def synced_anew(cluster: Cluster, folder: Path) -> Iterator[Cluster]:
    """Bring the platform to an empty namespace, with empty databases and no topics."""
    kubectl("delete", "namespace", "opdrachten", "--ignore-not-found", seconds=180)
    emptied(cluster.production)
    bring_what_is_brought(cluster.production, cluster.layout)
    applied = sync(manifests(cluster, folder))
    start_client()
    yield Cluster(cluster.production, cluster.layout, cluster.caught, applied)


def manifests(cluster: Cluster, folder: Path, **settings: str) -> list[Manifest]:
    """Render `minimal` with what another's cluster asks for, and `settings` in place of its own."""

    def path(*parts: str) -> str:
        return os.path.relpath(DEPLOY.joinpath(*parts), folder)

    content = {
        "namespace": "opdrachten",
        "resources": [os.path.relpath(OVERLAY, folder)],
        "components": [path("components", name) for name in ("given-namespace", "openshift", "sync-waves")],
        "configMapGenerator": [
            {
                "name": "settings",
                "behavior": "merge",
                "literals": [f"{name}={value}" for name, value in settings.items()],
            }
        ],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(content))
    rendered = yaml.safe_load_all(settings_of_the_stack(cluster.production.address, folder))
    return [_admitted(one) for one in rendered if one["kind"] != OF_OPENSHIFT]


def _admitted(manifest: Manifest) -> Manifest:
    """Do what OpenShift's admission does with a pod that names no user."""
    if manifest["kind"] in {"Deployment", "Job"}:
        context = manifest["spec"]["template"]["spec"]["securityContext"]
        assert not {"runAsUser", "runAsGroup", "fsGroup"} & context.keys()
        context |= {"runAsUser": FOREIGN_USER, "fsGroup": FOREIGN_USER}
    return manifest


def sync(objects: Sequence[Manifest]) -> str:
    """Apply each object alone, each wave once the one before is healthy; return what was said."""
    said = ""
    for _, together in groupby(in_order(objects), key=wave):
        of_wave = list(together)
        for one in of_wave:
            if HOOK in one["metadata"].get("annotations", {}):  # BeforeHookCreation
                kubectl("delete", one["kind"], one["metadata"]["name"], "--ignore-not-found")
            said += kubectl("apply", "--filename=-", given=json.dumps(one))
        for one in of_wave:
            _await_health(one)
    return said


def _await_health(manifest: Manifest) -> None:
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if kind == "Deployment":
        kubectl("rollout", "status", f"deployment/{name}", "--timeout=180s", seconds=190)
    if kind == "Job":
        kubectl("wait", "--for=condition=Complete", f"job/{name}", "--timeout=180s", seconds=190)
