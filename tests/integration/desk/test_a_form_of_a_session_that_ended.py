"""What is sent after its session ended leads to signing in and back, and stands in its form again: for who
typed it, on that browser, for a while. A stream of alerts ends with its session."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool
from desk.domain import profile_form as form
from desk.live.stream import Stream
from desk.pages import away, intake, person, preferences, profile, profile_form, today
from desk.sign_in.kept import LARGEST
from desk.sign_in.provider import Provider, ProviderAway
from desk.store import kept_forms, sessions
from fastapi import FastAPI
from stack.layout import Layout
from support.desks import START, Pair, a_contact, a_profile, an_assignment, an_event, somebody, tell
from support.owned import Answering
from support.signing_in import Browser, desk, settings
from support.stacks import until
from uuid_utils.compat import uuid7

from contracts import examples

TYPED = {name: list(values) for name, values in form.typed_of(examples.PROFILE).items()}
HOSTILE = "<script>alert(1)</script>\"'"
NEW = "/mensen/nieuw"


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
def app(layout: Layout, pool: Pool, owners: Answering) -> FastAPI:
    app = desk(settings(layout), pool)
    away.install(app)
    for room in (today, intake, person, profile_form, profile, preferences):
        app.include_router(room.router)
    app.state.resources = SimpleNamespace(pool=pool, owners=owners)
    return app


@pytest.fixture
async def browser(layout: Layout, app: FastAPI) -> AsyncIterator[Browser]:
    made = Browser(layout, app)
    await made.sign_in()
    yield made
    await made.http.aclose()


async def send(browser: Browser, path: str, fields: Any, page: str | None = None) -> httpx.Response:
    """Send a form that stands on a page of ours."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if page is not None:
        headers["Referer"] = f"{browser.desk_url}{page}"
    return await browser.http.post(path, content=urlencode(fields, doseq=True), headers=headers)


async def end(pool: Pool) -> None:
    await pool.execute("DELETE FROM sessions")


async def back(browser: Browser, sent: httpx.Response, name: str = "recruiter") -> httpx.Response:
    """Sign in where a form that was sent leads to, and return the page that one comes back to."""
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(f"{browser.desk_url}/sign-in?next=")
    callback = await browser.fill_in(await browser.follow(sent), name)
    return await browser.follow(await browser.http.get(callback))


async def test_a_profile_that_was_typed_stands_in_its_form_again_and_is_sent_once(
    browser: Browser, pool: Pool, owners: Answering
) -> None:
    key = str(uuid4())
    portfolio = {f"/facts/portfolio/{row}/specialisms": f"iets {row}" for row in range(3)}
    await end(pool)
    page = await back(
        browser, await send(browser, NEW, {**TYPED, **portfolio, "/contact/name": HOSTILE, "key": key}, NEW)
    )
    assert page.url.path == NEW
    assert "staat weer in het formulier" in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script>alert" not in page.text
    for value in (key, examples.PROFILE["contact"]["email"], "iets 0", "iets 1", "iets 2"):
        assert f'value="{value}"' in page.text
    assert owners.asked == []  # nothing is sent before they send it
    assert key not in (await browser.http.get(NEW)).text  # it comes back once
    assert await pool.fetchval("SELECT count(*) FROM kept_forms") == 0


async def test_an_opdracht_that_was_typed_stands_in_its_form_again(browser: Browser, pool: Pool) -> None:
    fields: dict[str, Any] = {
        "title": "Half werk",
        "mail": "Beste, wij zoeken iemand",
        "hours_min": "24",
        "actie": "bewaar",
    }
    fields |= {"key": str(uuid4()), "required_specialisms": ["redactie", "campagnes"]}
    await end(pool)
    page = await back(browser, await send(browser, "/opdrachten/nieuw", fields, "/opdrachten/nieuw?van=mail"))
    assert page.url.raw_path == b"/opdrachten/nieuw?van=mail"
    for value in ("Half werk", "24", fields["key"]):
        assert f'value="{value}"' in page.text
    assert "Beste, wij zoeken iemand</textarea>" in page.text
    assert 'value="redactie" checked' in page.text


async def a_pair(pool: Pool) -> tuple[UUID, UUID]:
    pair, rng = Pair(uuid7(), uuid7()), random.Random(7)
    ids = pair.ids["assignment_id"], pair.ids["profile_id"]
    data = (an_assignment(ids[0], rng), a_contact(ids[1]), a_profile(ids[1], rng), pair.proposed(START))
    await tell(pool, [an_event(one, START) for one in data])
    return ids


