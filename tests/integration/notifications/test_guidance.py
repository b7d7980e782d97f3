"""Whoever is at work is told what was agreed, asked how it goes, and heard: by the clock, each once."""

import json
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from contracts.envelope import Event
from contracts.events import AssignmentClosed, LeverFound, NoticeSettled, PlacementAgreed
from contracts.vocabulary import NoticeKind, NoticeOutcome
from notifications import taking_back
from notifications.domain import guidance
from support.at_work import AGREED, DAY, World, at_work, placement, said
from support.notifying import a_contact, add_assignment, an_event, hear, propose, sample, take
from uuid_utils.compat import uuid7

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
    assert days == ["2027-01-01", "2027-01-18", "2027-01-31", "2027-05-03", "2027-05-20", "2027-05-22"]


async def test_who_goes_on_is_asked_again_eight_weeks_before_the_new_end(world: World) -> None:
    agreed = await at_work(world, "gaat-door@example.org")
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(datetime(2027, 5, 20, tzinfo=UTC))
    longer = {**agreed, "version": 2, "ends_on": "2027-10-31"}
    await take(world.pool, world.now, said("PlacementChanged.v1", longer, world.now))
    await world.live(datetime(2027, 11, 10, tzinfo=UTC))
    days = [day for day, _ in world.told("gaat-door@")]
    assert days == [*SIX[:-1], "2027-05-20", "2027-09-05", "2027-11-01"]


@pytest.mark.parametrize(
    ("last", "again"), [("2027-06-25", []), ("2027-08-31", ["2027-07-02", "2027-07-06", "2027-09-01"])]
)
async def test_an_end_that_was_told_is_told_again_only_where_the_work_went_on(
    world: World, last: str, again: list[str]
) -> None:
    agreed = await at_work(world, "einde@example.org")
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(datetime(2027, 7, 2, tzinfo=UTC))
    ended = {**agreed, "version": 2, "state": "ended", "ended_on": last, "ended_reason": "completed"}
    after = ended if not again else {**agreed, "version": 2, "ends_on": last}
    kind = "PlacementChanged.v1" if again else "PlacementEnded.v1"
    await take(world.pool, world.now, said(kind, after, world.now))
    await world.live(datetime(2027, 9, 20, tzinfo=UTC))
    assert [day for day, _ in world.told("einde@")] == [*SIX, *again]


@pytest.mark.parametrize("batches", [1, 2])
async def test_what_waits_is_told_though_its_placement_is_published_once_more(
    world: World, batches: int
) -> None:
    agreed = await at_work(world, "nog-eens@example.org")
    events = [
        said("PlacementAgreed.v1", agreed, AGREED),
        said("PlacementChanged.v1", {**agreed, "version": 2, "hours": 28}, AGREED, again=True),
    ]
    for batch in [events] if batches == 1 else [[one] for one in events]:
        await take(world.pool, AGREED, *batch)
    await world.live(AGREED + 20 * DAY)
    assert [day for day, _ in world.told("nog-eens@")] == SIX[:2]
    assert len(world.sent) == 3  # the recruiter's too


async def test_of_what_is_only_published_once_more_the_future_is_told(world: World) -> None:
    agreed = await at_work(world, "vernomen@example.org")
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED, again=True))
    await world.live(AGREED + 20 * DAY)
    assert [f"{at:%Y-%m-%d}" for at, _ in world.sent] == SIX[1:2]


async def test_a_recruiter_is_told_of_a_placement_that_was_heard_of_before_its_professional(
    world: World,
) -> None:
    agreed = placement(profile_id=str(uuid7()))
    agreed["assignment_id"] = str(await add_assignment(world.pool, random.Random(3), "normaal"))
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(AGREED)
    assert world.sent == []
    await hear(world.pool, world.now, a_contact(UUID(agreed["profile_id"]), "later-bekend@example.org"))
    await world.live(world.now + DAY)
    assert sum("is geplaatst" in str(mail["Subject"]) for _, mail in world.sent) == 1


async def test_who_does_the_opdracht_does_not_hear_that_it_is_filled(world: World) -> None:
    agreed = await at_work(world, "ingevuld@example.org")
    assignment_id, profile_id = UUID(agreed["assignment_id"]), UUID(agreed["profile_id"])
    other = uuid7()
    await hear(world.pool, AGREED, a_contact(other, "ander@example.org"))
    for one in (profile_id, other):
        await propose(world.pool, assignment_id, one, AGREED)
    await world.pool.execute("UPDATE matches SET answer = 'interested', answered_at = $1", AGREED)
    facts = json.loads(await world.pool.fetchval("SELECT facts::text FROM assignments"))
    ids = {"assignment_id": str(assignment_id), "version": 2, "closed_reason": "filled"}
    await hear(world.pool, AGREED, AssignmentClosed.model_validate_json(json.dumps(facts | ids)))
    await world.live(AGREED)
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    world.now = AGREED + timedelta(minutes=1)
    await world.live(AGREED + DAY)
    assert len(world.told("ingevuld@")) == 1
    assert len(world.told("ander@")) == 1


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
    event = said("PlacementAgreed.v1", agreed, AGREED)
    profile_id = UUID(agreed["profile_id"])
    assert isinstance(event.data, PlacementAgreed)
    settled = NoticeSettled(
        notice_id=guidance.notice_id(event.data, NoticeKind.AGREED),
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
    await take(world.pool, AGREED, event)
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
