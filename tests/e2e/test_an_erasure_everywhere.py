"""An erasure, everywhere: words planted in every free text that is taken of a person are in their copy of all
that is held, and after the erasure in no table, on no topic and in no log."""

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import assignments.erasure
import asyncpg
import desk.store.erasure
import matching.store.erasure
import notifications.store.erasure
import profiles.erasure
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from chassis.erasure import CHASSIS, ErasureRule
from contracts.topics import PLACEMENTS, TOPICS, broker_topics
from contracts.vocabulary import Role
from matching.domain.match import match_id
from opdrachtctl.__main__ import app
from support import free_texts
from support.meetings import demanding, mails_to, somebody
from support.raw_records import RawProducer, RawRecord, raw_producer
from support.stacks import Stack, until
from typer.testing import CliRunner

CONTRACTS = Path(__file__).parents[2] / "contracts"
OPENAPI = CONTRACTS / "openapi"
SAMPLES = CONTRACTS / "samples"
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
# What the test below plants a word in, and what is no free text about a professional.
PORTFOLIO = ("organisation_name", "title", "result")
PROFILE = {
    *("/contact/name", "/contact/email", "/contact/phone", "/contact/called"),
    *("/contact/coach/name", "/contact/coach/email", "/facts/place/name", "/facts/network/line"),
    *(f"/facts/portfolio/{name}" for name in PORTFOLIO),
}
PLANTED = {
    ("profiles", "POST /profiles"): PROFILE,
    ("profiles", "PUT /profiles/{profile_id}"): PROFILE,
    ("profiles", "PATCH /profiles/{profile_id}"): PROFILE,
    ("profiles", "POST /colleagues/{profile_id}/question"): {"/question"},
    ("matching", "POST /matches/{match_id}/decision"): {"/reason", "/message", "/appointment/where"},
    ("notifications", "POST /m/{token}"): {"/reason", "/why"},
    ("notifications", "POST /matches/{match_id}/answer"): {"/reason"},
    ("notifications", "POST /check-in/{token}"): {"/sentence"},
    ("notifications", "POST /sign-in-links"): {"/email"},
    ("notifications", "POST /address-links"): {"/email"},
}
# Choices of a page, which are read as such; and a token of ours.
CHOICES = {
    ("notifications", "POST /m/{token}"): {"/answer"},
    ("notifications", "POST /preferences/{token}"): {
        *("/frequency", "/min_score", "/quiet_hours", "/paused_until", "/news", "/not_me"),
    },
    ("notifications", "POST /unsubscribe/{token}"): {"/why", "/news"},
    ("notifications", "POST /check-in/{token}"): {"/answer"},
    ("notifications", "POST /sign-in-links/redeem"): {"/token"},
    ("notifications", "POST /address-links/redeem"): {"/token"},
}
OF_AN_OPDRACHT = re.compile(r"(POST|PUT|PATCH) /(assignments|drafts|reach|trainings)\b.*")
KEPT_NOWHERE = {"POST /profiles/{profile_id}/what-if"}


@pytest.mark.parametrize("service", LISTS)
def test_a_word_is_planted_in_every_free_text_that_is_taken_of_a_person(service: str) -> None:
    document = json.loads((OPENAPI / f"{service}.json").read_text())
    missed = {}
    for operation, found in free_texts.of_api(document).items():
        known = PLANTED.get((service, operation), set()) | CHOICES.get((service, operation), set())
        left = found - known
        if left and operation not in KEPT_NOWHERE and not OF_AN_OPDRACHT.fullmatch(operation):
            missed[operation] = left
    assert missed == {}


@pytest.mark.parametrize("service", LISTS)
async def test_every_column_has_a_rule_for_erasures(stack: Stack, service: str) -> None:
    connection = await asyncpg.connect(stack.layout.database_url(service))
    try:
        columns = {(table, column) for table, column in await connection.fetch(ALL_COLUMNS)}
    finally:
        await connection.close()
    ruled = {(rule.table, column) for rule in (*CHASSIS, *LISTS[service]) for column in rule.columns}
    assert columns == ruled