@pytest.mark.parametrize("step", [{}, {"stap": "definitief"}])
async def test_a_decision_that_was_typed_stands_in_its_form_again(
    browser: Browser, pool: Pool, step: dict[str, str]
) -> None:
    assignment_id, profile_id = await a_pair(pool)
    path = f"/opdrachten/{assignment_id}/mensen/{profile_id}/besluit?soort=rejected"
    key = str(uuid4())
    fields = {"soort": "rejected", "reden": "Te duur", "code": "tarief", "bericht": "Beste, helaas"}
    fields |= {"stuur": "1", "sleutel": key, "wanneer": "", "waar": "", **step}
    await end(pool)
    page = await back(browser, await send(browser, path, fields, path))
    assert 'name="bericht" rows="8" maxlength="10000">Beste, helaas</textarea>' in page.text
    assert 'value="tarief" checked' in page.text
    assert f'value="{key}"' in page.text
    assert 'value="1" checked' in page.text
    assert ">Te duur</textarea>" in page.text


async def test_a_note_that_was_typed_stands_in_its_field_again(browser: Browser, pool: Pool) -> None:
    assignment_id, profile_id = await a_pair(pool)
    for place in (f"/mensen/{profile_id}", f"/opdrachten/{assignment_id}/mensen/{profile_id}"):
        note = {"sleutel": str(uuid4()), "tekst": "Belde net,\nen nog eens"}
        await end(pool)
        page = await back(browser, await send(browser, f"{place}/notities", note, place))
        assert "Belde net,\nen nog eens</textarea>" in page.text
        assert f'value="{note["sleutel"]}"' in page.text


async def test_each_page_of_a_browser_gets_its_own_back(browser: Browser, pool: Pool) -> None:
    await end(pool)
    await send(browser, "/opdrachten/nieuw", {"title": "In het ene tabblad"}, "/opdrachten/nieuw")
    sent = await send(browser, NEW, {**TYPED, "/contact/name": "In het andere"}, NEW)
    assert 'value="In het andere"' in (await back(browser, sent)).text
    assert 'value="In het ene tabblad"' in (await browser.http.get("/opdrachten/nieuw")).text


async def test_texts_and_choices_stand_in_the_settings_again(browser: Browser, pool: Pool) -> None:
    await end(pool)
    sent = await send(browser, "/instellingen/teksten", {"tarief": "Dag {naam}"}, "/instellingen")
    assert "Dag {naam}</textarea>" in (await back(browser, sent)).text
    await end(pool)
    sent = await send(browser, "/instellingen/mails", {"summary": "daily"}, "/instellingen")
    assert '<option value="daily" selected>' in (await back(browser, sent)).text


async def test_what_no_form_takes_is_offered_to_be_sent_as_it_was(browser: Browser, pool: Pool) -> None:
    profile_id = await somebody(pool, "Anna Test")
    place = f"/mensen/{profile_id}"
    await end(pool)
    page = await back(browser, await send(browser, f"{place}/verwijder", {"naam": "Anna Test"}, place))
    assert "Nog niet opgeslagen" in page.text
    assert f'action="{place}/verwijder"><input type="hidden" name="naam" value="Anna Test">' in page.text


async def test_without_a_referrer_it_is_offered_on_the_first_page(browser: Browser, pool: Pool) -> None:
    await end(pool)
    page = await back(browser, await send(browser, NEW, TYPED))
    assert page.url.path == "/"
    assert f'action="{NEW}">' in page.text
    assert 'value="Anna Voorbeeld"' in page.text


async def test_somebody_else_who_signs_in_on_that_browser_does_not_get_it(
    browser: Browser, pool: Pool
) -> None:
    await end(pool)
    sent = await send(browser, NEW, {**TYPED, "/contact/name": "Geheim"}, "/opdrachten/plaatsloos")
    await back(browser, sent, "operator")
    for path in ("/opdrachten/plaatsloos", NEW, "/"):
        assert "Geheim" not in (await browser.http.get(path)).text
    assert await pool.fetchval("SELECT count(*) FROM kept_forms") == 1  # it waits for who typed it


async def test_another_browser_of_the_same_person_does_not_get_it(
    browser: Browser, layout: Layout, app: FastAPI, pool: Pool
) -> None:
    await end(pool)
    await send(browser, NEW, {**TYPED, "/contact/name": "Geheim"}, NEW)
    other = Browser(layout, app)
    assert "Geheim" not in (await other.sign_in(path=NEW)).text
    await other.http.aclose()


