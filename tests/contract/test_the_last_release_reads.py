"""What this release writes is read by the last one, which runs beside it during an upgrade."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from support import last_release

SAMPLES = sorted((Path(__file__).parents[2] / "contracts" / "samples").glob("*.json"))

NEW = "of-a-newer-release"

# Releases that are out and make a dead letter at once of whatever they do not know. What this release writes
# is then nothing but what they know.
DEAD_AT_ONCE = {"7574e1a"}

# Written on nobody but whom a profiles service of this release, which reads them, asked whether they stay.
IN_ANSWER_TO_THIS_RELEASE = {"ContactConfirmed.v1", "ConfirmationLacking.v1"}

# Of nobody whom a matching of this release has known for less than a month: an upgrade is over by then.
A_MONTH_LATER = {"LeverFound.v1"}

# Of nothing but the probe's opdrachten, that closed a day ago or longer: an upgrade is over by then.
A_DAY_LATER = {"AssignmentErased.v1"}

# Runs in the last release: tells of each sample what it makes of it.
READER = """
import json, sys
from datetime import datetime, timezone
from contracts import envelope
from contracts.topics import TOPICS

topics = {topic.name: topic for topic in TOPICS}
waits = tuple(getattr(envelope, name) for name in ("Unfamiliar", "Doubled") if hasattr(envelope, name))
outcomes = {}
for path in sys.argv[1:]:
    with open(path) as file:
        sample = json.load(file)
    topic = topics.get(sample["topic"])
    value = None if sample["value"] is None else json.dumps(sample["value"]).encode()
    headers = [(name, text.encode()) for name, text in sample["headers"].items()]
    try:
        if topic is None or not topic.consumers:
            said = "read by nobody"
        else:
            envelope.decode(topic, sample["key"].encode(), value, headers, datetime.now(timezone.utc))
            said = "read"
    except waits:
        said = "waits"
    except ValueError as reason:
        said = "dead: " + str(reason)
    outcomes[path] = said
print(json.dumps(outcomes))
"""


def outcomes(program: Path, samples: Sequence[Path]) -> dict[str, str]:
    """Return what the release of a Python makes of some samples, by their files' names."""
    command = [str(program), "-c", READER, *map(str, samples)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {Path(path).name: said for path, said in json.loads(done.stdout).items()}


def test_the_last_release_makes_no_dead_letter_of_any_sample() -> None:
    found = outcomes(last_release.python(), SAMPLES)
    assert len(found) == len(SAMPLES)
    dead = {name.rsplit(".", 2)[0] for name, said in found.items() if said.startswith("dead")}
    assert dead <= IN_ANSWER_TO_THIS_RELEASE | A_MONTH_LATER | A_DAY_LATER
    assert "read" in found.values()


@pytest.fixture
def newer(tmp_path: Path) -> list[Path]:
    """What a release may write that knows more than the one that reads."""
    opened = json.loads((SAMPLES[0].parent / "AssignmentOpened.v1.1.json").read_text())
    samples = {
        "word": {**opened, "value": {**opened["value"], "urgency": NEW}},
        "wish": {**opened, "value": {**opened["value"], "dossiers": [NEW]}},
        "type": {**opened, "headers": {**opened["headers"], "ce_type": "AssignmentPraised.v1"}},
        "version": {**opened, "headers": {**opened["headers"], "ce_type": "AssignmentOpened.v2"}},
    }
    for name, sample in samples.items():
        (tmp_path / name).write_text(json.dumps(sample))
    return [tmp_path / name for name in samples]


WAITS = {"word": "waits", "wish": "read", "type": "waits", "version": "waits"}


def test_this_release_waits_for_what_it_does_not_know(newer: list[Path]) -> None:
    assert outcomes(Path(sys.executable), newer) == WAITS


def test_the_last_release_waits_for_what_it_does_not_know(newer: list[Path]) -> None:
    found = outcomes(last_release.python(), newer)
    if last_release.name() in DEAD_AT_ONCE:
        assert {said.partition(":")[0] for said in found.values()} == {"dead"}
    else:
        assert found == WAITS


def test_what_is_allowed_is_allowed_the_last_release_alone() -> None:
    assert {last_release.name()} >= DEAD_AT_ONCE, "the last release is another one now"
