"""A form that is sent ten times at once, as by an impatient finger, has one effect and ten same answers: the
desk before the real owners."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from contracts.events import AssignmentOpened
from contracts.vocabulary import NoticeOutcome
from desk.domain import form as opdracht_form
from desk.domain import profile_form
from desk.owners.api import Owner
from matching.domain.match import match_id
from notifications.mail.smtp import Unknown
from stack.layout import Layout
from support import desks
from support.five_services import Services, five_services
from support.notifying import add_assignment, add_contact, make_sender, propose
from support.replicas import assignment_event, fitting, profile_event, undemanding
from support.served import Doorkeeping
from support.whole_desk import whole_desk

from contracts import examples

OURS = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
FACTS = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
TOKEN = {"Authorization": "Bearer recruiter:tester"}
TIMES = 10


@pytest.fixture
async def services(postgres: Layout) -> AsyncIterator[Services]:
    async with five_services(postgres) as opened:
        yield opened


@pytest.fixture
async def browser(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    async with whole_desk(services.pools["desk"], services.owners, keeper=Doorkeeping()) as opened:
        yield opened


async def ten_times(browser: httpx.AsyncClient, path: str, form: Mapping[str, Any]) -> httpx.Response:
    """Send a form ten times at once; return the answer, which is the same each time, and a redirect."""
    content = urlencode(form, doseq=True)
    async with asyncio.timeout(120):
        answers = await asyncio.gather(
            *(browser.post(path, content=content, headers=OURS) for _ in range(TIMES))
        )
    assert {answer.status_code for answer in answers} == {303}, [answer.text[:3000] for answer in answers]
    assert len({answer.headers["location"] for answer in answers}) == 1
    return answers[0]


def typed(**changed: str) -> dict[str, Any]:
    return {**opdracht_form.typed(FACTS), **changed}


async def a_draft(services: Services) -> UUID:
    answer = await services.owners.client(Owner.ASSIGNMENTS).post("/drafts", json=FACTS, headers=TOKEN)
    return UUID(answer.json()["draft_id"])


async def an_open_one(services: Services) -> UUID:
    """Open an opdracht, of which the desk has heard."""
    http = services.owners.client(Owner.ASSIGNMENTS)
    answer = await http.post("/assignments", json={**FACTS, "open": True}, headers=TOKEN)
    assignment_id = UUID(answer.json()["assignment_id"])
    await hear(services, assignment_id)
    return assignment_id


async def hear(services: Services, assignment_id: UUID, version: int = 1) -> None:
    """Let the desk hear of an opdracht's version."""
    identity = {"assignment_id": str(assignment_id), "version": version}
    opened = AssignmentOpened.model_validate_json(json.dumps({**FACTS, **identity}))
    await desks.tell(services.pools["desk"], [desks.an_event(opened, datetime.now(UTC))])


async def versions(services: Services, assignment_id: UUID) -> int:
    """Return how many events there are of an opdracht."""
    return await services.count(
        "assignments", "SELECT count(*) FROM outbox WHERE key = $1", str(assignment_id).encode()
    )


async def test_a_concept_is_begun_once(browser: httpx.AsyncClient, services: Services) -> None:
    form = typed() | {"key": str(uuid4()), "actie": "bewaar"}
    await ten_times(browser, "/opdrachten/nieuw", form)
    assert await services.count("assignments", "SELECT count(*) FROM assignments") == 1


async def test_a_concept_is_kept_once(browser: httpx.AsyncClient, services: Services) -> None:
    draft = await a_draft(services)
    form = typed(title="Een andere titel") | {"version": "1", "actie": "bewaar"}
    await ten_times(browser, f"/opdrachten/{draft}/wijzigen", form)
    kept = (await services.owners.client(Owner.ASSIGNMENTS).get(f"/drafts/{draft}", headers=TOKEN)).json()
    assert (kept["fields"]["title"], kept["version"]) == ("Een andere titel", 2)


async def test_a_concept_is_published_once(browser: httpx.AsyncClient, services: Services) -> None:
    draft = await a_draft(services)
    await hear(services, draft, version=2)
    done = await ten_times(browser, f"/opdrachten/{draft}/publiceer", {"key": str(uuid4())})
    assert done.headers["location"] == f"/opdrachten/{draft}"
    assert await versions(services, draft) == 1


async def test_an_opdracht_is_copied_once(browser: httpx.AsyncClient, services: Services) -> None:
    opdracht = await an_open_one(services)
    await ten_times(browser, f"/opdrachten/{opdracht}/kopieer", {"key": str(uuid4())})
    assert await services.count("assignments", "SELECT count(*) FROM drafts") == 1


async def test_an_opdracht_is_changed_once(browser: httpx.AsyncClient, services: Services) -> None:
    opdracht = await an_open_one(services)
    await hear(services, opdracht, version=2)
    form = typed(title="Een andere titel") | {"version": "1", "staat": "open", "actie": "bevestig"}
    done = await ten_times(browser, f"/opdrachten/{opdracht}/wijzigen", form)
    assert done.headers["location"] == f"/opdrachten/{opdracht}"
    assert await versions(services, opdracht) == 2


async def test_an_opdracht_is_closed_once_and_a_concept_deleted_once(
    browser: httpx.AsyncClient, services: Services
) -> None:
    opdracht, draft = await an_open_one(services), await a_draft(services)
    await hear(services, opdracht, version=2)
    await ten_times(browser, f"/opdrachten/{opdracht}/sluit", {"reden": "withdrawn"})
    assert await versions(services, opdracht) == 2
    await ten_times(browser, f"/opdrachten/{draft}/verwijder", {})
    assert await services.count("assignments", "SELECT count(*) FROM assignments") == 1


