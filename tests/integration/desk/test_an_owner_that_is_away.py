"""An owner that takes connections and gets to no answer, or answers with an error of its own, is away."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool
from desk.owners.api import SECONDS, Owner, Owners, Unreachable
from desk.pages import intake, intake_steps, mails, overview, profile_form, selection, today
from support.forms import forms
from support.owned import Answering, desk_of
from support.ports import free_port

COPY = {"draft_id": str(uuid4()), "version": 1, "fields": {}, "missing": [], "errors": []}
PATIENCE = 3 * SECONDS  # beside the work of others
ROUTERS = [room.router for room in (today, overview, selection, mails, profile_form, intake, intake_steps)]


@pytest.fixture
async def silent() -> AsyncIterator[Owners]:
    """Owners that take what is sent, and answer nothing; or a byte now and then."""
    port = free_port()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b" ")
            await asyncio.sleep(0.1)

    async with await asyncio.start_server(take, "127.0.0.1", port):
        owners = Owners(
            {
                Owner.PROFILES: f"http://127.0.0.1:{port}",
                Owner.ASSIGNMENTS: f"http://127.0.0.1:{port}",
                Owner.MATCHING: f"http://127.0.0.1:{port}",
                Owner.NOTIFICATIONS: f"http://127.0.0.1:{port}",
            }
        )
        yield owners
        await owners.close()


PAGES = ["/", "/opdrachten?tab=concept", "/selectie", "/mails", "/mails/adressen"]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_waits_for_a_silent_owner_no_longer_than_people_do(
    pool: Pool, silent: Owners, path: str
) -> None:
    async with desk_of(pool, silent, *ROUTERS) as browser, asyncio.timeout(PATIENCE):
        page = await browser.get(path)
    assert page.status_code == 200
    assert "even niet" in page.text


class Older(Answering):
    """Owners of a release whose answers have none of the fields that this one asks for."""

    def _answer(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={})


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_stands_without_what_an_older_owner_does_not_tell(pool: Pool, path: str) -> None:
    async with desk_of(pool, Older(), *ROUTERS) as browser:
        page = await browser.get(path)
    assert page.status_code == 200
    assert "even niet" in page.text


async def test_places_of_an_owner_that_knows_one_name_of_each_are_found_by_it(pool: Pool) -> None:
    owners = Answering()
    owners.tell("GET", "/places", {"items": [{"name": "Meppel", "latitude": 52.7, "longitude": 6.2}]})
    async with desk_of(pool, owners, *ROUTERS) as browser:
        options = await browser.get("/opdrachten/plaatsen?place=mep")
    assert '<option value="Meppel">' in options.text


async def test_a_form_comes_back_from_a_silent_owner_with_everything_in_it(
    pool: Pool, silent: Owners
) -> None:
    fields = {"/contact/name": "Half", "/facts/portfolio/0/dossiers": "wonen", "key": str(uuid4())}
    async with desk_of(pool, silent, *ROUTERS) as browser, asyncio.timeout(PATIENCE):
        page = await browser.post(
            "/mensen/nieuw",
            content=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
    assert page.status_code == 503
    (form,) = [one for one in forms(page.text) if one.action == "/mensen/nieuw"]
    assert set(fields.items()) <= set(form.fields)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_an_error_of_the_owners_own_is_no_answer(status: int) -> None:
    owners = Answering()
    owners.tell("GET", "/selection", {"detail": "something went wrong on our side"}, status)
    with pytest.raises(Unreachable):
        await owners.ask(Owner.MATCHING, "GET", "/selection", token=str(uuid4()))
    await owners.close()


@pytest.mark.parametrize(
    ("path", "name", "asked", "answer", "says"),
    [
        ("/opdrachten/{}/kopieer", "key", "/assignments/{}/copy", COPY, "De opdrachten zijn even niet"),
        ("/mails/{}/opnieuw", "sleutel", "/deliveries/{}/again", {}, "De mails zijn even niet"),
    ],
)
async def test_what_comes_back_is_sent_with_the_same_key(
    pool: Pool, path: str, name: str, asked: str, answer: Any, says: str
) -> None:
    owners, which, key = Answering(), uuid4(), str(uuid4())
    path = path.format(which)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with desk_of(pool, owners, *ROUTERS) as browser:

        async def send(fields: Any) -> httpx.Response:
            return await browser.post(path, content=urlencode(fields), headers=headers)

        away = await send({name: key})
        assert away.status_code == 503
        assert says in away.text
        (form,) = [one for one in forms(away.text) if one.action == path]
        owners.tell("POST", asked.format(which), answer, 201)
        assert (await send(form.fields)).status_code == 303
    assert [one.headers["idempotency-key"] for one in owners.asked] == [key, key]


@pytest.mark.parametrize(
    ("path", "asked", "says"),
    [
        ("/opdrachten/nieuw", "/drafts", "Dit concept is al bewaard"),
        ("/mensen/nieuw", "/profiles", "Dit profiel is al opgeslagen"),
    ],
)
async def test_what_was_done_unheard_and_is_sent_with_other_words_is_told(
    pool: Pool, path: str, asked: str, says: str
) -> None:
    owners, key = Answering(), str(uuid4())
    owners.tell("POST", asked, {"detail": "this Idempotency-Key was used with another body"}, 422)
    owners.tell("GET", "/places", {"items": [], "found": []})
    fields = {"key": key, "actie": "bewaar", "title": "Anders", "/contact/name": "Anders"}
    async with desk_of(pool, owners, *ROUTERS) as browser:
        page = await browser.post(
            path,
            content=urlencode(fields),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
    assert page.status_code == 409
    assert says in page.text
    (form,) = [one for one in forms(page.text) if one.action == path]
    assert "Anders" in dict(form.fields).values()
    assert dict(form.fields)["key"] != key
