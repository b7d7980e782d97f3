"""What a recruiter sees before an opdracht, or a change of one, leaves: whom it reaches, who falls off."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.events import AssignmentOpened
from contracts.vocabulary import Answer, NoticeOutcome
from desk.domain import form
from desk.pages import intake, intake_steps, person
from support.desks import Pair, an_event, somebody, tell
from support.owned import Answering, desk_of

from contracts import examples

NOW = datetime.now(UTC)
FACTS = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
RULES = [{"rule": "rate", "rejected": 3, "only": 2}]


@pytest.fixture
def owners() -> Answering:
    answering = Answering()
    answering.tell("GET", "/places", {"items": [FACTS["place"]], "found": [FACTS["place"]["name"]]})
    return answering


@pytest.fixture
async def browser(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, owners, intake.router, intake_steps.router, person.router) as opened:
        yield opened


def reaches(owners: Answering, candidates: int, seated: list[UUID], fitting: list[UUID]) -> None:
    owners.tell(
        "POST",
        "/reach",
        {
            **{"population": 9, "candidates": candidates, "rules": RULES, "relaxations": [], "best": []},
            "seated": [{"profile_id": str(one), "score": 70} for one in seated],
            "fitting": [str(one) for one in fitting],
        },
    )


def a_draft(owners: Answering) -> UUID:
    draft_id = uuid4()
    body: dict[str, Any] = {"draft_id": str(draft_id), "version": 1, "fields": FACTS}
    owners.tell("GET", f"/drafts/{draft_id}", {**body, "missing": [], "errors": []})
    return draft_id


async def test_before_it_is_published_one_reads_who_gets_mail_when(
    browser: httpx.AsyncClient, owners: Answering
) -> None:
    draft_id, people = a_draft(owners), [uuid4() for _ in range(3)]
    reaches(owners, 40, people, [])
    prospects = [("now", None), ("now", None), ("unwanted", None)]
    items = [
        {"profile_id": str(one), "prospect": prospect, "at": at}
        for one, (prospect, at) in zip(people, prospects, strict=True)
    ]
    owners.tell("POST", "/forecast", {"items": items})
    page = await browser.get(f"/opdrachten/{draft_id}/publiceer")
    assert "<strong>40 mensen passen</strong>" in page.text
    assert "De beste 3 worden voorgesteld" in page.text
    assert "2 krijgen nu mail, 1 wil deze mail niet." in page.text
    (asked,) = [one for one in owners.asked if one.url.path == "/forecast"]
    assert FACTS["respond_by"] in asked.content.decode()


async def test_who_gets_mail_is_one_part_of_the_page_that_may_be_away(
    browser: httpx.AsyncClient, owners: Answering
) -> None:
    draft_id = a_draft(owners)
    reaches(owners, 1, [uuid4()], [])
    page = await browser.get(f"/opdrachten/{draft_id}/publiceer")
    assert page.status_code == 200
    assert "Wie wanneer mail krijgt, is even niet te zeggen" in page.text


async def test_a_change_names_who_falls_off_and_who_was_mailed_the_old_facts(
    browser: httpx.AsyncClient, pool: Pool, owners: Answering
) -> None:
    assignment_id = uuid4()
    owners.tell("GET", f"/drafts/{assignment_id}", {"title": "not found"}, 404)
    owners.tell("GET", f"/assignments/{assignment_id}", {**FACTS, "version": 3, "state": "open"})
    mailed, falling, declined = [
        await somebody(pool, name) for name in ("Mo Mailing", "Vera Valaf", "Nina Nee")
    ]
    pairs = {one: Pair(assignment_id, one) for one in (mailed, falling, declined)}
    await tell(pool, [an_event(pair.proposed(NOW), NOW) for pair in pairs.values()])
    await tell(pool, [an_event(pairs[mailed].settled(NOW, NoticeOutcome.ACCEPTED), NOW)])
    await tell(pool, [an_event(pairs[declined].answered(NOW, Answer.DECLINED), NOW)])
    reaches(owners, 5, [], [mailed, declined])
    typed = {**form.typed(FACTS), "rate_max_cents": ["90"], "version": ["3"], "staat": ["open"]}
    page = await browser.post(
        f"/opdrachten/{assignment_id}/wijzigen", data={**typed, "actie": ["controleer"]}
    )
    assert page.status_code == 200, page.text
    assert "Deze persoon past dan niet meer: <a" in page.text
    falls, mails = page.text.split("Deze persoon past dan niet meer")[1].split("kreeg al mail")
    assert "Vera Valaf" in falls
    assert "Mo Mailing" in mails
    assert "Nina Nee" not in page.text
    assert "na de wijziging <strong>4</strong>" in page.text


async def test_a_message_that_was_emptied_is_seen_and_sent_as_the_text_of_the_decision(
    browser: httpx.AsyncClient, pool: Pool, owners: Answering
) -> None:
    pair = Pair(uuid4(), await somebody(pool, "Mo Mailing"))
    opened = AssignmentOpened.model_validate_json(
        json.dumps({**FACTS, "assignment_id": str(pair.ids["assignment_id"]), "version": 1})
    )
    await tell(pool, [an_event(opened, NOW), an_event(pair.proposed(NOW), NOW)])
    owners.tell("POST", f"/matches/{pair.match_id}/decision", {})
    typed = {"reden": "Te duur", "bericht": " ", "stuur": "1", "sleutel": str(uuid4())}
    place = f"/opdrachten/{pair.ids['assignment_id']}/mensen/{pair.ids['profile_id']}/besluit"
    for decision in (
        {"soort": "nominated"},
        {"soort": "invited"},
        {"soort": "rejected", "code": "tarief"},
    ):
        page = await browser.post(place, data=typed | decision)
        seen = unescape(page.text.partition('<blockquote class="written">')[2].partition("</blockquote>")[0])
        assert seen.startswith("Dag Mo Mailing,\n\n"), page.text
        await browser.post(place, data=typed | decision | {"stap": "definitief"})
        assert json.loads(owners.asked[-1].content)["message"] == seen
    assert "Je tarief past helaas niet" in seen