class Marks:
    """Words that stand nowhere else, each with the place that it was planted in. `held`: those that a copy of
    what is held has at the end."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}
        self.held: dict[str, str] = {}

    def plant(self, where: str, *, held: bool = True) -> str:
        """Return a new word."""
        word = f"merk{uuid4().hex}"
        self.planted[word] = where
        if held:
            self.held[word] = where
        return word


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


async def answer(stack: Stack, address: str, subject: str, page: str = "m", **form: str) -> None:
    """Answer from the mail, by its link."""

    async def mail() -> list[dict[str, Any]]:
        return await mails_to(stack, address, subject[:20])

    (told, *_) = await until(mail)
    path = re.search(rf"/{page}/[\w.-]+", await stack.mail_text(told["id"]))
    assert path is not None
    async with stack.client("notifications", role=None) as http:
        assert (await http.post(path[0], data=form)).status_code == 200


async def answer_signed_in(stack: Stack, marks: Marks, match_id: str, profile_id: str) -> None:
    said = {"answer": "declined", "reason": marks.plant("reason of an answer while signed in")}
    async with stack.client("notifications", Role.PROFESSIONAL, profile_id) as http:

        async def answered() -> bool:
            return (await http.post(f"/matches/{match_id}/answer", json=said)).status_code == 200

        await until(answered)


async def place_and_hear(
    stack: Stack, marks: Marks, assignment_id: str, profile_id: str, address: str
) -> None:
    """Place somebody, two weeks ago, and let them say how it goes; their coach is told."""
    today = date.today()
    terms = {
        "profile_id": profile_id,
        "starts_on": str(today - timedelta(days=15)),
        "ends_on": str(today + timedelta(days=200)),
        **{"hours": 24, "rate_cents": 11000, "contract_form": "zzp"},
    }
    await stack.post("assignments", f"/assignments/{assignment_id}/placements", terms)
    said = {"answer": "wil-praten", "sentence": marks.plant("sentence of a check-in")}
    await answer(stack, address, "hoe bevalt het", "check-in", **said)


async def ask_to_sign_in(stack: Stack, address: str) -> None:
    async with stack.client("desk", role=None) as http:
        asked = await http.post("/mijn/inloggen", data={"email": address})
    assert asked.status_code == 303, asked.text

    async def mailed() -> bool:
        return bool(await mails_to(stack, address, "om in te loggen"))

    await until(mailed)


async def person(stack: Stack, marks: Marks) -> tuple[str, str]:
    """Register somebody with a word in each free text, by an Idempotency-Key; return id and address."""
    rng = random.Random(marks.plant("seed", held=False))
    body = somebody(rng, marks.plant("name", held=False))
    body["contact"] |= {
        "email": f"{marks.plant('address')}@example.org",
        "phone": marks.plant("phone"),
        "called": marks.plant("what they are called"),
        "coach": {"name": marks.plant("coach"), "email": f"{marks.plant('coach of theirs')}@example.org"},
    }
    body["facts"]["place"]["name"] = marks.plant("place")
    body["facts"]["portfolio"] = [
        {"organisation_type": "zorg", "level": "medior", "started_on": "2020-01-01"}
        | {name: marks.plant(name) for name in PORTFOLIO}
    ]
    network = {"visible": True, "offers": ["woordvoering"]}
    body["facts"]["network"] = {**network, "line": marks.plant("line to colleagues")}
    headers = {"Idempotency-Key": marks.plant("key", held=False)}
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


async def decide(stack: Stack, marks: Marks, match_id: str, decision: str) -> None:
    body: dict[str, Any] = {
        "decision": decision,
        "reason": marks.plant(f"reason of {decision}"),
        "message": marks.plant(f"message of {decision}"),
    }
    if decision == "invited":
        where = marks.plant("where they meet")
        body["appointment"] = {"at": "2027-01-05T10:00:00+01:00", "where": where}
    headers = {"Idempotency-Key": marks.plant("key of a decision", held=False)}
    async with stack.client("matching") as http:
        decided = await http.post(f"/matches/{match_id}/decision", json=body, headers=headers)
    assert decided.status_code == 200, decided.text


async def write_notes(stack: Stack, marks: Marks, profile_id: str, assignment_id: str) -> None:
    paths = f"/mensen/{profile_id}", f"/opdrachten/{assignment_id}/mensen/{profile_id}"
    async with stack.client("desk") as http:
        for path in paths:
            note = {"sleutel": str(uuid4()), "tekst": marks.plant(f"note at {path}")}
            written = await http.post(f"{path}/notities", data=note)
            assert written.status_code == 303, written.text


async def ask_a_colleague(stack: Stack, marks: Marks, profile_id: str) -> None:
    """Let somebody ask another one a question, who is there already when they are erased, and stays."""
    colleague = somebody(random.Random(uuid4().hex), f"Collega{uuid4().hex}")
    colleague["facts"]["network"] = {"visible": True, "offers": ["woordvoering"]}
    colleague_id = (await stack.post("profiles", "/profiles", colleague)).json()["profile_id"]
    question = {"question": marks.plant("question to a colleague"), "show_address": True}
    async with stack.client("profiles", Role.PROFESSIONAL, profile_id) as http:
        asked = await http.post(f"/colleagues/{colleague_id}/question", json=question)
    assert asked.status_code == 202, asked.text
    address = colleague["contact"]["email"]

    async def mailed() -> bool:
        return len(await mails_to(stack, address, "vraagt je iets")) == 1

    await until(mailed)


async def everything_happens(stack: Stack, marks: Marks) -> str:
    """Let somebody be found, answer, be decided on and written about; return their id."""
    profile_id, address = await person(stack, marks)
    decisions = ("invited", "rejected")
    titles = [f"Uitwissen {what} {uuid4().hex[:8]}" for what in (*decisions, "geantwoord")]
    opened = [await opdracht(stack, title) for title in titles]

    async def matched() -> bool:
        return all([UUID(profile_id) in await stack.matches(assignment_id) for assignment_id in opened])

    await until(matched)
    for assignment_id, title, decision in zip(opened[:2], titles[:2], decisions, strict=True):
        why, reason = marks.plant("why not"), marks.plant("reason of an answer")
        await answer(stack, address, title, answer="interested", why=why, reason=reason)
        match = (await stack.matches(assignment_id))[UUID(profile_id)]
        await decide(stack, marks, match["match_id"], decision)
    await answer_signed_in(stack, marks, str(match_id(UUID(opened[2]), UUID(profile_id))), profile_id)
    await write_notes(stack, marks, profile_id, opened[0])
    await ask_a_colleague(stack, marks, profile_id)
    await place_and_hear(stack, marks, opened[0], profile_id, address)
    await ask_to_sign_in(stack, address)
    return profile_id


async def copy_of(stack: Stack, profile_id: str) -> dict[str, Any] | None:
    """Return what the desk's button downloads; None while a service took too long to say what it holds."""
    async with stack.client("desk") as http:
        download = await http.get(f"/mensen/{profile_id}/export")
    if download.status_code == 503:
        return None
    assert download.status_code == 200, download.text
    whole: dict[str, Any] = download.json()
    return whole


