"""Whoever is at work hears that what they were told was agreed changes, or is off: once, as it is now."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.at_work import AGREED, DAY, World, at_work, said
from support.notifying import take

LATER = AGREED + 2 * DAY


def cancelled(agreed: dict[str, Any], version: int) -> dict[str, Any]:
    ended = {"state": "ended", "ended_on": "2027-01-03", "ended_reason": "cancelled"}
    return {**agreed, "version": version, **ended}


async def told_of_an_agreement(world: World, address: str) -> dict[str, Any]:
    """Return a placement whose professional was mailed that it is agreed; what was sent is forgotten."""
    agreed = await at_work(world, address)
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.live(LATER - DAY)
    assert [day for day, _ in world.told(address)] == ["2027-01-01"]
    world.sent.clear()
    world.now = LATER
    return agreed


async def change(world: World, agreed: dict[str, Any], version: int, **terms: Any) -> None:
    changed = {**agreed, "version": version, **terms}
    await take(world.pool, world.now, said("PlacementChanged.v1", changed, world.now))


@pytest.mark.parametrize(
    "terms",
    [
        {"hours": 28},
        {"rate_cents": 9900},
        {"starts_on": "2027-01-11"},
        {"ends_on": "2027-05-31"},
        {"ends_on": "2027-08-31"},
        {"contract_form": "detachering"},
    ],
)
async def test_terms_that_change_after_they_were_told_are_told_once(
    world: World, terms: dict[str, Any]
) -> None:
    agreed = await told_of_an_agreement(world, "anders@example.org")
    await change(world, agreed, 2, **terms)
    await change(world, agreed, 2, **terms)
    await world.live(LATER + timedelta(hours=5), timedelta(minutes=5))
    ((at, mail),) = world.sent
    assert at == LATER + timedelta(minutes=10)
    assert "je afspraken zijn veranderd" in str(mail["Subject"])
    assert "eerste-dag.ics" in [part.get_filename() for part in mail.iter_attachments()]


async def test_changes_within_ten_minutes_are_told_in_one_mail_as_they_are_then(world: World) -> None:
    agreed = await told_of_an_agreement(world, "twee-keer@example.org")
    await change(world, agreed, 2, hours=28)
    await world.live(LATER + timedelta(minutes=4), timedelta(minutes=1))
    await change(world, agreed, 3, hours=16)
    await world.live(LATER + DAY, timedelta(minutes=30))
    ((_, mail),) = world.sent
    body = mail.get_body(("plain",))
    assert body is not None
    assert "16 uur per week" in body.get_content()


async def test_each_later_change_is_told_also_one_that_brings_back_what_was(world: World) -> None:
    agreed = await told_of_an_agreement(world, "heen-en-weer@example.org")
    await change(world, agreed, 2, hours=28)
    await world.live(LATER + DAY)
    await change(world, agreed, 3)
    await world.live(LATER + 3 * DAY)
    assert [day for day, _ in world.told("heen-en-weer@")] == ["2027-01-03", "2027-01-04"]


async def test_what_changes_before_the_agreement_is_mailed_is_told_as_agreed(world: World) -> None:
    agreed = await at_work(world, "meteen-anders@example.org")
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await change(world, agreed, 2, hours=28)
    await world.live(LATER)
    ((_, subject),) = world.told("meteen-anders@")
    assert "je gaat aan de slag" in subject


async def test_what_does_not_touch_the_terms_or_is_published_once_more_tells_nothing(world: World) -> None:
    agreed = await told_of_an_agreement(world, "zelfde@example.org")
    await change(world, agreed, 2, level="senior")
    again = said("PlacementChanged.v1", {**agreed, "version": 3, "hours": 20}, LATER, again=True)
    await take(world.pool, LATER, again)
    await world.live(LATER + DAY)
    assert world.sent == []


async def test_a_change_that_waits_is_told_though_its_placement_is_published_once_more(world: World) -> None:
    agreed = await told_of_an_agreement(world, "wacht@example.org")
    await change(world, agreed, 2, hours=28)
    again = said("PlacementChanged.v1", {**agreed, "version": 3, "hours": 28}, LATER, again=True)
    await take(world.pool, LATER, again)
    await world.live(LATER + DAY)
    assert len(world.told("wacht@")) == 1


async def test_an_end_that_is_moved_ahead_is_told_before_it_comes(world: World) -> None:
    agreed = await told_of_an_agreement(world, "eerder-klaar@example.org")
    early = {**agreed, "version": 2, "state": "ended", "ended_on": "2027-02-01", "ended_reason": "early"}
    await take(world.pool, LATER, said("PlacementEnded.v1", early, LATER))
    await world.live(datetime(2027, 7, 20, tzinfo=UTC))
    assert [day for day, _ in world.told("eerder-klaar@")] == ["2027-01-03", "2027-02-02"]


@pytest.mark.parametrize("changed", [False, True])
async def test_work_that_is_off_after_it_was_told_is_told_at_once_and_nothing_more(
    world: World, changed: bool
) -> None:
    agreed = await told_of_an_agreement(world, "gaat-niet-door@example.org")
    if changed:
        await change(world, agreed, 2, hours=28)
    off = said("PlacementEnded.v1", cancelled(agreed, 3), LATER)
    await take(world.pool, LATER, off)
    await take(world.pool, LATER, off)
    await world.live(AGREED + 220 * DAY, 2 * DAY)
    assert [day for day, _ in world.told("gaat-niet-door@")] == ["2027-01-03"]
    ((_, mail),) = world.sent
    assert "je opdracht gaat niet door" in str(mail["Subject"])
    assert list(mail.iter_attachments()) == []


async def test_work_that_is_off_is_told_where_the_mail_on_its_agreement_is_on_its_way(world: World) -> None:
    agreed = await at_work(world, "onderweg@example.org")
    await take(world.pool, AGREED, said("PlacementAgreed.v1", agreed, AGREED))
    await world.pool.execute("UPDATE notices SET state = 'sending' WHERE kind = 'agreed'")
    await take(world.pool, AGREED, said("PlacementEnded.v1", cancelled(agreed, 2), AGREED))
    (waiting,) = await world.pool.fetch("SELECT kind FROM notices WHERE state = 'pending'")
    assert waiting["kind"] == "ended"


async def test_who_was_told_that_work_is_off_is_not_told_of_the_next_one_that_they_never_heard_of(
    world: World,
) -> None:
    agreed = await told_of_an_agreement(world, "opnieuw@example.org")
    await take(world.pool, LATER, said("PlacementEnded.v1", cancelled(agreed, 2), LATER))
    await world.live(LATER + DAY)
    next_one = {**agreed, "placement_id": "01a20f82-b178-75b2-9572-e7c0d16b6ad7"}
    await take(world.pool, world.now, said("PlacementAgreed.v1", next_one, world.now))
    await take(world.pool, world.now, said("PlacementEnded.v1", cancelled(next_one, 2), world.now))
    await world.live(LATER + 3 * DAY)
    assert len(world.told("opnieuw@")) == 1
