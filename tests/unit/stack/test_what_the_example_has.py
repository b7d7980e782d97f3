"""What the running example has besides the published facts."""

import json
from importlib.resources import files
from typing import Any

from contracts.requests import Network
from contracts.vocabulary import Certificate, Specialism
from profiles.domain.training import Terms

DATA = files("stack") / "data"
BESIDES = json.loads((DATA / "besides.json").read_text())


def bodies(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def test_its_people_hold_every_specialism_together_and_some_of_them_may_be_found() -> None:
    people = bodies("professionals.ndjson")
    held = {one for person in people for one in person["facts"]["specialisms"]}
    added = [one for person in BESIDES["professionals"].values() for one in person["specialisms"]]
    assert held.isdisjoint(added)
    assert held | set(added) == set(Specialism)
    for number, person in BESIDES["professionals"].items():
        network = Network.model_validate_json(json.dumps(person["network"]))
        assert network.visible
        facts = people[int(number)]["facts"]
        assert set(network.offers) <= {*facts["specialisms"], *facts["dossiers"], *person["specialisms"]}


def test_some_opdrachten_ask_a_certificate_that_a_training_gives() -> None:
    trainings = [
        Terms.model_validate_json(json.dumps(one), extra="forbid")
        for one in json.loads((DATA / "trainings.json").read_text())
    ]
    assert len(trainings) == 12
    given = {one for training in trainings for one in training.gives.certificates}
    asked = {one for certificates in BESIDES["opdrachten"].values() for one in certificates}
    assert given == set(Certificate)
    assert asked
    assert asked <= given
    assert max(map(int, BESIDES["opdrachten"])) < len(bodies("opdrachten.ndjson"))
