"""Recruiters place somebody, extend, and end it: each after a look at what is sent; nothing typed is lost."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import CheckIn, Decision, EndedReason, Role
from desk.domain.today import Need
from desk.pages import opdracht, overview, person, placement_changes, placements, placing, profile, today
from desk.store import notes
from desk.store import placements as store
from desk.store import today as waiting
from desk.store.notes import Note
from support.desks import Pair, a_checkin, a_placement, an_event, somebody_interested, tell
from support.forms import Form, forms
from support.owned import Answering, desk_of
from support.whole_desk import whole_desk
from uuid_utils.compat import uuid7
from words.nl import AMSTERDAM

from contracts import examples

NOW = datetime.now(UTC)
ROUTERS = [
    room.router
    for room in (opdracht, person, placing, profile, placements, placement_changes, overview, today)
]
DAY = datetime.now(AMSTERDAM).date()


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, owners, *ROUTERS) as opened:
        yield opened


@pytest.fixture
async def pair(pool: Pool) -> Pair:
    """Anna, who is interested in an opdracht."""
    return await somebody_interested(pool, "Anna <b>Test</b>", title="Adviseur <i>wonen</i>")


def of_pair(pair: Pair) -> str:
    return "/opdrachten/{assignment_id}/mensen/{profile_id}".format(**pair.ids)


async def post(browser: httpx.AsyncClient, path: str, fields: Any) -> httpx.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await browser.post(path, content=urlencode(fields, doseq=True), headers=headers)


def the_form(page: httpx.Response, action: str) -> Form:
    (form,) = [one for one in forms(page.text) if one.action == action]
    return form


async def looked_at(browser: httpx.AsyncClient, path: str, **typed: str) -> tuple[httpx.Response, Form]:
    """Fill in a form; return the page that says what will be sent."""
    form = the_form(await browser.get(path), path)
    page = await post(browser, path, form.typed(typed))
    return page, the_form(page, path)


async def a_place(pool: Pool, pair: Pair, version: int = 1, **terms: Any) -> UUID:
    """Let the topics tell that Anna is placed; return the placement's id."""
    placement_id: UUID = terms.pop("placement_id", None) or uuid7()
    await tell(pool, [an_event(a_placement(pair, placement_id, version, **terms), NOW)])
    return placement_id


def answer(pair: Pair, placement_id: UUID, version: int = 1, **terms: Any) -> Any:
    return json.loads(a_placement(pair, placement_id, version, **terms).model_dump_json())


async def test_of_who_is_placed_no_rule_is_judged_any_more(
    pool: Pool, browser: httpx.AsyncClient, pair: Pair
) -> None:
    """The placement itself moves from when they are free: the opdracht would seem to fail on that."""
    assert "Alle eisen" in (await browser.get(of_pair(pair))).text
    await a_place(pool, pair)
    page = (await browser.get(of_pair(pair))).text
    assert "Geplaatst." in page
    assert "Alle eisen" not in page


