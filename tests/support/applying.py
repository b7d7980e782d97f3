"""In which order Argo CD applies, and what an object names that must be there before."""

from collections.abc import Iterator, Sequence
from typing import Any

from support.rendered import Manifest

Named = tuple[str, str]  # a kind and a name
WAVE, HOOK = "argocd.argoproj.io/sync-wave", "argocd.argoproj.io/hook"
# Within a wave by kind (gitops-engine, pkg/sync/sync_tasks.go), as far as we have them; then by name.
KINDS = (
    *("Namespace", "NetworkPolicy", "PodDisruptionBudget", "ServiceAccount", "Secret", "ConfigMap"),
    *("Service", "Deployment", "Job", "CronJob"),
)
# Where an object names another: the field, and the kind of what it names.
FIELDS = {
    "configMapRef": "ConfigMap",
    "configMapKeyRef": "ConfigMap",
    "configMapTargetRef": "ConfigMap",
    "configMap": "ConfigMap",
    "secretRef": "Secret",
    "secretKeyRef": "Secret",
    "secretTargetRef": "Secret",
    "secretName": "Secret",
    "passwordSecret": "Secret",
    "accessKeyId": "Secret",
    "secretAccessKey": "Secret",
    "serviceAccountName": "ServiceAccount",
    "barmanObjectName": "ObjectStore",
    "cluster": "Cluster",
    "scaleTargetRef": "Deployment",
    "authenticationRef": "TriggerAuthentication",
    "backendRefs": "Service",
}
OF_KAFKA = "strimzi.io/cluster"  # a label


def wave(manifest: Manifest) -> int:
    """Return the wave of an object: 0 where it names none."""
    return int(manifest["metadata"].get("annotations", {}).get(WAVE, 0))


def in_order(manifests: Sequence[Manifest]) -> list[Manifest]:
    """Return objects in the order in which Argo CD applies them."""

    def place(one: Manifest) -> tuple[int, int, str, str]:
        kind = one["kind"]
        return wave(one), KINDS.index(kind) if kind in KINDS else len(KINDS), kind, one["metadata"]["name"]

    return sorted(manifests, key=place)


def gives(manifest: Manifest) -> set[Named]:
    """Return what is there once an object is healthy: itself, and what an operator makes of it."""
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    made = {
        "ExternalSecret": [name],
        "KafkaUser": [f"kafka-{name}"],
        "Kafka": [f"{name}-cluster-ca-cert"],
        "Cluster": [f"{name}-ca"],
    }
    return {(kind, name), *(("Secret", secret) for secret in made.get(kind, ()))}


def names(manifest: Manifest) -> set[Named]:
    """Return what an object names that it cannot be without; of itself nothing."""
    found = {*_named(manifest.get("spec", {}))}
    labels = manifest["metadata"].get("labels", {})
    if OF_KAFKA in labels and manifest["kind"] != "KafkaNodePool":  # the two need each other
        found.add(("Kafka", labels[OF_KAFKA]))
    if manifest["kind"] == "Route":
        found.add(("Service", manifest["spec"]["to"]["name"]))
    return found


def _named(content: Any) -> Iterator[Named]:
    if isinstance(content, list):
        for value in content:
            yield from _named(value)
    if not isinstance(content, dict):
        return
    for field, value in content.items():
        kind = FIELDS.get(field)
        for target in value if isinstance(value, list) else [value]:
            if kind and isinstance(target, str):
                if not content.get("optional"):
                    yield kind, target
            elif kind and isinstance(target, dict) and "name" in target and not target.get("optional"):
                yield kind, target["name"]
        yield from _named(value)
