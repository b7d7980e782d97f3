"""Professionals at work are guided: told what was agreed, asked how it goes; and who hears of no opdracht is
told what would bring one."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from chassis.audit import Act, Action, Actor, record
from chassis.database import Connection, Pool
from chassis.delivery import outbox
from chassis.delivery.projection import latest
from contracts.envelope import Event
from contracts.events import CheckInAnswered, LeverFound, PlacementAgreed
from contracts.vocabulary import CheckIn

from notifications import SERVICE
from notifications.domain import guidance
from notifications.domain.guidance import Asked, TooMany
from notifications.domain.notice import Kind
from notifications.store import check_ins, contacts, erasure, notices, placements

UNTOLD_AGAIN = {Kind.AGREED, Kind.PLACED}


async def follow(connection: Connection, events: Sequence[Event], now: datetime) -> None:
    """Take in placements, and plan what is told of each. Of what is only published once more nothing is told
    anew but what is still ahead; what waits stays."""
    newest = latest(events)
    data = [event.data for event in newest.values() if isinstance(event.data, PlacementAgreed)]
    gone = [one.placement_id for one in data if one.profile_id is None]
    if gone:
        await placements.forget(connection, gone)
    named = [one for one in data if one.profile_id is not None]
    if not named:
        return
    said_at = {one.placement_id: newest[one.placement_id].time for one in named}
    news = {event.subject for event in events if not event.republished}
    kept = await placements.upsert(connection, named, said_at, news)
    told = await placements.told(connection, [one.placement for one in kept], guidance.TOLD_AGAIN)
    due: dict[UUID, dict[Kind, datetime]] = {}
    quiet: dict[UUID, set[Kind]] = {}
    for one in kept:
        of = one.placement.placement_id
        due[of] = guidance.due(one.placement, one.agreed_at, one.changed_at, said_at[of], told[of], now)
        past = {kind for kind, at in due[of].items() if at <= now}
        quiet[of] = set() if of in news else past | UNTOLD_AGAIN
    await placements.plan(connection, kept, due, quiet, now)


async def tell_levers(connection: Connection, found: Collection[LeverFound], now: datetime) -> None:
    """Tell professionals what would bring them opdrachten, each finding once: its notice's id follows from
    it. Nobody is told who is erased."""
    erased = await contacts.erased(connection, {one.profile_id for one in found})
    told = [one for one in found if one.profile_id not in erased]
    ids = [uuid5(guidance.NAMESPACE, f"{one.profile_id} {one.found_at.isoformat()}") for one in told]
    await notices.add_levers(connection, dict(zip(ids, told, strict=True)), now)


async def look_up(connection: Connection, notice_id: UUID, generation: int) -> Asked | None:
    """Return what a mail asks whose link was written in a generation; None where that is over."""
    asked = await check_ins.find(connection, notice_id)
    return asked if asked is not None and generation >= asked.links_from else None


async def answer(
    pool: Pool, notice_id: UUID, generation: int, said: CheckIn, sentence: str | None, now: datetime
) -> Asked | TooMany | None:
    """Take in how somebody says that their work goes; None where the link is dead. The latest answer counts,
    and the same one once more is none. Who wants to talk is told of at once."""
    async with pool.acquire() as connection, connection.transaction():
        await erasure.lock_out_erasure(connection)
        await check_ins.lock(connection, notice_id)
        asked = await look_up(connection, notice_id, generation)
        if asked is None or (asked.answer, asked.sentence) == (said, sentence):
            return asked
        if asked.answers >= guidance.MOST_ANSWERS:
            return TooMany()
        talk_id: UUID | None = None
        if said is CheckIn.WIL_PRATEN:
            talk_id = uuid5(asked.notice_id, now.isoformat())
        await check_ins.save(connection, asked, said, sentence, talk_id, now)
        event = CheckInAnswered(
            placement_id=asked.placement.placement_id,
            profile_id=asked.profile_id,
            answer=said,
            sentence=sentence,
            answered_at=now,
        )
        await outbox.publish(connection, SERVICE, [event], now)
        act = Act(
            actor=Actor.by_link(asked.profile_id),
            action=Action.ANSWER,
            object_kind="placement",
            object_id=asked.placement.placement_id,
            people=[asked.profile_id],
            fields=["answer"],
        )
        await record(connection, [act])
        return asked