async def test_somebody_is_placed_after_a_look_at_what_is_agreed(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering, pair: Pair
) -> None:
    placement_id = await a_place(pool, pair)  # the topic is faster than the answer
    owners.tell(
        "POST", f"/assignments/{pair.ids['assignment_id']}/placements", answer(pair, placement_id), 201
    )
    path = f"{of_pair(pair)}/plaats"
    first = the_form(await browser.get(path), path)
    typed = dict(first.fields)
    facts = examples.ASSIGNMENT
    assert typed["/ends_on"] == facts["ends_on"]
    assert typed["/rate_cents"] == str(facts["rate_max_cents"] // 100)
    assert facts["hours_min"] <= int(typed["/hours"]) <= facts["hours_max"]
    page, form = await looked_at(browser, path, **{"/contract_form": "zzp", "/rate_cents": "97,50"})
    assert "Controleer wat je vastlegt" in page.text
    assert "97,50 per uur" in page.text
    assert owners.asked == []
    changing = await post(browser, path, [*form.fields, ("pas-aan", "1")])
    assert ("/rate_cents", "97,50") in the_form(changing, path).fields
    done = await post(browser, path, form.fields)
    assert (done.status_code, done.headers["location"]) == (303, of_pair(pair))
    (sent,) = owners.asked
    assert json.loads(sent.content) == {
        "profile_id": str(pair.ids["profile_id"]),
        "starts_on": typed["/starts_on"],
        "ends_on": typed["/ends_on"],
        "hours": int(typed["/hours"]),
        "rate_cents": 9750,
        "contract_form": "zzp",
    }
    assert sent.headers["idempotency-key"] == dict(form.fields)["key"]
    assert sent.headers["authorization"].startswith("Bearer recruiter")


@pytest.mark.parametrize(
    ("refusal", "status", "says"),
    [
        (
            {
                "errors": [
                    {
                        "pointer": "/hours",
                        "detail": "with their other placements that is 48 hours a week; 40 at most",
                    }
                ]
            },
            422,
            "dat 48 uur per week. Het mag hoogstens 40",
        ),
        ({"errors": [{"pointer": "/profile_id", "detail": "no such professional"}]}, 422, "niet bekend"),
        ({"detail": "all positions of the assignment are taken"}, 409, "Alle plekken"),
        ({"detail": "the assignment closed 90 days ago or more"}, 409, "te lang geleden gesloten"),
        ({"detail": "this Idempotency-Key was used with another body"}, 422, "is al vastgelegd"),
    ],
)
async def test_what_the_owner_refuses_is_told_and_what_was_typed_stays(
    browser: httpx.AsyncClient, owners: Answering, pair: Pair, refusal: Any, status: int, says: str
) -> None:
    owners.tell("POST", f"/assignments/{pair.ids['assignment_id']}/placements", refusal, status)
    path = f"{of_pair(pair)}/plaats"
    _, form = await looked_at(browser, path, **{"/contract_form": "zzp", "/hours": "31"})
    refused = await post(browser, path, form.fields)
    assert refused.status_code == (409 if "Idempotency" in str(refusal) else status)
    assert says in refused.text
    assert ("/hours", "31") in the_form(refused, path).fields
    assert ('href="#/hours"' in refused.text) == ("48 uur" in says)


async def test_what_cannot_be_is_told_at_its_field_before_anything_is_sent(
    browser: httpx.AsyncClient, owners: Answering, pair: Pair
) -> None:
    path = f"{of_pair(pair)}/plaats"
    form = the_form(await browser.get(path), path)
    typed = {"/hours": "41", "/ends_on": "2020-01-01", "/rate_cents": "<script>", "/contract_form": ""}
    page = await post(browser, path, form.typed(typed))
    assert page.status_code == 422
    for name in ("/hours", "/ends_on", "/rate_cents", "/contract_form"):
        assert f'href="#{name}"' in page.text
    assert "ligt voor de eerste dag" in page.text
    assert "<script>" not in page.text.replace("<script src", "")
    assert owners.asked == []


async def test_while_the_owner_is_away_nothing_typed_is_lost(
    pool: Pool, browser: httpx.AsyncClient, pair: Pair
) -> None:
    placement_id = await a_place(pool, pair)
    for path, typed in (
        (f"{of_pair(pair)}/plaats", {"/contract_form": "zzp", "/hours": "13"}),
        (f"/plaatsingen/{placement_id}/wijzigen", {"/hours": "13"}),
        (f"/plaatsingen/{placement_id}/einde", {"/reason": "early"}),
    ):
        _, form = await looked_at(browser, path, **typed)
        away = await post(browser, path, form.fields)
        assert away.status_code == 503
        assert "lukt nu even niet" in away.text
        assert typed.items() <= dict(the_form(away, path).fields).items()


async def test_an_extension_is_sent_from_the_version_that_was_looked_at(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering, pair: Pair
) -> None:
    placement_id = await a_place(pool, pair)
    await a_place(pool, pair, 2, placement_id=placement_id)
    owners.tell("PUT", f"/placements/{placement_id}", answer(pair, placement_id, 2))
    path = f"/plaatsingen/{placement_id}/wijzigen"
    page, form = await looked_at(browser, path, **{"/ends_on": "2027-06-30"})
    assert "was: vrijdag 30 april 2027" in page.text
    done = await post(browser, path, form.fields)
    assert done.headers["location"] == f"/plaatsingen/{placement_id}"
    (sent,) = owners.asked
    assert sent.headers["if-match"] == '"2"'
    assert json.loads(sent.content)["ends_on"] == "2027-06-30"
    nothing, _ = await looked_at(browser, path)
    assert "niets veranderd" in nothing.text


async def test_a_conflict_shows_the_difference_and_is_saved_on_top_of_it(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering, pair: Pair
) -> None:
    placement_id = await a_place(pool, pair)
    owners.tell("PUT", f"/placements/{placement_id}", {"status": 412}, 412)
    theirs = answer(pair, placement_id, 7, hours=12)
    owners.tell("GET", f"/placements/{placement_id}", theirs, headers={"ETag": '"7"'})
    path = f"/plaatsingen/{placement_id}/wijzigen"
    _, form = await looked_at(browser, path, **{"/hours": "30"})
    page = await post(browser, path, form.fields)
    assert page.status_code == 412
    assert "Iemand anders heeft deze plaatsing net gewijzigd" in page.text
    assert "12 uur per week" in page.text
    assert {("version", "7"), ("/hours", "30")} <= set(the_form(page, path).fields)
    owners.tell("GET", f"/placements/{placement_id}", answer(pair, placement_id, 7, hours=30))
    twice = await post(browser, path, form.fields)
    assert twice.status_code == 303


async def test_a_placement_is_ended_with_a_reason_on_a_day_of_its_period(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering, pair: Pair
) -> None:
    placement_id = await a_place(pool, pair)
    path = f"/plaatsingen/{placement_id}/einde"
    form = the_form(await browser.get(path), path)
    wrong = await post(browser, path, form.typed({"/ended_on": "2028-01-01", "/reason": ""}))
    assert wrong.status_code == 422
    assert "niet in de afgesproken periode" in wrong.text
    assert "Kies waarom" in wrong.text
    _, form = await looked_at(browser, path, **{"/ended_on": "2027-02-01", "/reason": "early"})
    await a_place(pool, pair, 2, placement_id=placement_id, ended=EndedReason.EARLY)
    owners.tell("POST", f"/placements/{placement_id}/end", answer(pair, placement_id, 2))
    done = await post(browser, path, form.fields)
    assert done.status_code == 303  # ended as it is: the button leads back
    assert (await browser.get(path)).status_code == 303
    listed = (await browser.get("/plaatsingen?tab=afgelopen")).text
    assert "is eerder gestopt op" in listed


async def test_the_list_is_searched_by_part_and_tells_how_it_goes(
    pool: Pool, browser: httpx.AsyncClient, pair: Pair
) -> None:
    placement_id = await a_place(pool, pair, ends_on=str(DAY + timedelta(days=30)))
    said = a_checkin(pair, placement_id, NOW, CheckIn.WIL_PRATEN)
    await tell(pool, [an_event(said, NOW)])
    for query, found in (
        ("", True),
        ("?tab=eindigt", True),
        ("?tab=afgelopen", False),
        ("?q=anna+wonen", True),
        ("?q=niemand", False),
        ("?praten=1", True),
        ("?mijn=1", False),
    ):
        page = (await browser.get(f"/plaatsingen{query}")).text
        assert (f"/plaatsingen/{placement_id}" in page) == found, query
        assert "<b>Test" not in page
    one = (await browser.get(f"/plaatsingen/{placement_id}")).text
    assert "nog 4 weken" in one
    assert "wil praten" in one
    assert "werk, geheim" in one


async def test_fifty_placements_are_on_a_page(pool: Pool, browser: httpx.AsyncClient, pair: Pair) -> None:
    for _ in range(51):
        await a_place(pool, pair)
    first = (await browser.get("/plaatsingen")).text
    assert first.count("<tr data-key=") == 50
    assert 'Lopend en afgesproken <span class="count">51</span>' in first
    assert (await browser.get("/plaatsingen?pagina=2")).text.count("<tr data-key=") == 1


async def test_who_is_placed_is_shown_as_that_wherever_they_are_named(
    pool: Pool, browser: httpx.AsyncClient, pair: Pair
) -> None:
    await tell(pool, [an_event(pair.decided(NOW, Decision.NOMINATED), NOW)])
    address = f"/opdrachten/{pair.ids['assignment_id']}"
    assert "1 voorgedragen" in (await browser.get("/opdrachten")).text
    assert f"{of_pair(pair)}/plaats" in (await browser.get(address)).text
    placement_id = await a_place(pool, pair)
    listed = (await browser.get("/opdrachten")).text
    assert "1 geplaatst" in listed
    assert "1 voorgedragen" not in listed
    people = (await browser.get(address)).text
    assert 'Geplaatst <span class="count">1</span>' in people
    assert "Voorgedragen bij de opdrachtgever <" not in people
    assert f"/plaatsingen/{placement_id}" in (await browser.get(of_pair(pair))).text
    assert "is geplaatst: " in (await browser.get(f"{address}?tab=verloop")).text
    record = (await browser.get(f"{address}?tab=verantwoording")).text
    assert "1 geplaatst" in record
    assert "Wie is geplaatst" in record
    assert f"/plaatsingen/{placement_id}" in (await browser.get(f"/mensen/{pair.ids['profile_id']}")).text
    await a_place(pool, pair, 2, placement_id=placement_id, ended=EndedReason.CANCELLED)
    again = (await browser.get(address)).text
    assert "Voorgedragen bij de opdrachtgever <" in again
    assert 'Geplaatst <span class="count">' not in again
    assert "ging niet door" in (await browser.get(f"{address}?tab=verloop")).text


async def needs(pool: Pool) -> list[Need]:
    async with pool.acquire() as connection:
        return [one.need for one in await waiting.tasks(connection, None, NOW, list(Need), 10)]


async def test_who_is_placed_waits_for_no_decision_but_for_what_comes_after(
    pool: Pool, browser: httpx.AsyncClient, pair: Pair
) -> None:
    assert await needs(pool) == [Need.INTEREST]
    placement_id = await a_place(pool, pair, ends_on=str(DAY + timedelta(weeks=8)))
    assert await needs(pool) == [Need.ENDING]
    page = (await browser.get("/?wie=iedereen")).text
    assert f'href="/plaatsingen/{placement_id}"' in page
    await a_place(pool, pair, 2, placement_id=placement_id, ends_on=str(DAY + timedelta(weeks=8, days=1)))
    assert await needs(pool) == []
    await a_place(pool, pair, 3, placement_id=placement_id, ends_on=str(DAY - timedelta(days=1)))
    assert "rond de plaatsing af" in (await browser.get("/?wie=iedereen")).text


async def test_who_wants_to_talk_waits_until_it_is_noted(
    pool: Pool, browser: httpx.AsyncClient, pair: Pair
) -> None:
    placement_id = await a_place(pool, pair, ends_on=str(DAY + timedelta(weeks=20)))
    before, at = NOW - timedelta(minutes=9), NOW - timedelta(minutes=5)
    await tell(pool, [an_event(a_checkin(pair, placement_id, at, CheckIn.WIL_PRATEN), at)])
    await tell(pool, [an_event(a_checkin(pair, placement_id, before, CheckIn.GOED), before)])
    assert await needs(pool) == [Need.TALK]
    assert "wil praten over het werk" in (await browser.get("/?wie=iedereen")).text
    async with pool.acquire() as connection:
        note = Note(uuid4(), pair.ids["assignment_id"], "Gebeld.", "Rosa", "rosa", NOW)
        await notes.write(connection, pair.ids["profile_id"], note)
    assert await needs(pool) == []


async def test_an_operator_looks_and_places_nobody(pool: Pool, owners: Answering, pair: Pair) -> None:
    placement_id = await a_place(pool, pair)
    async with whole_desk(pool, owners, Role.OPERATOR) as browser:
        page = await browser.get(f"/plaatsingen/{placement_id}")
        assert page.status_code == 200
        assert "/wijzigen" not in page.text
        for path in (f"{of_pair(pair)}/plaats", f"/plaatsingen/{placement_id}/einde"):
            assert (await browser.get(path)).status_code == 403


async def test_what_nobody_knows_is_a_page(browser: httpx.AsyncClient) -> None:
    strange = uuid4()
    for path in (
        f"/plaatsingen/{strange}",
        f"/plaatsingen/{strange}/wijzigen",
        f"/plaatsingen/{strange}/einde",
        f"/opdrachten/{strange}/mensen/{strange}/plaats",
    ):
        page = await browser.get(path)
        assert page.status_code == 404
        assert "<h1>" in page.text


async def test_a_placement_of_somebody_who_is_erased_stays_without_them(
    pool: Pool, browser: httpx.AsyncClient, pair: Pair
) -> None:
    placement_id = await a_place(pool, pair)
    forgotten = a_placement(pair, placement_id, 2).model_copy(update={"profile_id": None})
    await tell(pool, [an_event(forgotten, NOW)])
    page = (await browser.get(f"/plaatsingen/{placement_id}")).text
    assert "Verwijderd profiel" in page
    assert "Anna" not in page
    async with pool.acquire() as connection:
        assert await store.knows(connection, placement_id, 2)
        assert not await store.knows(connection, placement_id, 3)