async def test_it_lies_encrypted_and_for_a_quarter_of_an_hour(browser: Browser, pool: Pool) -> None:
    await end(pool)
    sent = await send(browser, NEW, {**TYPED, "/contact/name": "Geheim"}, NEW)
    cookie = next(one for one in sent.headers.get_list("set-cookie") if "-kept-" in one)
    assert "HttpOnly" in cookie
    assert "Max-Age=900" in cookie
    row = await pool.fetchrow("SELECT * FROM kept_forms")
    assert row is not None
    assert b"Geheim" not in row["form"]
    assert cookie.partition("=")[2].partition(";")[0].encode() not in row["key"]
    await pool.execute("UPDATE kept_forms SET kept_at = now() - $1::interval", kept_forms.KEPT)
    assert "Geheim" not in (await back(browser, sent)).text
    async with pool.acquire() as connection:
        await kept_forms.prune(connection, datetime.now(UTC))
    assert await pool.fetchval("SELECT count(*) FROM kept_forms") == 0


async def test_strangers_and_giants_store_nothing(
    browser: Browser, layout: Layout, app: FastAPI, pool: Pool
) -> None:
    await end(pool)
    stranger = Browser(layout, app)
    stranger.http.cookies.set(f"session-{layout.ports['desk']}-who", "forged", domain="localhost.local")
    refused = await send(stranger, NEW, TYPED, NEW)
    assert refused.status_code == 401
    assert "Je bent niet meer ingelogd" in refused.text
    await stranger.http.aclose()
    assert (await send(browser, NEW, {"x": "x" * LARGEST}, NEW)).status_code == 401
    for _ in range(kept_forms.MOST + 3):
        await send(browser, NEW, TYPED, NEW)
    assert await pool.fetchval("SELECT count(*) FROM kept_forms") == kept_forms.MOST


async def test_what_another_site_sends_is_not_kept(browser: Browser, pool: Pool) -> None:
    await end(pool)
    headers = {"Origin": "https://evil.example", "Content-Type": "application/x-www-form-urlencoded"}
    answer = await browser.http.post(NEW, content=urlencode(TYPED, doseq=True), headers=headers)
    assert answer.status_code == 403
    assert await pool.fetchval("SELECT count(*) FROM kept_forms") == 0


async def test_a_page_that_keeps_itself_up_to_date_does_not_use_it_up(browser: Browser, pool: Pool) -> None:
    profile_id = await somebody(pool, "Anna Test")
    place = f"/mensen/{profile_id}"
    await end(pool)
    sent = await send(browser, f"{place}/notities", {"sleutel": str(uuid4()), "tekst": "Half"}, place)
    callback = await browser.fill_in(await browser.follow(sent), "recruiter")
    await browser.http.get(callback)
    fetched = await browser.http.get(place, headers={"Sec-Fetch-Mode": "cors", "HX-Request": "true"})
    assert "Half" not in fetched.text
    assert "Half" in (await browser.http.get(place)).text


async def test_what_is_sent_while_the_provider_is_away_is_kept_too(
    browser: Browser, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refresh(*_given: Any) -> Any:
        raise ProviderAway

    monkeypatch.setattr(Provider, "refresh", refresh)
    await pool.execute("UPDATE sessions SET refresh_at = now() - interval '2 minutes'")
    answer = await send(browser, NEW, {**TYPED, "/contact/name": "Bewaard"}, NEW)
    assert answer.status_code == 503
    assert "wel bewaard" in answer.text
    assert f'href="{NEW}"' in answer.text
    monkeypatch.undo()

    async def works_again() -> str:
        page = await browser.http.get(NEW)
        return page.text if page.status_code == 200 else ""

    page = await until(works_again)
    assert 'value="Bewaard"' in page


ENDS = {
    "signing out": "DELETE FROM sessions WHERE key = $1",
    "an operator": "DELETE FROM sessions WHERE subject = 'recruiter' AND $1::bytea IS NOT NULL",
    "idle": f"UPDATE sessions SET seen_at = now() - interval '{sessions.IDLE}' WHERE key = $1",
    "absolute": f"UPDATE sessions SET started_at = now() - interval '{sessions.LONGEST}' WHERE key = $1",
}


@pytest.mark.parametrize("how", ENDS)
async def test_a_stream_ends_with_its_session_and_no_other_does(
    database: str, browser: Browser, pool: Pool, how: str
) -> None:
    key = await pool.fetchval("SELECT key FROM sessions")
    stream = Stream(database, pool)
    watching = asyncio.create_task(stream.watch_sessions())
    try:
        with stream.place("recruiter", key), stream.place("script"):
            of_session, of_script = stream.events(None, key), stream.events(None)
            for events in (of_session, of_script):
                await anext(events)
            ended = asyncio.create_task(anext(of_session, None))
            goes_on = asyncio.create_task(anext(of_script, None))
            await pool.execute(ENDS[how], key)
            async with asyncio.timeout(60):
                assert await ended is None
            assert not goes_on.done()
            goes_on.cancel()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
