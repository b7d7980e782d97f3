"""A client's mail beside the form: what it fills in, which of its words are marked, and what is taken out."""

from datetime import date
from typing import Any

from contracts.values import Place
from desk.domain.form import typed
from desk.owners.api import Answer, Owner, Owners
from desk.pages.intake_mail import filled, finds, shown, without
from desk.reading import KnownPlace, read

MAIL = """Wij zoeken een senior communicatieadviseur voor 24 tot 28 uur per week.\r
Standplaats: Den Bosch, 2 dagen per week op locatie. Het tarief is maximaal € 95 per uur.
"""
PLACE: dict[str, Any] = {"name": "'s-Hertogenbosch", "latitude": 51.69917, "longitude": 5.30417}


class OnlyPlaces(Owners):
    """Owners that know one place, by its other name too."""

    def __init__(self) -> None:
        super().__init__({})

    async def ask(self, owner: Owner, method: str, path: str, **sent: Any) -> Answer:
        if "den bosch".startswith(str(sent["params"]["q"]).casefold()):
            return Answer(200, {"items": [PLACE], "found": ["Den Bosch"]})
        return Answer(200, {"items": [], "found": []})


async def test_a_mail_fills_what_is_as_it_was_and_leaves_what_somebody_typed() -> None:
    form = {"mail": [MAIL], "hours_max": ["36"], "positions": ["1"]}

    result, taken = await filled(OnlyPlaces(), "token", form, {"positions": ["1"]})

    assert (result["hours_min"], result["hours_max"]) == (["24"], ["36"])
    assert result["rate_max_cents"] == ["95"]
    assert result["place"] == ["'s-Hertogenbosch"]
    assert "hours_max" not in {one.field.name for one in taken}


async def test_the_words_that_led_to_a_field_are_marked_and_go_with_it() -> None:
    result, _ = await filled(OnlyPlaces(), "token", {"mail": [MAIL]}, {})

    mail = shown(result)
    assert mail is not None
    assert "95" in mail.quotes["rate_max_cents"]
    assert "".join(text for text, _ in mail.stretches) == MAIL.replace("\r\n", "\n")
    rest = without(result, "rate_max_cents")
    assert not rest["rate_max_cents"]
    left = shown(rest)
    assert left is not None
    assert "rate_max_cents" not in left.quotes
    assert rest["hours_min"] == ["24"]


def test_marks_that_somebody_made_up_are_no_marks() -> None:
    marks = ["title:0-99999", "nonsense:0-3", "title:3-1", "title:x-2", "hours_min:999999-999999"]
    mail = shown({"mail": ["Dag"], "gelezen": marks})

    assert mail is not None
    assert "".join(text for text, _ in mail.stretches) == "Dag"


def test_every_find_is_a_value_that_the_form_can_show() -> None:
    reading = read(MAIL, date(2026, 11, 26), [KnownPlace(Place(**PLACE), ("Den Bosch",))])

    found = list(finds(reading))

    assert {"hours_min", "hours_max", "level", "place", "onsite_days"} <= {one.field.name for one in found}
    assert typed({"place": PLACE})["place"] == [PLACE["name"]]
