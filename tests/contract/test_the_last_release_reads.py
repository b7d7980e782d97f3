"""What this release writes is read by the last one, which runs beside it during an upgrade."""

import json
import subprocess
from pathlib import Path

from support import last_release

SAMPLES = sorted((Path(__file__).parents[2] / "contracts" / "samples").glob("*.json"))

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


def test_the_last_release_makes_no_dead_letter_of_any_sample() -> None:
    command = [str(last_release.python()), "-c", READER, *map(str, SAMPLES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcomes = {Path(path).name: said for path, said in json.loads(done.stdout).items()}
    assert len(outcomes) == len(SAMPLES)
    assert {name: said for name, said in outcomes.items() if said.startswith("dead")} == {}
    assert "read" in outcomes.values()
