"""Whoever is at work is told what was agreed, asked how it goes, and heard: by the clock, each once."""

import json
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import httpx
import pytest
from chassis.database import Pool, migrate, open_pool
from contracts.envelope import Event
from contracts.events import TYPES, ContactUpdated, LeverFound, NoticeSettled
from contracts.vocabulary import NoticeKind, NoticeOutcome
from notifications import taking_back
from notifications.answers.links import Links
from notifications.app import NotificationsResources, build
from notifications.domain import guidance
from notifications.domain.mail_id import MailIds
from notifications.mail.compose import Composer
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import Accepted, Outcome
from notifications.notifying import Delays
from notifications.settings import NotificationsSettings
from support.answer_pages import PRIVACY
from support.notifying import a_contact, add_assignment, an_event, hear, read, sample, take
from support.openapi import SETTINGS
from uuid_utils.compat import uuid7

LINKS = Links("http://notifications", SETTINGS["link_secret"])
AGREED = datetime(2027, 1, 1, 11, tzinfo=UTC)  # a Friday, noon in Amsterdam
DAY = timedelta(days=1)


class World:
    """A database, a mail server that takes every mail, a clock of one's own."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool
        self.sent: list[tuple[datetime, EmailMessage]] = []
        self.now = AGREED
        composer = Composer(LINKS, MailIds("x"), "post@example.org")
        self._sender = Sender(pool, composer.write, self._take)

    async def _take(self, mail: Mail) -> Outcome:
        self.sent.append((self.now, read(mail)))
        return Accepted("250 ok")

    async def live(self, until: datetime, step: timedelta = timedelta(hours=6)) -> None:
        while self.now <= until:
            while await self._sender.send_due(self.now):
                pass
            self.now += step

    def told(self, who: str) -> list[tuple[str, str]]:
        """Return the days and the ends of the subjects of somebody's mails."""
        return [(f"{at:%Y-%m-%d}", str(mail["Subject"])) for at, mail in self.sent if who in mail["To"]]


@pytest.fixture
async def world(database: str) -> AsyncIterator[World]:
    await migrate(database, "chassis", "notifications")
    async with open_pool(database) as opened:
        yield World(opened)


def placement(**changes: Any) -> dict[str, Any]:
    terms = {"starts_on": "2027-01-04", "ends_on": "2027-06-30", "placement_id": str(uuid7())}
    return {**sample("PlacementAgreed.v1.1.json"), **terms, **changes}


def said(kind: str, data: dict[str, Any], at: datetime, *, again: bool = False) -> Event:
    event = TYPES[kind].model_validate_json(json.dumps(data))
    placement_id = UUID(data["placement_id"])
    return Event(str(uuid7()), "/services/assignments", kind, placement_id, at, event, republished=again)


async def at_work(world: World, address: str, **changes: Any) -> dict[str, Any]:
    """Return a placement of somebody whom the service knows, on an opdracht that it knows."""
    profile_id = uuid7()
    assignment_id = await add_assignment(world.pool, random.Random(3), "normaal")
    contact = a_contact(profile_id, address).model_dump()
    wishes = {"preferences": contact["preferences"] | {"quiet_hours": False}}
    await hear(world.pool, AGREED, ContactUpdated.model_validate(contact | wishes | changes))
    return placement(profile_id=str(profile_id), assignment_id=str(assignment_id))


SIX = ["2027-01-01", "2027-01-18", "2027-04-02", "2027-05-05", "2027-07-01"]


async def test_each_mail_goes_out_once_on_its_day_however_often_the_events_come(world: World) -> None:
    agreed = await at_work(world, "klok@example.org")
    event = said("PlacementAgreed.v1", agreed, AGREED)
    changed = said("PlacementChanged.v1", {**agreed, "version": 2, "hours": 28}, AGREED + DAY)
    for one in (event, changed, event):
        await take(world.pool, AGREED, one)
    await world.live(AGREED + 60 * DAY)
    await take(world.pool, world.now, event, changed)
    await take(
        world.pool, world.now, said("PlacementChanged.v1", {**agreed, "version": 2}, AGREED, again=True)
    )
    await world.live(datetime(2027, 7, 20, tzinfo=UTC))
    assert [day for day, _ in world.told("klok@")] == SIX
    recruiter = [mail for _, mail in world.sent if "klok@" not in mail["To"]]
    assert len(recruiter) == 1
    assert "is geplaatst" in str(recruiter[0]["Subject"])
    (first,) = [mail for at, mail in world.sent if at == AGREED and "klok@" in mail["To"]]
    assert [part.get_filename() for part in first.iter_attachments()] == ["eerste-dag.ics"]
    assert first["Reply-To"] is not None


