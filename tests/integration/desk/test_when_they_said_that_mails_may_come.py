"""The day on which somebody whom a recruiter enters said that mails may come: empty, they are asked first."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.events import ContactUpdated
from contracts.vocabulary import NoticeKind, NoticeOutcome
from desk.domain import consent
from desk.domain import profile_form as form
from desk.pages import profile, profile_form
from support.desks import Pair, a_contact, an_event, somebody, tell
from support.owned import Answering, desk_of
from words.nl import AMSTERDAM

from contracts import examples

FIELD, WAS = "/contact/confirmed_at", "/contact/confirmed_at/was"
TYPED = form.typed_of(examples.PROFILE)
TODAY = datetime.now(AMSTERDAM).date()
TO_COME = (TODAY + timedelta(days=30)).isoformat()  # also where midnight passes meanwhile
SAID = {"confirmed_at": "2026-05-01T22:30:00Z"}  # in Amsterdam the day after
NOTHING = "not named"


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, owners, profile_form.router, profile.router) as opened:
        yield opened


async def post(browser: httpx.AsyncClient, path: str, typed: Any) -> httpx.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await browser.post(path, content=urlencode(typed, doseq=True), headers=headers)


def of(**contact: Any) -> dict[str, Any]:
    return examples.PROFILE | {"contact": examples.PROFILE["contact"] | contact}


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("", None),
        ("2026-05-02", "2026-05-02T00:00:00+02:00"),
        (TODAY.isoformat(), datetime.combine(TODAY, datetime.min.time(), AMSTERDAM).isoformat()),
        (TO_COME, TO_COME),
        ("gisteren", "gisteren"),
    ],
)
async def test_somebody_new_is_asked_first_unless_the_day_is_filled_in(
    browser: httpx.AsyncClient, owners: Answering, typed: str, sent: str | None
) -> None:
    owners.tell("POST", "/profiles", {"profile_id": str(uuid4()), "version": 1}, 201)
    shown = (await browser.get("/mensen/nieuw")).text
    assert "Toestemming gegeven op" in shown
    assert f'name="{WAS}"' not in shown
    await post(browser, "/mensen/nieuw", {**TYPED, "key": str(uuid4()), FIELD: typed})
    (request,) = owners.asked
    assert json.loads(request.content)["contact"]["confirmed_at"] == sent


@pytest.mark.parametrize(
    ("contact", "typed", "sent"),
    [
        ({}, None, NOTHING),
        ({"confirmed_at": None}, None, NOTHING),
        (SAID, None, NOTHING),
        (SAID, "", None),
        ({}, "2026-05-02", "2026-05-02T00:00:00+02:00"),
        (SAID, TO_COME, TO_COME),
    ],
)
async def test_of_others_only_what_is_changed_is_sent(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering, contact: Any, typed: str | None, sent: Any
) -> None:
    profile_id = await somebody(pool, "Anna Test")
    path = f"/profiles/{profile_id}"
    owners.tell("GET", path, of(**contact), headers={"ETag": '"7"'})
    owners.tell("PATCH", path, {"profile_id": str(profile_id), "version": 8})
    page = (await browser.get(f"/mensen/{profile_id}/wijzigen")).text
    was = "2026-05-02" if contact == SAID else ""
    assert f'name="{WAS}" value="{was}"' in page
    said = was if typed is None else typed
    await post(browser, f"/mensen/{profile_id}/wijzigen", {**TYPED, "version": "7", FIELD: said, WAS: was})
    asked = [request for request in owners.asked if request.method == "PATCH"]
    assert json.loads(asked[0].content)["contact"].get("confirmed_at", NOTHING) == sent


async def test_what_is_wrong_stands_at_the_field(browser: httpx.AsyncClient, owners: Answering) -> None:
    errors = [{"pointer": FIELD, "detail": "must be a moment with zone"}]
    owners.tell("POST", "/profiles", {"status": 422, "errors": errors}, 422)
    page = await post(browser, "/mensen/nieuw", {**TYPED, "key": str(uuid4()), FIELD: TO_COME})
    assert page.status_code == 422
    assert "Vul een datum in van vandaag of eerder" in page.text
    assert f'href="#{FIELD}"' in page.text


async def test_a_conflict_shows_whether_somebody_else_filled_it_in(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    profile_id = await somebody(pool, "Anna Test")
    path = f"/profiles/{profile_id}"
    owners.tell("PATCH", path, {"status": 412}, 412)
    owners.tell("GET", path, of(**SAID), headers={"ETag": '"8"'})
    typed = {**TYPED, "version": "7", FIELD: "", WAS: ""}
    page = (await post(browser, f"/mensen/{profile_id}/wijzigen", typed)).text
    assert "Toestemming gegeven op" in page
    assert f'name="{WAS}" value="2026-05-02"' in page


def test_the_day_is_that_of_amsterdam_there_and_back() -> None:
    typed = consent.typed_of(of(**SAID))
    assert typed[consent.FIELD] == ["2026-05-02"]
    assert consent.named(typed, date(2026, 11, 26), is_new=False) == {}


ASKED = datetime(2026, 11, 3, 9, tzinfo=UTC)
ASKED_ON = "we hebben op dinsdag 3 november 2026 gevraagd of we opdrachten mogen mailen"


async def told_of_contact(pool: Pool, person: UUID, version: int, **contact: Any) -> None:
    whole = a_contact(person, version).model_dump(mode="json", exclude={"confirmed_at"}) | contact
    await tell(pool, [an_event(ContactUpdated.model_validate_json(json.dumps(whole)), ASKED)])


async def test_a_persons_page_says_whether_they_are_still_to_say_it_and_when_they_were_asked(
    pool: Pool, browser: httpx.AsyncClient
) -> None:
    person = await somebody(pool, "Nora Nieuw")
    page = f"/mensen/{person}"
    await told_of_contact(pool, person, 2)
    assert "Nog niet bevestigd" not in (await browser.get(page)).text
    await told_of_contact(pool, person, 3, confirmed_at=None)
    assert "die mail is nog niet aangekomen" in (await browser.get(page)).text
    question = (
        Pair(uuid4(), person)
        .settled(ASKED, NoticeOutcome.ACCEPTED)
        .model_copy(update={"kind": NoticeKind.CONSENT, "match_id": None, "assignment_id": None})
    )
    await tell(pool, [an_event(question, ASKED)])
    assert ASKED_ON in (await browser.get(page)).text
    await told_of_contact(pool, person, 4, confirmed_at="2026-11-04T10:00:00Z")
    assert "Nog niet bevestigd" not in (await browser.get(page)).text
