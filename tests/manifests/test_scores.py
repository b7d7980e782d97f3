"""kube-score on every overlay: nothing critical but what is explained here."""

import json
import subprocess
from collections.abc import Iterator

import pytest
import yaml
from support.rendered import OVERLAYS, ROOT, rendered

KUBE_SCORE = ROOT / ".tools/kube-score"
CRITICAL = 1
# What a finding begins with, of which check, and why it stays.
ALLOWED = {
    (
        "container-image-pull-policy",
        "",
    ): "images have a digest or a version of their own, so what is there is the same;"
    " and a pod starts again while the registry is away",
}


def findings(overlay: str) -> Iterator[tuple[str, str, str, str]]:
    """Return what is critical: kind and name of the object, the check, and what it says."""
    # Without limits of CPU: a limit throttles a service that could have been faster, and protects nobody, since each
    # gets at least what it requests.
    command = [str(KUBE_SCORE), "score", "--ignore-container-cpu-limit", "--output-format", "json", "-"]
    manifests = yaml.safe_dump_all(rendered(overlay))
    done = subprocess.run(command, input=manifests, capture_output=True, text=True, check=False, timeout=120)
    for one in json.loads(done.stdout):
        for scored in one["checks"]:
            if scored["grade"] == CRITICAL and not scored["skipped"]:
                for comment in scored["comments"]:
                    name = f"{one['type_meta']['kind']} {one['object_meta']['name']}"
                    yield name, scored["check"]["id"], comment["path"], comment["summary"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_critical(overlay: str) -> None:
    assert sorted(findings(overlay)) == []
