"""The table of places: who looks one up finds that one, under the name that it officially has."""

import csv
import json
from pathlib import Path

import assignments

ROOT = Path(__file__).parents[3]
ROWS = list(
    csv.DictReader((Path(assignments.__file__).parent / "places.csv").read_text("utf-8").splitlines())
)
NAMES = [row["name"] for row in ROWS]
OTHERS = {name: row["name"] for row in ROWS for name in row["also"].split(";") if name}


def test_each_name_leads_to_one_place() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert len(OTHERS) == sum(len(row["also"].split(";")) for row in ROWS if row["also"])
    assert not OTHERS.keys() & set(NAMES)


def test_names_in_english_and_spellings_that_are_none_are_no_place_s_own() -> None:
    assert not [name for name in NAMES if name.startswith(("t ", "s-", "The ")) or " gem " in name]
    assert OTHERS["The Hague"] == OTHERS["'s-Gravenhage"] == "Den Haag"
    assert OTHERS["Den Bosch"] == "'s-Hertogenbosch"


def test_in_fryslan_a_place_has_its_official_name_and_the_one_in_the_other_language() -> None:
    assert OTHERS["Bergum"] == "Burgum"
    assert OTHERS["Snits"] == "Sneek"
    assert OTHERS["Oosterend (Friesland)"] == "Easterein"


def test_the_example_names_places_as_they_are_called() -> None:
    data = ROOT / "deploy" / "local" / "src" / "stack" / "data"
    bodies = [json.loads(line) for path in data.glob("*.ndjson") for line in path.open(encoding="utf-8")]
    places = {body.get("facts", body)["place"]["name"] for body in bodies}
    assert places <= set(NAMES)
