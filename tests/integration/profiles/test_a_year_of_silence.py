"""Somebody who confirms nothing for a year is asked whether they stay and then erased; who says so stays, and
whoever has an open answer, or was not reached for our fault, does."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from chassis.retention import measure, turn
from contracts.vocabulary import Answer
from notifications import staying
from notifications.answers import answering, preferring
from notifications.answers.links import Link, Links, Purpose
from profiles import asking, handlers
from prometheus_client import REGISTRY
from stack.layout import Layout
from support.notifying import add_assignment, propose, read
from support.placements import TERMS, event
from support.two_services import DAY, YEAR, Platform, a_platform

START = datetime(2027, 1, 10, 2, tzinfo=UTC)
ASKED = START + 335 * DAY + DAY  # the first night after 335 days
LINKS = Links("http://localhost", "a-secret-of-the-tests")
EVERY_ROW = "SELECT count(*) FROM notices WHERE profile_id = $1 AND address IS NOT NULL"


@pytest.fixture
async def platform(postgres: Layout) -> AsyncIterator[Platform]:
    async with a_platform(postgres) as opened:
        yield opened


async def test_who_is_silent_for_a_year_is_asked_once_and_erased_after_thirty_whole_days(
    platform: Platform,
) -> None:
    anna = await platform.register("stil@example.org", START)
    await platform.night(ASKED - DAY)
    assert platform.mails == []
    await platform.nights(ASKED, ASKED + 30 * DAY)
    assert [mail.to for mail in platform.mails] == ["stil@example.org"]
    assert str(read(platform.mails[0])["Subject"]) == "Wil je ingeschreven blijven?"
    assert await platform.exists(anna)
    await platform.night(ASKED + 31 * DAY)
    assert not await platform.exists(anna)
    assert await platform.notifications.fetchval(EVERY_ROW, anna) == 0
    assert await platform.profiles.fetchval("SELECT key FROM person_keys WHERE profile_id = $1", anna) is None
    await platform.night(ASKED + 32 * DAY)
    assert len(platform.mails) == 1


async def test_who_clicks_stays_and_is_asked_again_a_year_later(platform: Platform) -> None:
    anna = await platform.register("klikt@example.org", START)
    await platform.night(ASKED)
    found = LINKS.read(Purpose.CONFIRM, platform.link(platform.mails[0]))
    assert found == Link(anna)
    clicked = ASKED + 29 * DAY
    assert await staying.confirm(platform.notifications, anna, clicked)
    await platform.carry(clicked)
    await platform.nights(ASKED + 30 * DAY, ASKED + 40 * DAY)
    assert await platform.exists(anna)
    assert len(platform.mails) == 1
    await platform.night(clicked + 336 * DAY)
    assert len(platform.mails) == 2


async def test_a_click_counts_before_profiles_hears_of_it_and_a_day_that_is_told_late_does_not(
    platform: Platform,
) -> None:
    anna = await platform.register("netoptijd@example.org", START)
    await platform.night(ASKED)
    last = ASKED + 31 * DAY
    async with platform.notifications.acquire() as connection, connection.transaction():
        await staying.notice_silence(connection, last)
    assert await staying.confirm(platform.notifications, anna, last - timedelta(minutes=1))
    await platform.carry(last)
    assert await platform.exists(anna)


async def test_who_chooses_how_to_be_told_or_answers_a_match_confirms_by_it(platform: Platform) -> None:
    chooses = await platform.register("kiest@example.org", START)
    answers = await platform.register("antwoordt@example.org", START)
    await platform.night(ASKED)
    day = ASKED + 5 * DAY
    assert await preferring.unsubscribe(platform.notifications, chooses, day)
    await answered(platform, answers, day, Answer.DECLINED)
    await platform.carry(day)
    await platform.nights(ASKED + 30 * DAY, ASKED + 40 * DAY)
    assert await platform.exists(chooses)
    assert await platform.exists(answers)


async def test_who_answered_within_the_year_is_not_even_asked(platform: Platform) -> None:
    anna = await platform.register("actief@example.org", START)
    await answered(platform, anna, START + 200 * DAY, Answer.DECLINED)
    await platform.nights(ASKED, ASKED + 3 * DAY)
    assert platform.mails == []
    await platform.night(START + 536 * DAY)
    assert len(platform.mails) == 1


async def test_who_has_an_open_answer_stays_until_it_is_settled(platform: Platform) -> None:
    anna = await platform.register("wacht@example.org", START)
    match_id = await answered(platform, anna, START - DAY, Answer.INTERESTED)
    await platform.nights(ASKED, ASKED + 40 * DAY)
    assert len(platform.mails) == 1, "an answer of before they confirmed last confirms nothing"
    assert await platform.exists(anna)
    await platform.notifications.execute("UPDATE matches SET live = false WHERE match_id = $1", match_id)
    await platform.night(ASKED + 41 * DAY)
    assert not await platform.exists(anna)


async def test_who_is_placed_is_neither_asked_nor_erased_until_that_is_over_and_has_thirty_days_then(
    platform: Platform,
) -> None:
    anna = await platform.register("aanhetwerk@example.org", START)
    last = ASKED + 40 * DAY
    await placed(platform, anna, START, last)
    await platform.nights(ASKED, last)
    assert platform.mails == []
    assert await platform.exists(anna)
    await platform.nights(last + DAY, last + 31 * DAY)
    assert len(platform.mails) == 1
    assert await platform.exists(anna)
    await platform.night(last + 32 * DAY)
    assert not await platform.exists(anna)


async def test_who_is_placed_after_they_were_asked_is_not_asked_any_more(platform: Platform) -> None:
    anna = await platform.register("tochnog@example.org", START)
    await platform.night(ASKED)
    assert len(platform.mails) == 1
    last = ASKED + 60 * DAY
    await placed(platform, anna, ASKED + DAY, last)
    await platform.nights(ASKED + DAY, last)
    assert await platform.exists(anna)
    asked = "SELECT erased_on FROM profiles WHERE profile_id = $1"
    assert await platform.profiles.fetchval(asked, anna) is None
    await platform.nights(last + DAY, last + 31 * DAY)
    assert len(platform.mails) == 2
    assert await platform.exists(anna)
    await platform.night(last + 32 * DAY)
    assert not await platform.exists(anna)


async def test_who_is_still_there_long_after_their_day_is_asked_anew_before_they_go(
    platform: Platform,
) -> None:
    anna = await platform.register("langopen@example.org", START)
    match_id = await answered(platform, anna, START - DAY, Answer.INTERESTED)
    await platform.nights(ASKED, ASKED + 70 * DAY)
    assert len(platform.mails) == 2
    await platform.notifications.execute("UPDATE matches SET live = false WHERE match_id = $1", match_id)
    await platform.night(ASKED + 71 * DAY)
    assert await platform.exists(anna)
    await platform.nights(ASKED + 72 * DAY, ASKED + 92 * DAY)
    assert not await platform.exists(anna)


async def test_nobody_is_erased_while_no_mail_goes_out_and_then_has_thirty_days_all_the_same(
    platform: Platform,
) -> None:
    anna = await platform.register("kapot@example.org", START)
    platform.takes_mail = False
    await platform.nights(ASKED, ASKED + 60 * DAY)
    assert await platform.exists(anna)
    platform.takes_mail = True
    mended = ASKED + 61 * DAY
    await platform.nights(mended, mended + 30 * DAY)
    assert len(platform.mails) == 1
    body = read(platform.mails[0]).get_body(("plain",))
    assert body is not None
    assert "verwijderen we je gegevens op " in body.get_content()
    assert await platform.exists(anna)
    await platform.night(mended + 31 * DAY)
    assert not await platform.exists(anna)


@pytest.mark.parametrize("why", ["suppressed", "unsubscribed"])
async def test_for_who_cannot_or_may_not_be_mailed_the_year_counts_alone(
    platform: Platform, why: str
) -> None:
    anna = await platform.register(f"{why}@example.org", START)
    if why == "suppressed":
        await platform.notifications.execute(
            "INSERT INTO suppressed_mailboxes (suppression_id, mailbox, cause, reason)"
            " VALUES (gen_random_uuid(), 'suppressed@example.org', 'bounced', '550')"
        )
    else:
        assert await preferring.unsubscribe(platform.notifications, anna, START, news=False)
        await platform.carry(START)
    await platform.nights(ASKED, ASKED + 29 * DAY)
    assert await platform.exists(anna)
    await platform.nights(ASKED + 30 * DAY, ASKED + 31 * DAY)
    assert not await platform.exists(anna)
    assert platform.mails == []


async def test_profiles_of_before_are_asked_by_their_last_change_and_have_thirty_days(
    platform: Platform,
) -> None:
    anna = await platform.register("vanvroeger@example.org", START - 3 * YEAR)
    await platform.profiles.execute("UPDATE profiles SET confirmed_at = NULL")
    await platform.nights(START, START + 30 * DAY)
    assert len(platform.mails) == 1
    assert await platform.exists(anna)
    await platform.night(START + 31 * DAY)
    assert not await platform.exists(anna)


async def test_many_are_asked_in_sets_of_a_transaction_each_and_no_more_in_a_night_than_may_be(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await platform.register("velen@example.org", START)
    await platform.profiles.execute(MORE, anna, 319)
    monkeypatch.setattr(asking, "A_TURN", 120)
    assert await turn(platform.profiles, asking.duties_of(YEAR)[0], ASKED)
    assert sorted(row["count"] for row in await platform.profiles.fetch(SETS)) == [20, 50, 50]
    monkeypatch.setattr(asking, "A_TURN", 1)
    assert await turn(platform.profiles, asking.duties_of(YEAR)[0], ASKED + DAY)
    assert await platform.profiles.fetchval(COUNT_ASKED) == 123  # a hundredth of all


async def test_one_that_cannot_be_read_keeps_nobody_from_being_asked(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "A_SET", 2)
    anna = await platform.register("onleesbaar@example.org", START)
    await platform.profiles.execute(MORE, anna, 5)
    await platform.profiles.execute(
        "UPDATE profiles SET facts = '{}', confirmed_at = confirmed_at - interval '1 day'"
        " WHERE profile_id IN (SELECT profile_id FROM profiles ORDER BY profile_id LIMIT 3)"
    )
    assert await turn(platform.profiles, asking.duties_of(YEAR)[0], ASKED)
    assert await platform.profiles.fetchval(COUNT_ASKED) == 3


async def test_who_was_never_asked_is_told_of_as_held_too_long_and_who_is_placed_is_not(
    platform: Platform,
) -> None:
    async def overdue(at: datetime) -> float | None:
        await measure(platform.profiles, asking.duties_of(YEAR)[0], at)
        return REGISTRY.get_sample_value("overdue_personal_data_days", {"kind": "profile"})

    anna = await platform.register("nooit@example.org", START)
    assert await overdue(START + YEAR + 30 * DAY) == 0
    assert await overdue(START + YEAR + 45 * DAY) == 15
    await placed(platform, anna, START, START + 2 * YEAR)
    assert await overdue(START + YEAR + 45 * DAY) == 0


MORE = """
INSERT INTO profiles (profile_id, version, contact, facts, created_at, updated_at, confirmed_at)
SELECT gen_random_uuid(), 1, contact, facts, created_at, updated_at, confirmed_at
FROM profiles, generate_series(1, $2::int)
WHERE profile_id = $1
"""
SETS = """
SELECT count(*) FROM profiles WHERE erased_on IS NOT NULL GROUP BY xmin
"""
COUNT_ASKED = """
SELECT count(*) FROM profiles WHERE erased_on IS NOT NULL
"""


async def placed(platform: Platform, profile_id: UUID, at: datetime, last: datetime) -> None:
    """Let profiles hear at a moment that somebody is placed, until a day."""
    data = {
        "placement_id": str(uuid4()),
        "assignment_id": str(uuid4()),
        "profile_id": str(profile_id),
        "version": 1,
        "organisation_type": "provincie",
        "level": "senior",
        "state": "agreed",
        **TERMS,
        "starts_on": str(at.date()),
        "ends_on": str(last.date()),
        "ended_on": None,
        "ended_reason": None,
    }
    async with platform.profiles.acquire() as connection, connection.transaction():
        await handlers.take_in(connection, [event("PlacementAgreed.v1", data)], at)
    await platform.carry(at)


async def answered(platform: Platform, profile_id: UUID, at: datetime, given: Answer) -> UUID:
    """Propose a match to somebody, who answers it; return it."""
    pool = platform.notifications
    respond_by = (at + 7 * DAY).isoformat()
    assignment_id = await add_assignment(pool, random.Random(3), "normaal", respond_by=respond_by)
    match = await propose(pool, assignment_id, profile_id, at)
    await answering.answer(pool, match.match_id, given, None, at)
    await pool.execute("UPDATE notices SET state = 'cancelled', settled_at = now() WHERE kind <> 'stay'")
    await platform.carry(at)
    return match.match_id
