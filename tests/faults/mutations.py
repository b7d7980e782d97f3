"""Mistakes that the checker must see: each is made in a copy of the source, and what runs on it must be found
wrong. A text that the source no longer has is an error, so that no mutation is lost in silence."""

from dataclasses import dataclass

from chassis.crash_points import Point

from faults import scenarios
from faults.directed import Step
from faults.scenarios import Play

CHASSIS = "services/chassis/src/chassis"
MATCHING = "services/matching/src/matching"
DESK = "services/desk/src/desk"
NOTIFICATIONS = "services/notifications/src/notifications"


@dataclass(frozen=True)
class Edit:
    """A text of a file (below the repository), and what stands there instead."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """A mistake, and the play or the crash that shows it. `kinds`: as what the checker may see it."""

    name: str
    edits: tuple[Edit, ...]
    shown_by: Play | Step
    kinds: frozenset[str]
    replicas: int = 1


def _mutation(name: str, shown_by: Play | Step, kinds: str, *edits: Edit, replicas: int = 1) -> Mutation:
    return Mutation(name, edits, shown_by, frozenset(kinds.split(", ")), replicas)


RELAY, INTAKE = f"{CHASSIS}/delivery/relay.py", f"{CHASSIS}/delivery/intake.py"
SENDING = f"{NOTIFICATIONS}/mail/sending.py"

MUTATIONS = (
    _mutation(
        "an event is published before its change is committed",
        Step(Point.REQUEST_STORED),
        "ghost, lost, out of order",
        Edit(
            f"{CHASSIS}/delivery/outbox.py",
            """    if rows:
        await connection.execute(_INSERT, *map(list, zip(*rows, strict=True)))
        tell(connection)
""",
            """    import os

    import asyncpg

    other = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        await other.execute(_INSERT, *map(list, zip(*rows, strict=True)))
    finally:
        await other.close()
""",
        ),
    ),
    _mutation(
        "offsets are committed before the database",
        Step(Point.CONSUMER_COMMITTED),
        "stale copy, missed, sides differ",
        Edit(
            INTAKE,
            """    async def _apply_whole(self, connection: Connection, batch: _Batch) -> list[Decoded]:
        parked = await self._advance(connection, batch)
""",
            """    async def _apply_whole(self, connection: Connection, batch: _Batch) -> list[Decoded]:
        async with self.pool.acquire() as other, other.transaction():
            parked = await self._advance(other, batch)
        reach(Point.CONSUMER_COMMITTED)
""",
        ),
    ),
    _mutation(
        "the relay deletes before the broker has confirmed",
        Step(Point.RELAY_DELETED),
        "lost, stale copy, out of order",
        Edit(
            RELAY,
            """        sent = await self._publisher.send_all(records)
        done = [index for index, confirmed in enumerate(sent.confirmed) if confirmed]
        reach(Point.RELAY_SENT)
        await session.execute(_DELETE, [rows[index]["id"] for index in done])
        reach(Point.RELAY_DELETED)
""",
            """        await session.execute(_DELETE, [row["id"] for row in rows])
        reach(Point.RELAY_DELETED)
        sent = await self._publisher.send_all(records)
        done = [index for index, confirmed in enumerate(sent.confirmed) if confirmed]
        reach(Point.RELAY_SENT)
""",
        ),
    ),
    _mutation(
        "the relay reads on from the greatest id that it has seen",
        scenarios.slow_commits,
        "lost, stuck, stale copy",
        Edit(
            RELAY,
            "        records = [_record(row) for row in rows]\n",
            '        rows = [row for row in rows if row["id"] > getattr(self, "_seen", 0)]\n'
            "        if not rows:\n"
            "            return False\n"
            '        self._seen = max(row["id"] for row in rows)\n'
            "        records = [_record(row) for row in rows]\n",
        ),
    ),
    _mutation(
        "the relay takes no lock on its shards",
        scenarios.slow_commits,
        "sent twice",
        Edit(RELAY, "WHERE pg_try_advisory_lock($1, shard)", "WHERE $1::int IS NOT NULL"),
        replicas=2,
    ),
    _mutation(
        "the follow-up comes before the commit",
        scenarios.a_calm_day,
        "missed, not withdrawn, stale score",
        Edit(
            INTAKE,
            "            stored = await self._apply(batch)\n",
            "            followed = [(record, event) for record, event in batch.new if event is not None]\n"
            "            await self._follow_up_all(followed)\n"
            "            stored = await self._apply(batch)\n",
        ),
        Edit(
            INTAKE,
            """            followed = [*batch.repeated, *stored]
            if followed:
                await self._follow_up_all(followed)
