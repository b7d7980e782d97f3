"""Who saw or changed what of a person: what the topic `audit` tells of all services, for whoever may know."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool, open_pool
from contracts.chain import BEGINNING, link
from contracts.envelope import Event, decode, encode, subject_of
from contracts.events import ActRecorded
from contracts.topics import AUDIT
from contracts.vocabulary import Role
from profiles import handlers
from profiles.app import build
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS
from support.served import served

from contracts import examples

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(ProfilesSettings(**SETTINGS)), pool) as client:
        yield client


def acts(person: UUID, count: int, service: str = "desk") -> list[ActRecorded]:
    """Return the first links of a service's chain, a minute apart, all about a person."""
    made: list[ActRecorded] = []
    for number in range(1, count + 1):
        content = {
            "service": service,
            "at": NOW + timedelta(minutes=number),
            "issuer": "https://issuer.example",
            "subject": f"recruiter {number}",
            "role": "recruiter",
            "action": "read",
            "object_kind": "person",
            "object_id": person,
            "people": [person, uuid4()],
            "fields": [],
        }
        made.append(link(content, number, made[-1].hash if made else BEGINNING))
    return made


async def hear(pool: Pool, told: list[ActRecorded]) -> None:
    """Take in a batch as it comes from the topic."""
    events = []
    for one in told:
        event = Event(
            *(str(uuid4()), "/services/desk", "ActRecorded.v1", subject_of(AUDIT, one.service), NOW, one),
            name=one.service,
        )
        key, value, headers = encode(event)
        assert key == one.service.encode()
        events.append(decode(AUDIT, key, value, [*headers], NOW))
    async with pool.acquire() as connection, connection.transaction():
        await handlers.write_down(connection, events)


async def somebody(http: httpx.AsyncClient) -> UUID:
    made = await http.post("/profiles", json=examples.PROFILE)
    return UUID(made.json()["profile_id"])


def as_(role: Role, subject: object = "tester") -> dict[str, str]:
    return {"Authorization": f"Bearer {role}:{subject}"}


async def test_it_is_listed_the_latest_first_in_pages_each_act_once(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    person = await somebody(http)
    told = [*acts(person, 5), *acts(person, 2, "matching")]
    await hear(pool, told)
    await hear(pool, told)  # once more, as after a crash
    seen, cursor = [], ""
    while cursor is not None:
        address = f"/profiles/{person}/audit?limit=3" + (f"&cursor={cursor}" if cursor else "")
        page = (await http.get(address, headers=as_(Role.OPERATOR))).json()
        seen += page["items"]
        cursor = page["next"]
    moments = [one["at"] for one in seen]
    assert moments == sorted(moments, reverse=True)
    assert sorted((one["service"], one["number"]) for one in seen) == [
        *(("desk", number) for number in range(1, 6)),
        *(("matching", number) for number in range(1, 3)),
    ]
    assert seen[0] == {
        "service": "desk",
        "number": 5,
        "at": "2026-11-24T12:05:00Z",
        "issuer": "https://issuer.example",
        "subject": "recruiter 5",
        "role": "recruiter",
        "action": "read",
        "object_kind": "person",
        "object_id": str(person),
        "fields": [],
        "trace_id": None,
    }


async def test_the_person_and_operators_see_it_and_after_an_erasure_operators_alone(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    person = await somebody(http)
    await hear(pool, acts(person, 1))
    address = f"/profiles/{person}/audit"

    async def status(headers: dict[str, str]) -> tuple[int, int]:
        answer = await http.get(address, headers=headers)
        return answer.status_code, len(answer.json().get("items", ()))

    assert await status(as_(Role.PROFESSIONAL, person)) == (200, 1)
    assert await status(as_(Role.OPERATOR)) == (200, 1)
    assert await status(as_(Role.RECRUITER)) == (403, 0)
    assert await status(as_(Role.PROFESSIONAL, uuid4())) == (403, 0)
    assert (await http.delete(f"/profiles/{person}")).status_code == 204
    assert await status(as_(Role.PROFESSIONAL, person)) == (404, 0)
    assert await status(as_(Role.OPERATOR)) == (200, 1)
    nobody = await http.get(f"/profiles/{uuid4()}/audit", headers=as_(Role.OPERATOR))
    assert nobody.status_code == 404


CURSORS = ("bm9uc2Vuc2U", "MjAyNi0xMS0yNCAwMA", "eCB6eg", "MjAyNi0xMS0yNFQxMjowMDowMCBhYQ")


@pytest.mark.parametrize("cursor", CURSORS)
async def test_a_cursor_of_ones_own_is_refused(http: httpx.AsyncClient, cursor: str) -> None:
    person = await somebody(http)
    answer = await http.get(f"/profiles/{person}/audit?cursor={cursor}", headers=as_(Role.OPERATOR))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/query/cursor"


async def test_a_service_whose_database_went_back_has_two_acts_of_one_number(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    person = await somebody(http)
    before, after = acts(person, 1), acts(person, 1)
    assert before[0].hash != after[0].hash
    await hear(pool, [*before, *after])
    shown = await http.get(f"/profiles/{person}/audit", headers=as_(Role.OPERATOR))
    assert [one["number"] for one in shown.json()["items"]] == [1, 1]
