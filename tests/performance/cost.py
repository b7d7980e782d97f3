"""What the manifests ask of a cluster by default, and what that costs at a price."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from generator.markdown import table
from support.rendered import of_kind

# Euros a month, as an example and no offer: put your provider's in.
A_PROCESSOR, A_GIB, A_GIB_OF_DISK = 25.0, 3.5, 0.1
UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "": 1}


@dataclass(frozen=True)
class Asked:
    """What a part asks for: processors, GiB of memory, GiB of disk, in all its pods together."""

    part: str
    pods: int
    processors: float
    memory: float
    disk: float = 0.0


def table_of(overlay: str) -> str:
    """Return what each part of an overlay requests, and the sums."""
    asked = [*_asked(overlay)]
    total = Asked(
        "**all**",
        sum(one.pods for one in asked),
        sum(one.processors for one in asked),
        sum(one.memory for one in asked),
        sum(one.disk for one in asked),
    )
    head = ("part", "pods", "processors", "memory", "disk", "a month, as an example")
    return table(head, (_row(one) for one in [*asked, total]))


def _row(one: Asked) -> list[str]:
    euros = one.processors * A_PROCESSOR + one.memory * A_GIB + one.disk * A_GIB_OF_DISK
    disk = f"{one.disk:.0f} GiB" if one.disk else ""
    return [one.part, str(one.pods), f"{one.processors:.1f}", f"{one.memory:.1f} GiB", disk, f"€ {euros:.0f}"]


def _asked(overlay: str) -> Iterator[Asked]:
    scaled = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"]["minReplicaCount"]
        for one in of_kind(overlay, "ScaledObject")
    }
    for one in of_kind(overlay, "Deployment"):
        name, spec = one["metadata"]["name"], one["spec"]
        pods = spec.get("replicas", scaled.get(name, 1))
        requests = [_requests(container) for container in spec["template"]["spec"]["containers"]]
        if pods:  # whoever is on call wakes the others
            yield _pods(name, pods, requests)
    for one in of_kind(overlay, "KafkaNodePool"):
        disk = sum(_bytes(volume["size"]) for volume in one["spec"]["storage"]["volumes"])
        yield _pods("Kafka", one["spec"]["replicas"], [_requests(one["spec"])], disk)
    for one in of_kind(overlay, "Cluster"):
        disk = _bytes(one["spec"]["storage"]["size"])
        yield _pods("PostgreSQL", one["spec"]["instances"], [_requests(one["spec"])], disk)


def _pods(part: str, pods: int, requests: list[tuple[float, float]], disk: float = 0) -> Asked:
    processors, memory = (sum(of) for of in zip(*requests, strict=True))
    return Asked(part, pods, pods * processors, pods * memory / 2**30, pods * disk / 2**30)


def _requests(holder: dict[str, Any]) -> tuple[float, float]:
    """Return processors and bytes."""
    requests = holder.get("resources", {}).get("requests", {})
    cpu = str(requests.get("cpu", "0"))
    processors = float(cpu.removesuffix("m")) / 1000 if cpu.endswith("m") else float(cpu)
    return processors, _bytes(requests.get("memory", "0"))


def _bytes(quantity: str) -> float:
    found = re.fullmatch(r"(\d+)(\D*)", quantity)
    assert found is not None, quantity
    return int(found[1]) * UNITS[found[2]]