""",
            "",
        ),
    ),
    _mutation(
        "what was not followed up is not followed up by the next, and a start looks at nothing",
        scenarios.one_change_and_a_crash,
        "missed, not withdrawn, stale score",
        Edit(
            INTAKE,
            "                await self._follow_up_all(followed)\n",
            "                asyncio.get_running_loop().call_later(\n"
            "                    1, lambda: asyncio.ensure_future(self._follow_up_all(followed)))\n",
        ),
        Edit(
            f"{CHASSIS}/delivery/offsets.py",
            "SET next = step.next, followed_up = step.followed_up\n",
            "SET next = step.next, followed_up = step.next\n",
        ),
        Edit(
            f"{MATCHING}/app.py",
            "                recovery.then("
            "keep_checking(replica, reconciler, settings.standing_check_seconds)),\n",
            "",
        ),
    ),
    _mutation(
        "a cut is not forgotten when who had a seat changes",
        scenarios.seats_fall_free,
        "missed",
        Edit(
            f"{MATCHING}/replica.py",
            "        for assignment_id in self._held.drop_of(rows):\n",
            "        for assignment_id in ():\n",
        ),
        Edit(
            f"{MATCHING}/domain/reconciliation.py",
            "        if a_seat_may_be_free(standing, stale.values()):\n",
            "        if not may_propose:\n",
        ),
    ),
    _mutation(
        "a rejection asks for no reconciliation",
        scenarios.the_recruiter_rejects,
        "missed",
        Edit(
            f"{MATCHING}/deciding.py",
            "        if outcome.needs_reconciliation:\n",
            "        if outcome.needs_reconciliation and False:\n",
        ),
    ),
    _mutation(
        "matching takes older versions of a profile",
        scenarios.everything_once_more,
        "stale copy",
        Edit(
            f"{MATCHING}/store/profiles.py",
            "WHERE NOT stored.erased AND excluded.version > stored.version",
            "WHERE NOT stored.erased",
        ),
    ),
    _mutation(
        "notifications takes older versions of a contact",
        scenarios.everything_once_more,
        "stale copy",
        Edit(
            f"{NOTIFICATIONS}/store/contacts.py",
            "WHERE NOT stored.erased AND excluded.version > stored.version",
            "WHERE NOT stored.erased",
        ),
    ),
    _mutation(
        "matching takes older versions of an opdracht",
        scenarios.everything_once_more,
        "stale copy, not withdrawn, missed",
        Edit(f"{MATCHING}/store/assignments.py", "WHERE excluded.version > stored.version", ""),
    ),
    _mutation(
        "the inbox lets everything through",
        scenarios.everything_once_more,
        "shown twice, told again",
        Edit(
            f"{CHASSIS}/delivery/inbox.py",
            "    new = {(row",
            "    return list(events)\n    new = {(row",
        ),
    ),
    _mutation(
        "alerts get their ids without a lock",
        scenarios.slow_commits,
        "stream",
        Edit(
            f"{DESK}/store/alerts.py",
            "    await connection.execute(_TAKE_TURN, TURN)\n",
            "",
        ),
        replicas=2,
    ),
    _mutation(
        "a mail is written down as accepted before it is sent",
        Step(Point.SENDER_RECORDED),
        "not sent, not told",
        Edit(
            SENDING,
            "            return await self._transport(mail), mail.body\n",
            '            accepted = Ending(NoticeState.ACCEPTED, "250")\n'
            "            await self._recorder.record(Ended(send.notice.notice_id, accepted), now)\n"
            "            reach(Point.SENDER_RECORDED)\n"
            "            return await self._transport(mail), mail.body\n",
        ),
    ),
    _mutation(
        "what became of a mail is not written down",
        scenarios.a_calm_day,
        "mailed twice, stuck",
        Edit(
            f"{NOTIFICATIONS}/mail/recording.py",
            "            await outcomes.record(connection, unwritten, now)\n",
            "            pass\n",
        ),
    ),
    _mutation(
        "a claim on a mail never ends",
        Step(Point.SENDER_CLAIMED),
        "stuck, not told",
        Edit(
            f"{NOTIFICATIONS}/store/queue.py",
            "WHERE a.urgent AND a.open AND n.state IN ('pending', 'sending') AND n.due_at <= $1",
            "WHERE a.urgent AND a.open AND n.state = 'pending' AND n.due_at <= $1",
        ),
    ),
    _mutation(
        "an opdracht is reconciled without a lock",
        scenarios.slow_commits,
        "out of order, missed, stale score, sides differ, stuck",
        Edit(
            f"{MATCHING}/store/assignments.py",
            """WHERE assignment_id = ANY($1)
ORDER BY assignment_id
FOR UPDATE
""",
            """WHERE assignment_id = ANY($1)
ORDER BY assignment_id
""",
        ),
    ),
    _mutation(
        "a replica catches up from the greatest transaction, not from the oldest that runs",
        scenarios.slow_commits,
        "missed, not withdrawn, stale score, stuck",
        Edit(
            f"{MATCHING}/store/snapshots.py",
            '        return under_way.split(",") if under_way else []\n',
            "        return [] if under_way else []\n",
        ),
    ),
    _mutation(
        "a change locks no row",
        scenarios.two_change_one_profile,
        "out of order, odd answer",
        Edit(
            "services/profiles/src/profiles/api.py",
            "await store.get_for_update(connection, profile_id)",
            "await store.get(connection, profile_id)",
        ),
    ),
    _mutation(
        "a repeated request is done again",
        Step(Point.REQUEST_COMMITTED),
        "done twice, odd answer",
        Edit(
            f"{CHASSIS}/http/idempotency.py",
            "if not await connection.fetchval(_CLAIM, *place, *same):",
            "if not await connection.fetchval(_CLAIM, *place, *same) and False:",
        ),
    ),
    _mutation(
        "a match has another id each time",
        scenarios.a_calm_day,
        "stuck, missed, sides differ, not told",
        Edit(
            f"{MATCHING}/domain/match.py",
            "    return uuid5(assignment_id, str(profile_id))\n",
            "    from uuid import uuid4\n\n    return uuid4()\n",
        ),
    ),
)
