"""The knowledge network over HTTP: who is found, by whom, and what is asked."""

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool, open_pool
from chassis.delivery.sealing import keys_for_opening
from chassis.erasure import held
from contracts.envelope import Event
from contracts.events import QuestionAsked
from profiles.app import build
from profiles.domain.effective import day_of
from profiles.erasure import ERASURE
from profiles.settings import ProfilesSettings
from support import people
from support.openapi import SETTINGS
from support.placements import said
from support.served import served
from uuid_utils.compat import uuid7

ANY = {"If-Match": "*"}
VISIBLE = {"visible": True, "offers": ["woordvoering", "asiel"], "line": "Ik help graag bij geheim gedoe."}
QUESTION = {"question": "Hoe pak jij een inloopavond aan?", "show_address": True}


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with served(build(ProfilesSettings(**SETTINGS)), pool) as client:
        yield client


def as_(profile_id: str) -> dict[str, str]:
    return {"Authorization": f"Bearer professional:{profile_id}"}


async def somebody(
    http: httpx.AsyncClient, name: str, contact: dict[str, Any] | None = None, **facts: Any
) -> str:
    made = people.profile_body(random.Random(name), name.replace(" ", "-"))
    made["contact"] |= contact or {}
    made["facts"] |= {"level": "senior", "portfolio": [], "network": VISIBLE, **facts}
    answer = await http.post("/profiles", json=made)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["profile_id"])


async def seen(http: httpx.AsyncClient, by: str, **asked: str) -> list[dict[str, Any]]:
    answer = await http.get("/colleagues", params=asked, headers=as_(by))
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_who_is_visible_is_seen_by_who_is_too_with_no_more_than_what_they_offer(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    gemeente = {
        "organisation_type": "gemeente",
        "level": "medior",
        "started_on": str(day_of(datetime.now(UTC))),
    }
    anna = await somebody(http, "Netwerk Anna", {"name": "drs. Anna Bakker"}, portfolio=[gemeente])
    bram = await somebody(http, "Netwerk Bram", {"name": "Abraham Smit", "called": "Bram"})
    hidden = await somebody(http, "Netwerk Carla", network={"visible": False, "offers": ["woordvoering"]})
    never = await somebody(http, "Netwerk Dirk", network=None)
    assert await seen(http, bram) == [
        {
            "profile_id": anna,
            "called": "Anna",
            "level": "senior",
            **{name: VISIBLE[name] for name in ("offers", "line")},
            "organisation_types": ["gemeente"],
        }
    ]
    assert [one["called"] for one in await seen(http, anna)] == ["Bram"]
    for unseen in (hidden, never, str(uuid7()), "nobody"):
        refused = await http.get("/colleagues", headers=as_(unseen))
        assert refused.status_code == 403
        assert "visible" in refused.json()["detail"]
    for role in ("recruiter", "operator"):
        listed = await http.get("/colleagues", headers={"Authorization": f"Bearer {role}"})
        assert [one["profile_id"] for one in listed.json()["items"]] == [anna, bram]
    first = (await http.get("/colleagues", params={"limit": 1})).json()
    second = (await http.get("/colleagues", params={"limit": 1, "cursor": first["next"]})).json()
    assert [one["profile_id"] for one in (*first["items"], *second["items"])] == [anna, bram]
    assert second["next"] is None
    patched = await http.patch(
        f"/profiles/{anna}", json={"facts": {"network": {"visible": False}}}, headers=ANY
    )
    assert patched.status_code == 200
    assert await seen(http, bram) == []
    assert not any(b"geheim" in row["value"] for row in await pool.fetch("SELECT value FROM outbox"))
    assert not any(b"network" in row["value"] for row in await pool.fetch("SELECT value FROM outbox"))


async def test_colleagues_are_found_by_what_they_offer_and_by_the_organisations_that_they_know(
    http: httpx.AsyncClient,
) -> None:
    own = await somebody(http, "Zoekende")
    zorg = {"organisation_type": "zorg", "level": "medior", "started_on": "2024-01-01"}
    spokesman = await somebody(http, "Woordvoerder", network={"visible": True, "offers": ["woordvoering"]})
    carer = await somebody(
        http, "Zorgkenner", network={"visible": True, "offers": ["asiel", "woordvoering"]}, portfolio=[zorg]
    )

    async def found(**asked: str) -> list[str]:
        return [one["profile_id"] for one in await seen(http, own, **asked)]

    assert await found(specialism="woordvoering") == [spokesman, carer]
    assert await found(dossier="asiel", specialism="woordvoering") == [carer]
    assert await found(organisation_type="zorg") == [carer]
    assert await found(organisation_type="koepel") == []
    for wrong in ({"specialism": "koken"}, {"dossier": "woordvoering"}, {"limit": "0"}, {"cursor": "x"}):
        assert (await http.get("/colleagues", params=wrong, headers=as_(own))).status_code == 422


@pytest.mark.parametrize(
    ("network", "pointer"),
    [
        ({"offers": []}, "visible"),
        ({"visible": "ja"}, "visible"),
        ({"visible": True, "offers": ["koken"]}, "offers/0"),
        ({"visible": True, "offers": ["asiel", "asiel"]}, "offers"),
        ({"visible": True, "line": "Twee\nregels"}, "line"),
        ({"visible": True, "line": "x" * 201}, "line"),
        ({"visible": True, "phone": "06"}, "phone"),
    ],
)
async def test_what_is_wrong_in_a_network_is_told_by_its_place(
    pool: Pool, http: httpx.AsyncClient, network: dict[str, Any], pointer: str
) -> None:
    made = people.profile_body(random.Random(1), "Fout-Netwerk")
    made["facts"]["network"] = network
    answer = await http.post("/profiles", json=made)
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json()["errors"]] == [f"/facts/network/{pointer}"]
    assert await pool.fetchval("SELECT count(*) FROM profiles") == 0


