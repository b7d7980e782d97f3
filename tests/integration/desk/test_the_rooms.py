"""The desk's rooms: people, their profiles, mails, selection and settings; owners answer, or are away."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import ReasonCode, Role
from desk.domain import profile_form as form
from desk.domain.messages import DEFAULTS
from desk.pages import mails, people, preferences, profile, profile_form, selection
from desk.store import templates
from support.desks import somebody
from support.owned import Answering, desk_of

from contracts import examples

NOW = datetime.now(UTC)
ROUTERS = [room.router for room in (people, profile_form, profile, mails, selection, preferences)]
HOSTILE = "<script>alert(1)</script>\"'{{7*7}}"
TYPED = form.typed_of(examples.PROFILE)


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, owners, *ROUTERS) as opened:
        yield opened


async def post(browser: httpx.AsyncClient, path: str, form: Any) -> httpx.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await browser.post(path, content=urlencode(form, doseq=True), headers=headers)


@pytest.mark.parametrize(
    "path", ["/mensen/{}", "/mails/{}", "/mensen/{}/wijzigen", "/mensen/{}/export", "/mensen/{}/verwijderd"]
)
async def test_what_nobody_knows_is_a_page(browser: httpx.AsyncClient, owners: Answering, path: str) -> None:
    strange = uuid4()
    for asked in (f"/profiles/{strange}", f"/profiles/{strange}/export", f"/deliveries/{strange}/body"):
        owners.tell("GET", asked, {"type": "about:blank", "status": 404}, 404)
    page = await browser.get(path.format(strange))
    assert page.status_code == 404
    assert "<h1>" in page.text


async def test_a_profile_shows_everything_and_takes_notes(pool: Pool, browser: httpx.AsyncClient) -> None:
    profile_id = await somebody(pool, "Anna <b>Test</b>")
    address = f"/mensen/{profile_id}"
    note = {"sleutel": str(uuid4()), "tekst": HOSTILE}
    for _ in range(2):  # a double click
        assert (await post(browser, f"{address}/notities", note)).status_code == 303
    page = (await browser.get(address)).text
    assert page.count("alert(1)") == 1
    assert "<script>alert" not in page
    assert "<b>Test" not in page
    assert "Purmerend" in page
    assert "tel:+31612345678" in page
    await post(browser, f"{address}/notities/{note['sleutel']}/verwijder", {})
    assert "alert(1)" not in (await browser.get(address)).text


async def test_nobody_is_erased_without_their_name(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    profile_id = await somebody(pool, "Anna Test")
    owners.answers["DELETE", f"/profiles/{profile_id}"] = httpx.Response(204)
    address = f"/mensen/{profile_id}/verwijder"
    refused = await post(browser, address, {"naam": "Anna"})
    assert "De naam klopt niet" in (await browser.get(refused.headers["location"])).text
    assert {request.method for request in owners.asked} == {"GET"}
    done = await post(browser, address, {"naam": " Anna Test "})
    assert "verwijderd" in (await browser.get(done.headers["location"])).text
    assert [request.method for request in owners.asked if request.method != "GET"] == ["DELETE"]


async def test_an_export_is_a_download(pool: Pool, browser: httpx.AsyncClient, owners: Answering) -> None:
    profile_id = await somebody(pool, "Anna Test")
    owners.tell("GET", f"/profiles/{profile_id}/export", examples.PROFILE)
    address = f"/mensen/{profile_id}/export"
    assert "even niet te bereiken" in (await browser.get(address)).text
    owners.tell("GET", f"/profiles/{profile_id}/held", {"held": {"table": [{"its": "row"}]}})
    answer = await browser.get(address)
    whole = answer.json()
    held = whole.pop("held")
    assert whole == examples.PROFILE
    assert set(held) == {"profiles", "assignments", "matching", "notifications", "desk"}
    assert held["matching"] == {"table": [{"its": "row"}]}
    assert [one["name"] for one in held["desk"]["people"]] == ["Anna Test"]
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_a_new_profile_is_sent_as_it_was_typed_and_shown_before_the_topics_tell(
    browser: httpx.AsyncClient, owners: Answering
) -> None:
    profile_id = uuid4()
    owners.tell("POST", "/profiles", {"profile_id": str(profile_id), "version": 1}, 201)
    owners.tell("GET", f"/profiles/{profile_id}", examples.PROFILE)
    key = str(uuid4())
    done = await post(browser, "/mensen/nieuw", {**TYPED, "key": key})
    (sent,) = owners.asked
    assert json.loads(sent.content) == {
        "contact": examples.PROFILE["contact"] | {"confirmed_at": None},
        "facts": examples.PROFILE["facts"]
        | {
            "portfolio": [
                entry | {"specialisms": [], "dossiers": [], "placement_id": None}
                for entry in examples.PROFILE["facts"]["portfolio"]
            ]
        },
    }
    assert sent.headers["idempotency-key"] == key
    page = await browser.get(done.headers["location"])
    assert page.status_code == 200
    assert "Anna Voorbeeld" in page.text


async def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    browser: httpx.AsyncClient, owners: Answering
) -> None:
    errors = [
        {"pointer": "/contact/email", "detail": "must be an e-mail address"},
        {"pointer": "/facts/hours_max", "detail": "must not be less than hours_min"},
        {"pointer": "/facts/portfolio/0/started_on", "detail": "Field required"},
    ]
    owners.tell("POST", "/profiles", {"status": 422, "errors": errors}, 422)
    page = await post(browser, "/mensen/nieuw", {**TYPED, "/contact/name": [HOSTILE]})
    assert page.status_code == 422
    assert 'href="#/contact/email"' in page.text
    assert "zoals naam@example.org" in page.text
    assert "minder dan het minste aantal uren" in page.text
    assert "Eerder werk 1: van" in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text


async def test_an_owner_that_is_away_costs_nothing_that_was_typed(browser: httpx.AsyncClient) -> None:
    page = await post(browser, "/mensen/nieuw", TYPED)
    assert page.status_code == 503
    assert "Opslaan lukt nu even niet" in page.text
    assert 'value="Anna Voorbeeld"' in page.text


async def test_an_address_in_use_leads_to_its_profile(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    profile_id = await somebody(pool, "De Eerste", "ANNA@example.org")
    errors = [{"pointer": "/contact/email", "detail": "another profile has this address"}]
    owners.tell("POST", "/profiles", {"status": 409, "errors": errors}, 409)
    page = await post(browser, "/mensen/nieuw", TYPED)
    assert page.status_code == 409
    assert f'href="/mensen/{profile_id}"' in page.text


async def test_a_conflict_shows_the_difference_and_is_saved_on_top_of_it(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    profile_id = await somebody(pool, "Anna Test")
    path = f"/profiles/{profile_id}"
    owners.tell("PATCH", path, {"status": 412}, 412)
    theirs = examples.PROFILE | {"facts": examples.PROFILE["facts"] | {"hours_max": 24}}
    owners.tell("GET", path, theirs, headers={"ETag": '"7"'})
    page = await post(browser, f"/mensen/{profile_id}/wijzigen", {**TYPED, "version": "6"})
    assert page.status_code == 412
    assert "Iemand anders heeft dit profiel net gewijzigd" in page.text
    assert "<td>32</td><td>24</td>" in page.text
    assert 'name="version" value="7"' in page.text
    assert owners.asked[0].headers["if-match"] == '"6"'


async def test_mails_are_filtered_at_their_owner_and_shown_as_text(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    profile_id, notice_id = await somebody(pool, "Anna Test"), uuid4()
    item = {
        "notice_id": str(notice_id),
        "kind": "match",
        "to": "anna@example.org",
        "assignment_id": str(uuid4()),
        "profile_id": str(profile_id),
        "outcome": "bounced",
        "created_at": "2026-11-01T12:00:00Z",
        "settled_at": None,
        "due_at": None,
    }
    owners.tell("GET", "/deliveries", {"items": [item], "next": "verder"})
    page = await browser.get(f"/mails?persoon={profile_id}&uitkomst=bounced&soort=onzin")
    assert dict(owners.asked[0].url.params) == {"profile_id": str(profile_id), "outcome": "bounced"}
    assert "kwam terug" in page.text
    assert "Stuur opnieuw" in page.text
    assert "vanaf=verder" in page.text
    mail = {
        "kind": "match",
        "to": "a@example.org",
        "sent_at": "2026-11-01T12:00:00Z",
        "subject": HOSTILE,
        "text": HOSTILE,
    }
    owners.tell("GET", f"/deliveries/{notice_id}/body", mail)
    shown = (await browser.get(f"/mails/{notice_id}")).text
    assert "alert(1)" in shown
    assert "<script>alert" not in shown
    again = f"/mails/{notice_id}/opnieuw"
    owners.tell("POST", f"/deliveries/{notice_id}/again", {"status": 409, "detail": "iets"}, 409)
    assert (await post(browser, again, {"sleutel": str(uuid4())})).status_code == 409
    owners.tell("POST", f"/deliveries/{notice_id}/again", {}, 202)
    done = await post(browser, again, {"sleutel": str(uuid4())})
    assert "gaat opnieuw weg" in (await browser.get(done.headers["location"])).text


async def test_addresses_are_released_one_by_one_or_by_domain(
    browser: httpx.AsyncClient, owners: Answering
) -> None:
    one = {
        "suppression_id": str(uuid4()),
        "profile_id": None,
        "email": "a@provincie.nl",
        "cause": "bounced",
        "reason": "the mail came back: 5.1.1",
        "at": "2026-11-01T12:00:00Z",
    }
    owners.tell("GET", "/suppressions", {"items": [one], "next": None})
    page = (await browser.get("/mails/adressen?domein=provincie.nl")).text
    assert "Geef alle adressen van provincie.nl vrij" in page
    assert "code 5.1.1 van de mailserver" in page
    assert "the mail" not in page
    owners.tell("DELETE", "/suppressions", {"released": 1})
    done = await post(browser, "/mails/adressen/vrij", {"domein": "provincie.nl"})
    assert "Vrijgegeven" in (await browser.get(done.headers["location"])).text


async def test_small_groups_are_hidden_and_low_rates_are_told(
    browser: httpx.AsyncClient, owners: Answering
) -> None:
    rates = [("senior", 100, 0.5, 1.0), ("medior", 100, 0.2, 0.4), ("junior", 4, 0.25, 0.5)]
    items = [
        {
            "group": "level",
            "value": value,
            "professionals": people,
            "proposed": 1,
            "rate": rate,
            "of_highest": share,
        }
        for value, people, rate, share in rates
    ]
    owners.tell("GET", "/selection", {"policy": "1", "rates": items})
    page = (await browser.get("/selectie")).text
    assert "/selectie/tegen?soort=level&amp;groep=" in page
    assert page.count("minder dan vier vijfde van de hoogste") == 1
    assert "te weinig mensen" in page
    assert "25 van de 100" not in page


async def test_behind_a_cell_is_what_holds_its_people_back_and_small_numbers_stay_hidden(
    browser: httpx.AsyncClient, owners: Answering
) -> None:
    held = [{"rule": "hours", "professionals": 45}, {"rule": "distance", "professionals": 2}]
    body = {"policy": "1", "group": "level", "value": "junior", "assignments": 30, "rules": held}
    owners.tell("GET", "/selection/held-back", body | {"professionals": 62})
    page = (await browser.get("/selectie/tegen?soort=level&groep=junior")).text
    assert "62 mensen" in page
    assert "45 mensen" in page
    assert "minder dan 5 mensen" in page
    owners.tell("GET", "/selection/held-back", body | {"professionals": 3})
    page = (await browser.get("/selectie/tegen?soort=level&groep=junior")).text
    assert "te weinig om te laten zien" in page
    owners.tell("GET", "/selection/held-back", {"title": "no such group"}, 404)
    assert (await browser.get("/selectie/tegen?soort=level&groep=x")).status_code == 404


async def test_rooms_whose_owner_is_away_are_pages_that_say_so(browser: httpx.AsyncClient) -> None:
    for path in ("/mails", "/mails/adressen", "/selectie", "/instellingen"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "even niet" in page.text


async def test_settings_are_kept(pool: Pool, browser: httpx.AsyncClient, owners: Answering) -> None:
    wanted = {"summary": "daily", "interest": "daily", "quiet_hours": True}
    owners.tell("PUT", "/recruiter-preferences", wanted)
    owners.tell("GET", "/recruiter-preferences", wanted)
    await post(browser, "/instellingen/mails", {**wanted, "quiet_hours": "true"})
    assert json.loads(owners.asked[0].content) == wanted
    off = await post(browser, "/instellingen/sneltoetsen", {})
    assert "sneltoetsen=uit" in off.headers["set-cookie"]
    wrong = await post(browser, "/instellingen/teksten", {"tarief": "Dag {voornaam}"})
    assert wrong.status_code == 422
    assert "Dag {voornaam}" in wrong.text
    await post(browser, "/instellingen/teksten", {"tarief": "Dag {naam}", "ervaring": ""})
    async with pool.acquire() as connection:
        texts = await templates.texts(connection)
    assert texts[ReasonCode.TARIEF] == "Dag {naam}"
    assert texts[ReasonCode.ERVARING] == DEFAULTS[ReasonCode.ERVARING]


async def test_an_operator_looks_and_changes_nothing(pool: Pool, owners: Answering) -> None:
    profile_id = await somebody(pool, "Anna Test")
    async with desk_of(pool, owners, *ROUTERS, role=Role.OPERATOR) as operator:
        page = (await operator.get(f"/mensen/{profile_id}")).text
        assert "Verwijder voorgoed" not in page
        assert "Nieuw profiel" not in (await operator.get("/mensen")).text
