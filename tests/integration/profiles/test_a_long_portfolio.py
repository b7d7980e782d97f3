"""A portfolio as long as it may be, of entries that say as much as there are words for, is taken."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from chassis.database import open_pool
from contracts.facts import MAX_PORTFOLIO
from contracts.vocabulary import Dossier, Specialism
from profiles.app import build
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS
from support.served import served

from contracts import examples

FACTS = examples.PROFILE["facts"]


@pytest.fixture
async def http(database: str) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        open_pool(database) as pool,
        served(build(ProfilesSettings(**SETTINGS)), pool) as client,
    ):
        yield client


def a_profile(specialisms: list[Any], dossiers: list[Any], entries: int = MAX_PORTFOLIO) -> dict[str, Any]:
    entry = {**FACTS["portfolio"][0], "specialisms": specialisms, "dossiers": dossiers}
    return {**examples.PROFILE, "facts": {**FACTS, "portfolio": [entry] * entries}}


@pytest.mark.parametrize("words", [13, len(Specialism) + len(Dossier)])
async def test_a_thousand_entries_with_many_words_each_are_taken(http: httpx.AsyncClient, words: int) -> None:
    specialisms = [*Specialism][: words // 2]
    made = await http.post("/profiles", json=a_profile(specialisms, [*Dossier][: words - len(specialisms)]))
    assert made.status_code == 201, made.text
    kept = (await http.get(f"/profiles/{made.json()['profile_id']}")).json()
    assert len(kept["facts"]["portfolio"]) == MAX_PORTFOLIO


async def test_a_list_with_more_words_than_there_are_or_more_entries_is_named(
    http: httpx.AsyncClient,
) -> None:
    for body, pointer in (
        (a_profile([*Specialism] * 2, [], entries=1), "/facts/portfolio/0/specialisms"),
        (a_profile([], ["x"] * 60_000, entries=1), "/facts/portfolio/0/dossiers/0"),
        (a_profile([], [], entries=MAX_PORTFOLIO + 1), "/facts/portfolio"),
    ):
        answer = await http.post("/profiles", json=body)
        assert answer.status_code == 422
        assert [one["pointer"] for one in answer.json()["errors"]] == [pointer]
