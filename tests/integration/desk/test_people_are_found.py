"""People are found by their name, with a letter wrong too, and by what they offer; who is erased is not."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from chassis.database import Pool
from desk.domain.finding import Around, Wanted
from desk.pages import people, profile
from desk.store import finding
from support.desks import an_erasure, somebody, tell
from support.owned import Answering, desk_of

NOW = datetime.now(UTC)


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, owners, people.router, profile.router) as opened:
        yield opened


async def names(pool: Pool, wanted: Wanted) -> list[str | None]:
    async with pool.acquire() as connection:
        lines, total = await finding.found(connection, wanted, 1, NOW)
    assert total == len(lines)
    return [line.name for line in lines]


@pytest.mark.parametrize(
    "typed",
    [
        "Zoë",
        "zoe",
        "hoekstra",
        "Hoekstr",
        "Hoekstar",
        "Hoekstraa",
        "Hoeksta",
        "zoe hoeksra",
        "zoe.h@",
        "ZOE.H",
    ],
)
async def test_somebody_is_found_by_a_part_of_a_name_or_with_a_letter_wrong(pool: Pool, typed: str) -> None:
    await somebody(pool, "Zoë Hoekstra", "zoe.h@example.org")
    await somebody(pool, "Piet Bakker")
    assert await names(pool, Wanted(words=typed)) == ["Zoë Hoekstra"]


async def test_what_is_typed_is_no_pattern(pool: Pool) -> None:
    await somebody(pool, "Anna 100%")
    await somebody(pool, "Anna Bakker")
    assert await names(pool, Wanted(words="%")) == ["Anna 100%"]
    assert await names(pool, Wanted(words="\x00_")) == []


async def test_who_has_the_very_name_is_first(pool: Pool) -> None:
    await somebody(pool, "Anna Janssen")
    await somebody(pool, "Zara Jansen")
    assert await names(pool, Wanted(words="jansen")) == ["Zara Jansen", "Anna Janssen"]


async def test_people_are_found_by_what_they_offer(pool: Pool) -> None:
    await somebody(
        pool,
        "Senior",
        level="senior",
        specialisms=["campagnes", "redactie"],
        available_from="2027-03-01",
        available_until="2027-06-30",
        place={"name": "Maastricht", "latitude": 50.85, "longitude": 5.69},
    )
    await somebody(pool, "Medior", at=NOW - timedelta(days=200))
    await somebody(pool, "Pauze", status="paused", level="junior")
    assert await names(pool, Wanted(level="senior")) == ["Senior"]
    assert await names(pool, Wanted(specialisms=["redactie", "campagnes"])) == ["Senior"]
    assert await names(pool, Wanted(free_on=date(2027, 2, 1))) == ["Medior"]
    assert await names(pool, Wanted(free_on=date(2027, 6, 30))) == ["Medior", "Senior"]
    assert await names(pool, Wanted(free_on=date(2027, 7, 1))) == ["Medior"]
    assert await names(pool, Wanted(around=Around(50.9, 5.7, 10))) == ["Senior"]
    assert await names(pool, Wanted(old_profile=True)) == ["Medior"]
    assert await names(pool, Wanted(without_match=True)) == ["Medior", "Pauze", "Senior"]


async def test_who_is_erased_is_found_no_more(pool: Pool, browser: httpx.AsyncClient) -> None:
    profile_id = await somebody(pool, "Weg Gegaan")
    await tell(pool, an_erasure(profile_id))
    assert await names(pool, Wanted(words="weg")) == []
    gone = await browser.get(f"/mensen/{profile_id}")
    assert gone.status_code == 410
    assert "verwijderd" in gone.text


async def test_a_filter_is_a_tag_that_can_go_and_a_place_that_is_away_costs_only_itself(
    pool: Pool, browser: httpx.AsyncClient, owners: Answering
) -> None:
    await somebody(pool, "<script>alert(1)</script>")
    page = await browser.get("/mensen?q=script&niveau=medior&vak=campagnes&plaats=Meppel&km=20&stil=1")
    assert page.status_code == 200
    assert "Plaatsen zijn even niet op te zoeken" in page.text
    assert "<script>alert" not in page.text
    assert "20 km rond Meppel" in page.text
    assert "geen match in 30 dagen" in page.text
    assert "1 persoon" in page.text
    meppel = {"name": "Meppel", "latitude": 52.7, "longitude": 6.2}
    owners.tell("GET", "/places", {"items": [meppel], "found": ["Meppel"]})
    assert "0 mensen" in (await browser.get("/mensen?plaats=Meppel&km=20")).text
