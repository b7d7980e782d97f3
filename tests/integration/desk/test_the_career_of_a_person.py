"""A recruiter reads on a person's page what would bring them opdrachten, and their career; each alone."""

from collections.abc import AsyncIterator

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from desk.pages import profile
from support.own_pages import LEVERS, OUTLOOK, Own, a_professional
from support.owned import Answering, desk_of

SOON = "even niet te berekenen"
LATER = "Je loopbaanbeeld komt zo"


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def own(pool: Pool, owners: Answering) -> Own:
    return await a_professional(pool, owners)


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, owners, profile.router) as opened:
        yield opened


async def page_of(browser: httpx.AsyncClient, own: Own) -> str:
    answer = await browser.get(f"/mensen/{own.profile_id}")
    assert answer.status_code == 200
    assert len(answer.content) < 100_000
    return answer.text


async def test_levers_and_outlook_stand_on_the_page_for_who_asks(
    browser: httpx.AsyncClient, owners: Answering, own: Own
) -> None:
    page = await page_of(browser, own)
    for heading in ("Dit scheelt het meest", "Loopbaan", "Afwisseling", "Tarief", "Wat wordt gevraagd"):
        assert f">{heading}</h2>" in page
    assert '<ul class="helps">' in page
    assert "/mijn/" not in page
    asked = [one for one in owners.asked if one.url.path.endswith(("/levers", "/outlook"))]
    assert {one.headers["authorization"] for one in asked} == {f"Bearer {Role.RECRUITER}:tester"}


@pytest.mark.parametrize("away", ["levers", "outlook", "both"])
async def test_each_stands_without_the_other_and_the_page_without_both(
    browser: httpx.AsyncClient, owners: Answering, own: Own, away: str
) -> None:
    for part in ("levers", "outlook") if away == "both" else (away,):
        del owners.answers["GET", f"{own.profile}/{part}"]
    page = await page_of(browser, own)
    assert (SOON in page) is (away in {"levers", "both"})
    assert (LATER in page) is (away in {"outlook", "both"})
    assert "Fenna de Boer" in page
    assert ">Mails</h2>" in page


async def test_nothing_that_brings_anything_is_said_so(
    browser: httpx.AsyncClient, owners: Answering, own: Own
) -> None:
    owners.tell("GET", f"{own.profile}/levers", LEVERS | {"items": [], "pair": None})
    assert "Geen enkele kleine verandering" in await page_of(browser, own)
    assert OUTLOOK["career"] in await page_of(browser, own)
