"""An erasure, everywhere: words planted in every free text that the APIs take are in no table afterwards."""

import asyncio
import random
import re
from typing import Any
from uuid import UUID, uuid4

import assignments.erasure
import asyncpg
import desk.store.erasure
import matching.store.erasure
import notifications.store.erasure
import profiles.erasure
import pytest
from chassis.erasure import CHASSIS, ErasureRule
from opdrachtctl.__main__ import app
from support.meetings import demanding, mails_to, somebody
from support.stacks import Stack, until
from typer.testing import CliRunner

LISTS: dict[str, tuple[ErasureRule, ...]] = {
    "profiles": profiles.erasure.ERASURE,
    "assignments": assignments.erasure.ERASURE,
    "matching": matching.store.erasure.ERASURE,
    "notifications": notifications.store.erasure.ERASURE,
    "desk": desk.store.erasure.ERASURE,
}
ALL_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public'
"""


class Marks:
    """Words that stand nowhere else, each with the place that it was planted in."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def plant(self, where: str) -> str:
        """Return a new word."""
        word = f"merk{uuid4().hex}"
        self.planted[word] = where
        return word


@pytest.mark.parametrize("service", LISTS)
async def test_every_column_has_a_rule_for_erasures(stack: Stack, service: str) -> None:
    connection = await asyncpg.connect(stack.layout.database_url(service))
    try:
        columns = {(table, column) for table, column in await connection.fetch(ALL_COLUMNS)}
    finally:
        await connection.close()
    ruled = {(rule.table, column) for rule in (*CHASSIS, *LISTS[service]) for column in rule.columns}
    assert columns == ruled


async def rows_with(stack: Stack, words: list[str]) -> list[str]:
    """Return the tables that hold one of the words, as text, within JSON, or as bytes."""
    forms = [f"%{form}%" for word in words for form in (word, word.encode().hex())]
    found = []
    for service in LISTS:
        connection = await asyncpg.connect(stack.layout.database_url(service))
        try:
            for (table,) in await connection.fetch(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ):
                query = f'SELECT count(*) FROM "{table}" AS t WHERE row_to_json(t)::text LIKE ANY($1)'
                if await connection.fetchval(query, forms):
                    found.append(f"{service}.{table}")
        finally:
            await connection.close()
    return found


async def answer(stack: Stack, address: str, title: str, **form: str) -> None:
    """Answer from the mail, by its link."""

    async def mail() -> list[dict[str, Any]]:
        return await mails_to(stack, address, title[:20])

    (told, *_) = await until(mail)
    path = re.search(r"/m/[\w.-]+", await stack.mail_text(told["id"]))
    assert path is not None
    async with stack.client("notifications", role=None) as http:
        assert (await http.post(path[0], data=form)).status_code == 200


async def person(stack: Stack, marks: Marks) -> tuple[str, str]:
    """Register somebody with a word in each free text, by an Idempotency-Key; return id and address."""
    rng = random.Random(marks.plant("seed"))
    body = somebody(rng, marks.plant("name"))
    body["contact"] |= {
        "email": f"{marks.plant('address')}@example.org",
        "phone": marks.plant("phone"),
    }
    body["facts"]["place"]["name"] = marks.plant("place")
    headers = {"Idempotency-Key": marks.plant("key")}
    async with stack.client("profiles") as http:
        made = await http.post("/profiles", json=body, headers=headers)
        assert made.status_code == 201, made.text
        profile_id = made.json()["profile_id"]
        body["contact"]["name"] = marks.plant("another name")
        changed = await http.put(f"/profiles/{profile_id}", json=body, headers={"If-Match": '"1"'})
        assert changed.status_code == 200, changed.text
    return profile_id, body["contact"]["email"]


async def opdracht(stack: Stack, title: str) -> str:
    facts = {**demanding(random.Random(title)), "title": title, "dossiers": ["wonen"], "urgency": "spoed"}
    return str((await stack.post("assignments", "/assignments", facts)).json()["assignment_id"])


async def test_no_table_holds_a_word_of_who_is_erased(stack: Stack) -> None:
    marks = Marks()
    profile_id, address = await person(stack, marks)
    titles = [f"Uitwissen {decision} {uuid4().hex[:8]}" for decision in ("nominated", "rejected")]
    opened = [await opdracht(stack, title) for title in titles]

    async def matched() -> bool:
        return all([UUID(profile_id) in await stack.matches(assignment_id) for assignment_id in opened])

    await until(matched)
    for assignment_id, title, decision in zip(opened, titles, ("nominated", "rejected"), strict=True):
        reason = f"{marks.plant('why not')} en {marks.plant('reason of an answer')}"
        await answer(stack, address, title, answer="interested", reason=reason)
        match = (await stack.matches(assignment_id))[UUID(profile_id)]
        body = {"decision": decision, "reason": marks.plant(f"reason of {decision}")}
        async with stack.client("matching") as http:
            decided = await http.post(
                f"/matches/{match['match_id']}/decision",
                json=body,
                headers={"Idempotency-Key": marks.plant("key of a decision")},
            )
        assert decided.status_code == 200, decided.text
    words = list(marks.planted)

    async def everywhere() -> bool:
        held = await rows_with(stack, words)
        return {"profiles.profiles", "matching.matches", "notifications.matches"} <= set(held)

    await until(everywhere, what="the words arrive where they are later missed")
    async with stack.client("profiles") as http:
        assert (await http.delete(f"/profiles/{profile_id}")).status_code == 204
    left: list[str] = []

    async def gone() -> bool:
        left[:] = await rows_with(stack, words)
        return not left

    try:
        await until(gone)
    except AssertionError:
        raise AssertionError(f"words are left in {left}") from None
    urls = [word for name in LISTS for word in ("--database", stack.layout.database_url(name))]
    looked_for = [word for mark in words for word in ("--word", mark)]
    command = ["erase-report", profile_id, *urls, *looked_for]
    settings = {"KAFKA_BOOTSTRAP_SERVERS": stack.layout.kafka}
    report = await asyncio.to_thread(CliRunner().invoke, app, command, env=settings)
    assert report.exit_code == 0, report.output