async def test_a_question_travels_sealed_for_who_is_asked_three_times_a_day_at_most(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    asker = await somebody(http, "Vraagster")
    asked = await somebody(http, "Gevraagde")
    path = f"/colleagues/{asked}/question"
    sent = await http.post(path, json=QUESTION, headers={**as_(asker), "Idempotency-Key": "een"})
    assert sent.status_code == 202, sent.text
    again = await http.post(path, json=QUESTION, headers={**as_(asker), "Idempotency-Key": "een"})
    assert again.json() == sent.json()
    for _ in range(2):
        assert (await http.post(path, json=QUESTION, headers=as_(asker))).status_code == 202
    late = await http.post(path, json=QUESTION, headers=as_(asker))
    assert late.status_code == 429
    assert 86_000 < int(late.headers["retry-after"]) <= 86_401
    assert (await http.post(f"/colleagues/{asker}/question", json=QUESTION, headers=as_(asked))).is_success

    events = [data for kind, data in await said(pool, "questions") if data["profile_id"] == asked]
    assert len(events) == 3
    assert not any(b"inloopavond" in row["value"] for row in await pool.fetch("SELECT value FROM outbox"))
    data = QuestionAsked.model_validate_json(json.dumps(events[0]))
    event = Event(
        str(uuid7()), "/services/profiles", "QuestionAsked.v1", data.profile_id, data.asked_at, data
    )
    async with pool.acquire() as connection:
        opened = (await keys_for_opening(connection, [event])).open(event).data
    assert isinstance(opened, QuestionAsked)
    assert (opened.question, str(opened.asker_id)) == (QUESTION["question"], asker)

    await pool.execute("UPDATE questions SET asked_at = asked_at - interval '25 hours'")
    assert (await http.post(path, json=QUESTION, headers=as_(asker))).status_code == 202
    assert await pool.fetchval("SELECT count(*) FROM questions") == 1


async def test_only_who_is_visible_asks_who_is_visible_and_agrees_that_the_address_is_shown(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    asker, asked = await somebody(http, "Vrager"), await somebody(http, "Bevraagde")
    hidden = await somebody(http, "Verborgene", network=None)

    async def ask(by: str, whom: str, **changes: Any) -> httpx.Response:
        body = {name: value for name, value in {**QUESTION, **changes}.items() if value is not None}
        return await http.post(f"/colleagues/{whom}/question", json=body, headers=as_(by))

    assert (await ask(hidden, asked)).status_code == 403
    for nobody in (hidden, asker, str(uuid7())):
        assert (await ask(asker, nobody)).status_code == 404
    for changes, pointer in (
        ({"show_address": False}, "/show_address"),
        ({"show_address": None}, "/show_address"),
        ({"question": "  "}, "/question"),
        ({"question": "x" * 2001}, "/question"),
    ):
        refused = await ask(asker, asked, **changes)
        assert refused.status_code == 422
        assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    staff = await http.post(f"/colleagues/{asked}/question", json=QUESTION)
    assert staff.status_code == 403
    assert await said(pool, "questions") == []


async def test_whom_somebody_asked_is_in_their_copy_and_goes_with_either(
    pool: Pool, http: httpx.AsyncClient
) -> None:
    asker, asked = await somebody(http, "Weg Vrager"), await somebody(http, "Weg Gevraagde")
    await http.post(f"/colleagues/{asked}/question", json=QUESTION, headers=as_(asker))
    async with pool.acquire() as connection:
        for one in (asker, asked):
            assert len((await held(connection, ERASURE, UUID(one)))["questions"]) == 1
    assert (await http.delete(f"/profiles/{asker}")).status_code == 204
    assert await pool.fetchval("SELECT count(*) FROM questions") == 0
    assert await seen(http, asked) == []