async def test_what_has_not_been_sent_moves_with_the_placement_and_ends_with_it(world: World) -> None:
    agreed = await at_work(world, "schuift@example.org")
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(AGREED + 30 * DAY)
    longer = {**agreed, "version": 2, "ends_on": "2027-08-31"}
    await take(world.pool, world.now, said("PlacementChanged.v1", longer, world.now))
    await world.live(datetime(2027, 5, 20, tzinfo=UTC))
    early = {**longer, "version": 3, "state": "ended", "ended_on": "2027-05-21", "ended_reason": "early"}
    await take(world.pool, world.now, said("PlacementEnded.v1", early, world.now))
    await world.live(datetime(2027, 9, 20, tzinfo=UTC))
    days = [day for day, _ in world.told("schuift@")]
    assert days == ["2027-01-01", "2027-01-18", "2027-05-03", "2027-05-22"]


async def test_nothing_more_is_told_of_a_placement_that_is_taken_back(world: World) -> None:
    agreed = await at_work(world, "teruggenomen@example.org")
    gone = {**agreed, "version": 2, "state": "ended", "ended_reason": "cancelled"}
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await take(world.pool, AGREED, said("PlacementEnded.v1", gone, AGREED))
    await world.live(AGREED + 220 * DAY, 2 * DAY)
    assert world.sent == []


async def test_a_short_placement_has_fewer_check_ins(world: World) -> None:
    agreed = await at_work(world, "kort@example.org")
    short = {**agreed, "ends_on": "2027-02-12"}
    await take(world.pool, AGREED, said("PlacementAgreed.v1", short, AGREED))
    await world.live(AGREED + 90 * DAY)
    assert [day for day, _ in world.told("kort@")] == ["2027-01-01", "2027-01-18", "2027-02-13"]


async def test_a_database_that_went_back_tells_nothing_a_second_time(world: World) -> None:
    agreed = await at_work(world, "terug@example.org")
    placement_id, profile_id = UUID(agreed["placement_id"]), UUID(agreed["profile_id"])
    settled = NoticeSettled(
        notice_id=guidance.notice_id(placement_id, NoticeKind.AGREED),
        kind=NoticeKind.AGREED,
        match_id=None,
        assignment_id=UUID(agreed["assignment_id"]),
        profile_id=profile_id,
        outcome=NoticeOutcome.ACCEPTED,
        due_at=AGREED,
        at=AGREED,
    )
    async with world.pool.acquire() as connection, connection.transaction():
        await taking_back.take_back(connection, [an_event(settled, AGREED)])
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(AGREED + 20 * DAY)
    assert [day for day, _ in world.told("terug@")] == ["2027-01-18"]


async def test_who_is_erased_hears_nothing_and_nothing_of_theirs_stays(world: World) -> None:
    agreed = await at_work(world, "gewist@example.org")
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(AGREED)
    profile_id = UUID(agreed["profile_id"])
    gone = Event(str(uuid7()), "/services/profiles", "ContactErased.v1", profile_id, AGREED, None)
    nobody = said("PlacementChanged.v1", {**agreed, "version": 2, "profile_id": None}, AGREED)
    await take(world.pool, world.now, gone)
    await take(world.pool, world.now, nobody, said("PlacementAgreed.v1", agreed, AGREED))
    count = len(world.sent)
    await world.live(AGREED + 100 * DAY, DAY)
    assert len(world.sent) == count == 2
    for table in ("placements", "check_ins"):
        assert await world.pool.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert await world.pool.fetchval("SELECT count(*) FROM notices WHERE body IS NOT NULL") == 0


async def test_who_wants_no_news_and_whose_address_takes_none_is_not_asked(world: World) -> None:
    agreed = await at_work(world, "wil-niets@example.org")
    await world.pool.execute(
        "INSERT INTO mailboxes (mailbox, unsubscribed, no_news) VALUES ('wil-niets@example.org', false, true)"
    )
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(AGREED + 30 * DAY)
    assert world.told("wil-niets@") == []