async def test_somebody_is_registered_once_and_changed_once(
    browser: httpx.AsyncClient, services: Services
) -> None:
    form = dict(profile_form.typed_of(examples.PROFILE)) | {"key": [str(uuid4())]}
    done = await ten_times(browser, "/mensen/nieuw", form)
    assert await services.count("profiles", "SELECT count(*) FROM profiles") == 1
    address = done.headers["location"].partition("?")[0]
    changed = form | {"/facts/hours_max": ["36"], "version": ["1"]}
    await ten_times(browser, f"{address}/wijzigen", changed)
    answer = await services.owners.client(Owner.PROFILES).get(
        address.replace("mensen", "profiles"), headers=TOKEN
    )
    assert (answer.json()["facts"]["hours_max"], answer.headers["etag"]) == (36, '"2"')


async def test_a_decision_is_taken_once_and_taken_back_once(
    browser: httpx.AsyncClient, services: Services
) -> None:
    opdracht = uuid4()
    facts = undemanding() | {"respond_by": "2099-12-18T09:00:00+01:00"}
    person = await desks.somebody(services.pools["desk"], "Anna Test")
    rng = random.Random(1)
    await services.node.digest([assignment_event(opdracht, 1, facts)], rng)
    await services.node.digest([profile_event(person, 1, fitting(facts, 1))], rng)
    now = datetime.now(UTC)
    opened = AssignmentOpened.model_validate_json(
        json.dumps({**facts, "assignment_id": str(opdracht), "version": 1})
    )
    proposed = desks.Pair(opdracht, person).proposed(now)
    assert proposed.match_id == match_id(opdracht, person)
    await desks.tell(services.pools["desk"], [desks.an_event(data, now) for data in (opened, proposed)])
    address = f"/opdrachten/{opdracht}/mensen/{person}"
    form = {
        "soort": "rejected",
        "reden": "past niet",
        "code": "tarief",
        "sleutel": str(uuid4()),
        "stap": "definitief",
    }
    await ten_times(browser, f"{address}/besluit", form)
    said = [one for one in await services.node.said() if "decision" in one]
    assert [one["decision"] for one in said] == ["rejected"]
    await ten_times(browser, f"{address}/ongedaan", {"sleutel": str(uuid4())})
    said = [one for one in await services.node.said() if "decision" in one]
    assert [one["decision"] for one in said] == ["reopened"]


async def test_what_the_desk_keeps_itself_is_kept_once(
    browser: httpx.AsyncClient, services: Services
) -> None:
    person, opdracht = await desks.somebody(services.pools["desk"], "Anna Test"), await an_open_one(services)
    for address in (f"/mensen/{person}", f"/opdrachten/{opdracht}/mensen/{person}"):
        key = str(uuid4())
        await ten_times(browser, f"{address}/notities", {"sleutel": key, "tekst": "Belde terug."})
        about = "SELECT count(*) FROM notes WHERE note_id = $1"
        assert await services.count("desk", about, UUID(key)) == 1
        await ten_times(browser, f"/mensen/{person}/notities/{key}/verwijder", {})
        assert await services.count("desk", about, UUID(key)) == 0
    await ten_times(browser, "/later", {"line": f"stil:{person}", "wie": "mij"})
    assert await services.count("desk", "SELECT count(*) FROM put_off") == 1
    await ten_times(browser, "/instellingen/teksten", {"tarief": "Dag {naam}"})
    assert await services.count("desk", "SELECT count(*) FROM message_templates") == 1


async def test_ones_own_mails_are_chosen_once(browser: httpx.AsyncClient, services: Services) -> None:
    form = {"summary": "daily", "interest": "daily", "quiet_hours": "true"}
    await ten_times(browser, "/instellingen/mails", form)
    assert await services.count("notifications", "SELECT count(*) FROM recruiter_preferences") == 1


async def test_a_mail_goes_out_again_once_and_an_address_is_released_once(
    browser: httpx.AsyncClient, services: Services
) -> None:
    pool, now = services.pools["notifications"], datetime.now(UTC)
    person = uuid4()
    await add_contact(pool, person, "vol@example.org")
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by="2099-12-18T09:00:00+01:00")
    await propose(pool, opdracht, person, now)

    async def unknown(_mail: Any) -> Any:
        return Unknown("no such mailbox")

    await make_sender(pool, unknown).send_due(datetime.now(UTC))
    state = "SELECT state FROM notices WHERE kind = 'match'"
    assert await pool.fetchval(state) == NoticeOutcome.REFUSED
    await ten_times(browser, f"/mensen/{person}/vrij", {})
    assert await services.count("notifications", "SELECT count(*) FROM suppressed_mailboxes") == 0
    # a release plans what was not told anew; it is refused once more
    await make_sender(pool, unknown).send_due(datetime.now(UTC))
    await ten_times(browser, "/mails/adressen/vrij", {"domein": "example.org"})
    notice = await pool.fetchval("SELECT notice_id FROM notices WHERE kind = 'match'")
    await pool.execute("UPDATE notices SET state = 'bounced' WHERE notice_id = $1", notice)
    await ten_times(browser, f"/mails/{notice}/opnieuw", {"sleutel": str(uuid4())})
    assert await pool.fetchval(state) == "pending"