@asynccontextmanager
async def compacted_at_once(stack: Stack) -> AsyncIterator[None]:
    """Let the broker compact whatever is there as soon as something comes after it."""
    names = [topic.name for topic in TOPICS if topic.retention_days is None]
    table = broker_topics()
    hurried = {"segment.ms": "100", "max.compaction.lag.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.layout.kafka)
    await admin.start()

    async def configure(other: dict[str, str]) -> None:
        wanted = {name: {**table[name].config, **other} for name in names}
        kind = ConfigResourceType.TOPIC
        await admin.alter_configs([ConfigResource(kind, name, config) for name, config in wanted.items()])

    try:
        await configure(hurried)
        yield
        await configure({})
    finally:
        await admin.close()


async def go_on(stack: Stack, producer: RawProducer) -> None:
    """Let each compacted topic go on: the broker compacts what is before the segment that it writes to."""
    await stack.post("profiles", "/profiles", somebody(random.Random(uuid4().hex), f"Na{uuid4().hex}"))
    sample = json.loads((SAMPLES / "PlacementChanged.v1.2.json").read_text())  # of nobody any more
    for partition in range(broker_topics()[PLACEMENTS.name].partitions):
        key = str(uuid4())
        value = json.dumps(sample["value"] | {"placement_id": key}).encode()
        headers = sample["headers"] | {"ce_id": key, "ce_subject": key}
        told = [(name.encode(), text.encode()) for name, text in headers.items()]
        await producer.send(PLACEMENTS.name, partition, [RawRecord(key.encode(), value, told)])


async def report(stack: Stack, profile_id: str, words: list[str]) -> tuple[int, str]:
    """Return the exit status and the output of `erase-report`."""
    urls = [word for name in LISTS for word in ("--database", stack.layout.database_url(name))]
    looked_for = [word for mark in words for word in ("--words", mark)]
    command = ["erase-report", profile_id, *urls, *looked_for]
    settings = {"KAFKA_BOOTSTRAP_SERVERS": stack.layout.kafka}
    done = await asyncio.to_thread(CliRunner().invoke, app, command, env=settings)
    return done.exit_code, done.output


async def test_no_place_holds_a_word_of_who_is_erased_and_their_copy_held_all(stack: Stack) -> None:
    marks = Marks()
    profile_id = await everything_happens(stack, marks)
    words = list(marks.planted)
    not_in_the_copy: list[str] = []

    async def copied() -> bool:
        whole = json.dumps(await copy_of(stack, profile_id))
        not_in_the_copy[:] = [where for word, where in marks.held.items() if word not in whole]
        return not not_in_the_copy

    try:
        await until(copied)
    except AssertionError:
        raise AssertionError(f"not in the copy: {not_in_the_copy}") from None
    assert {"profiles.profiles", "matching.matches", "notifications.matches", "desk.notes"} <= set(
        await rows_with(stack, words)
    )
    assert (await report(stack, profile_id, words))[0] == 1
    async with stack.client("profiles") as http:
        assert (await http.delete(f"/profiles/{profile_id}")).status_code == 204
    last = ""

    async def gone() -> bool:
        nonlocal last
        await go_on(stack, producer)
        status, last = await report(stack, profile_id, words)
        return status == 0

    async with compacted_at_once(stack), raw_producer(stack) as producer:
        try:
            await until(gone, seconds=600)  # when its cleaner comes round is the broker's own affair
        except AssertionError:
            raise AssertionError(last) from None
    assert await rows_with(stack, words) == []
    # That of the mail server is not ours: mails have left.
    logs = [one for one in sorted(stack.layout.folder("log").iterdir()) if one.name != "mail.log"]
    assert len(logs) > len(LISTS)
    told = [log.name for log in logs if any(word in log.read_text(errors="replace") for word in words)]
    assert told == []