@pytest.fixture
async def http(world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = build(NotificationsSettings(**SETTINGS))
    app.state.resources = NotificationsResources(
        pool=world.pool,
        links=LINKS,
        mail_ids=MailIds(SETTINGS["link_secret"]),
        delays=Delays(),
        desk_url=SETTINGS["desk_url"],
        privacy=PRIVACY,
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://notifications") as client:
        yield client


async def asked(world: World, address: str, **changes: Any) -> str:
    """Return the page of a check-in that somebody was just asked."""
    agreed = await at_work(world, address, **changes)
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(AGREED + 20 * DAY)
    mail = [mail for _, mail in world.sent if address in mail["To"]][-1]
    body = mail.get_body(("plain",))
    assert body is not None
    found: str = next(word for word in body.get_content().split() if "/check-in/" in word)
    world.sent.clear()
    return found.partition("?")[0]


PUBLISHED = "SELECT convert_from(value, 'UTF8') FROM outbox WHERE topic = 'checkins' ORDER BY id"


async def test_looking_changes_nothing_and_the_latest_answer_counts(
    world: World, http: httpx.AsyncClient
) -> None:
    page = await asked(world, "antwoordt@example.org")
    shown = await http.get(page, params={"answer": "gaat-wel"})
    assert shown.status_code == 200
    assert "Hoe gaat het?" in shown.text
    assert await world.pool.fetch(PUBLISHED) == []
    for wrong in ({"answer": "prima"}, {}, {"answer": "goed", "sentence": "x" * 2001}):
        assert (await http.post(page, data=wrong)).status_code == 422
    for answer in ("goed", "goed", "gaat-wel"):
        done = await http.post(page, data={"answer": answer})
        assert done.status_code == 200
        assert "Dank je wel" in done.text
    rows = [json.loads(row[0]) for row in await world.pool.fetch(PUBLISHED)]
    assert [row["answer"] for row in rows] == ["goed", "gaat-wel"]
    await world.live(world.now + DAY)
    assert world.sent == []


@pytest.mark.parametrize("coach", [None, {"name": "Petra Coach", "email": "petra@example.org"}])
async def test_who_wants_to_talk_reaches_the_recruiter_or_their_coach_at_once(
    world: World, http: httpx.AsyncClient, coach: dict[str, str] | None
) -> None:
    page = await asked(world, "praat@example.org", coach=coach, called="Anna")
    form = {"answer": "wil-praten", "sentence": "Ik loop vast."}
    assert (await http.post(page, data=form)).status_code == 200
    await http.post(page, data=form)
    world.now = datetime.now(UTC)
    await world.live(world.now)
    ((_, mail),) = world.sent
    assert ("petra@" in mail["To"]) is (coach is not None)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Ik loop vast." in body.get_content()
    assert "praat@example.org" in body.get_content()


async def test_the_page_of_who_is_erased_and_a_forged_one_are_dead(
    world: World, http: httpx.AsyncClient
) -> None:
    page = await asked(world, "dood@example.org")
    profile_id = await world.pool.fetchval("SELECT profile_id FROM contacts")
    await take(
        world.pool,
        AGREED,
        Event(str(uuid7()), "/services/profiles", "ContactErased.v1", profile_id, AGREED, None),
    )
    for dead in (page, "/check-in/x.y.z"):
        assert (await http.get(dead)).status_code == 404
        assert (await http.post(dead, data={"answer": "goed"})).status_code == 404


def levers(profile_id: UUID, at: datetime) -> LeverFound:
    found = sample("LeverFound.v1.1.json") | {"profile_id": str(profile_id), "found_at": at.isoformat()}
    return LeverFound.model_validate_json(json.dumps(found))


async def test_what_would_bring_opdrachten_is_told_once_to_who_wants_mail(world: World) -> None:
    wants, wants_none = uuid7(), uuid7()
    await hear(world.pool, AGREED, a_contact(wants, "stil@example.org"))
    await hear(world.pool, AGREED, a_contact(wants_none, "geen@example.org", "none"))
    found = [an_event(levers(one, AGREED), AGREED) for one in (wants, wants_none)]
    await take(world.pool, AGREED, *found)
    await take(world.pool, AGREED, *(an_event(levers(one, AGREED), AGREED) for one in (wants, wants_none)))
    await world.live(AGREED + 2 * DAY)
    ((_, mail),) = world.sent
    body = mail.get_body(("plain",))
    assert body is not None
    assert "Als je ook 110 km wilt reizen: 1 opdracht erbij" in body.get_content()
    assert "/mijn/loopbaan" in body.get_content()
    assert "List-Unsubscribe" in mail
