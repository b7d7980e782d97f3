"""What the topics may tell the desk, a made-up past of some people and opdrachten; and what is then known."""

import json
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from chassis.database import Pool
from contracts.envelope import Event, type_of
from contracts.events import (
    AssignmentClosed,
    AssignmentOpened,
    AssignmentUpdated,
    CheckInAnswered,
    ContactUpdated,
    CriterionExplained,
    Data,
    InterestLacking,
    MatchAnswered,
    MatchDecided,
    MatchProposed,
    MatchWithdrawn,
    NoticeSettled,
    PlacementAgreed,
    PlacementChanged,
    PlacementEnded,
    ProfileUpdated,
    RuleBroken,
)
from contracts.topics import CONTACTS, PROFILES, TOPIC_OF
from contracts.vocabulary import (
    Answer,
    CheckIn,
    ClosedReason,
    Criterion,
    Decision,
    EndedReason,
    NoticeKind,
    NoticeOutcome,
    Rule,
    WithdrawalReason,
)
from desk.building import build
from uuid_utils.compat import uuid7

from contracts import examples
from support import people as random_facts

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
START = datetime.now(UTC) - timedelta(days=2)
SECRET = "geheim"
TABLES = (
    *("people", "people_search", "assignments", "assignment_versions", "matches", "notices", "advice"),
    *("placements", "checkins"),
)


def an_event(data: Data, at: datetime, *, republished: bool = False) -> Event:
    """Return what happened at a moment as its event."""
    subject = getattr(data, TOPIC_OF[type_of(data)].key)
    return Event(str(uuid7()), "/test", type_of(data), subject, at, data, republished=republished)


def an_erasure(profile_id: UUID, at: datetime = START) -> list[Event]:
    """Return the tombstones of somebody, on both topics."""
    return [
        Event(str(uuid7()), "/test", topic.tombstone or "", profile_id, at, None)
        for topic in (PROFILES, CONTACTS)
    ]


async def tell(pool: Pool, events: Sequence[Event], since: datetime = LONG_AGO) -> None:
    """Let the desk take in a batch."""
    async with pool.acquire() as connection, connection.transaction():
        await build(connection, events, alerts_since=since)


async def tell_in_batches(pool: Pool, events: Sequence[Event], rng: random.Random) -> None:
    """Let the desk take in events, some at a time."""
    rest = list(events)
    while rest:
        size = rng.choice((1, 2, 7, 30))
        await tell(pool, rest[:size])
        del rest[:size]


async def known(pool: Pool) -> dict[str, list[str]]:
    """Return every row of what the desk knows, as text, by table."""
    return {
        table: sorted(
            row[0]
            for row in await pool.fetch(
                f"SELECT (to_jsonb(t) - 'live')::text || coalesce(to_jsonb(t)->>'live', '') FROM {table} t"
            )
        )
        for table in TABLES
    }


class Pair:
    """What may be said of one match."""

    def __init__(self, assignment_id: UUID, profile_id: UUID) -> None:
        self.ids: dict[str, Any] = {
            "match_id": uuid5(assignment_id, str(profile_id)),
            "assignment_id": assignment_id,
            "profile_id": profile_id,
        }
        self.match_id: UUID = self.ids["match_id"]
        self.first: datetime | None = None
        self.revision = 0

    def proposed(self, at: datetime, score: float = 70.0) -> MatchProposed:
        self.first = self.first or at
        self.revision += 1
        facts = {"rate_min_cents": 8000, "words": SECRET}
        explanation = CriterionExplained(criterion=Criterion.RATE, points=7.0, max_points=10.0, facts=facts)
        return MatchProposed(
            **self.ids,
            revision=self.revision,
            assignment_version=1,
            profile_version=1,
            score=score,
            growth=False,
            explanation=[explanation],
            policy="2026.2",
            proposed_at=at,
            first_proposed_at=self.first,
        )

    def withdrawn(
        self, at: datetime, reason: WithdrawalReason = WithdrawalReason.PROFILE_CHANGED
    ) -> MatchWithdrawn:
        rules = [RuleBroken(rule=Rule.RATE, facts={"words": SECRET})]
        return MatchWithdrawn(
            **self.ids, revision=max(1, self.revision), reason=reason, withdrawn_at=at, rules=rules
        )

    def answered(self, at: datetime, answer: Answer) -> MatchAnswered:
        return MatchAnswered(**self.ids, answer=answer, reason=f"mijn {SECRET}", answered_at=at)

    def decided(
        self, at: datetime, decision: Decision, standing: list[Decision] | None = None
    ) -> MatchDecided:
        return MatchDecided(
            **self.ids,
            decision=decision,
            reason=f"ons {SECRET}",
            decided_by="Rosa",
            decided_at=at,
            message=f"woorden, {SECRET}",
            standing=standing,
        )

    def settled(self, at: datetime, outcome: NoticeOutcome, notice_id: UUID | None = None) -> NoticeSettled:
        return NoticeSettled(
            notice_id=notice_id or uuid7(),
            kind=NoticeKind.MATCH,
            **self.ids,
            outcome=outcome,
            due_at=at,
            at=at,
        )


def a_contact(profile_id: UUID, version: int = 1) -> ContactUpdated:
    return ContactUpdated.model_validate(
        {
            "profile_id": profile_id,
            "version": version,
            "name": f"{SECRET} {version}",
            "email": f"{SECRET}{version}@example.org",
            "phone": f"06{SECRET}",
            "preferences": {"frequency": "direct", "min_score": 0, "quiet_hours": True},
        },
        strict=False,
    )


def a_profile(profile_id: UUID, rng: random.Random, version: int = 1) -> ProfileUpdated:
    facts = random_facts.profile_facts(rng)
    facts["place"] = {**facts["place"], "name": SECRET}
    return ProfileUpdated.model_validate(
        {**facts, "profile_id": profile_id, "version": version}, strict=False
    )


def an_assignment(
    assignment_id: UUID, rng: random.Random, version: int = 1, closed: ClosedReason | None = None
) -> AssignmentOpened:
    kind = AssignmentClosed if closed else AssignmentUpdated if version > 1 else AssignmentOpened
    body = {**random_facts.assignment_facts(rng), "assignment_id": assignment_id, "version": version}
    return kind.model_validate(body | ({"closed_reason": closed} if closed else {}), strict=False)


def a_placement(
    pair: Pair, placement_id: UUID, version: int = 1, ended: EndedReason | None = None, **terms: Any
) -> PlacementAgreed:
    """Return what the assignments service tells of somebody's placement at an opdracht."""
    kind = PlacementEnded if ended else PlacementChanged if version > 1 else PlacementAgreed
    agreed = {
        "starts_on": "2026-11-01",
        "ends_on": "2027-04-30",
        "hours": 24,
        "rate_cents": 9500,
        "contract_form": "zzp",
        "organisation_type": "gemeente",
        "level": "senior",
        **terms,
    }
    ids = {name: str(pair.ids[name]) for name in ("assignment_id", "profile_id")}
    state = {"state": "ended" if ended else "agreed", "ended_reason": ended}
    if ended:
        state["ended_on"] = str(agreed["ends_on"])
    body = {"placement_id": str(placement_id), "version": version, **ids, **agreed, **state}
    return kind.model_validate_json(json.dumps(body))


def a_checkin(pair: Pair, placement_id: UUID, at: datetime, answer: CheckIn) -> CheckInAnswered:
    """Return what somebody says of their work."""
    return CheckInAnswered(
        profile_id=pair.ids["profile_id"],
        placement_id=placement_id,
        answer=answer,
        sentence=f"werk, {SECRET}",
        answered_at=at,
    )


def a_past(rng: random.Random, length: int = 150) -> list[Event]:
    """Return what happened, in its order: each a second after the one before."""
    people, opdrachten = [uuid7() for _ in range(5)], [uuid7() for _ in range(3)]
    pairs = [Pair(opdracht, person) for opdracht in opdrachten for person in people]
    versions = dict.fromkeys([*people, *opdrachten], 0)
    notices: list[UUID] = []
    placed: dict[UUID, int] = {}
    told: list[Event] = []

    def anything(at: datetime) -> Iterable[Data]:
        pair, someone, opdracht = rng.choice(pairs), rng.choice(people), rng.choice(opdrachten)
        match rng.randrange(11):
            case 0:
                versions[someone] += 1
                yield a_contact(someone, versions[someone])
                yield a_profile(someone, rng, versions[someone])
            case 1:
                versions[opdracht] += 1
                yield an_assignment(opdracht, rng, versions[opdracht])
            case 2 | 3:
                yield pair.proposed(at, score=rng.randrange(60, 100))
            case 4:
                yield pair.withdrawn(at)
            case 5:
                yield pair.answered(at, rng.choice(list(Answer)))
            case 6:
                decision = rng.choice(list(Decision))
                standing = [Decision.INVITED] if rng.random() < 0.2 else None
                yield pair.decided(at, decision, standing)
            case 7:
                notice_id = rng.choice(notices) if notices and rng.random() < 0.3 else uuid7()
                notices.append(notice_id)
                yield pair.settled(at, rng.choice(list(NoticeOutcome)), notice_id)
            case 8:
                placement_id = uuid5(pair.match_id, "placement")
                placed[placement_id] = placed.get(placement_id, 0) + 1
                ended = rng.choice([None, None, *EndedReason])
                yield a_placement(pair, placement_id, placed[placement_id], ended, hours=rng.randrange(1, 40))
            case 9:
                yield a_checkin(pair, uuid5(pair.match_id, "placement"), at, rng.choice(list(CheckIn)))
            case _:
                yield InterestLacking(
                    assignment_id=opdracht,
                    assignment_version=1,
                    respond_by=at + timedelta(days=rng.randrange(1, 3)),
                    live=1,
                    candidates=2,
                    relaxation=None,
                    noticed_at=at,
                )

    for second in range(length):
        at = START + timedelta(seconds=second)
        told += [an_event(data, at) for data in anything(at)]
    last = START + timedelta(seconds=length)
    versions[opdrachten[0]] += 1
    closing = an_assignment(opdrachten[0], rng, versions[opdrachten[0]], ClosedReason.FILLED)
    return [*told, an_event(closing, last)]


async def somebody(pool: Pool, name: str, email: str = "", at: datetime | None = None, **facts: Any) -> UUID:
    """Let the desk know a person."""
    at = at or datetime.now(UTC)
    profile_id = uuid7()
    contact = examples.PROFILE["contact"] | {"name": name, "email": email or f"{profile_id}@example.org"}
    identity = {"profile_id": str(profile_id), "version": 1}
    known = ContactUpdated.model_validate_json(json.dumps(identity | contact))
    offered = ProfileUpdated.model_validate_json(json.dumps(identity | examples.PROFILE["facts"] | facts))
    await tell(pool, [an_event(known, at), an_event(offered, at)])
    return profile_id


async def somebody_interested(pool: Pool, name: str, **facts: Any) -> Pair:
    """Let the desk know a person who is interested in an opdracht, of which these facts are otherwise."""
    pair, at = Pair(uuid7(), await somebody(pool, name)), datetime.now(UTC)
    asked = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
    asked |= {"assignment_id": str(pair.ids["assignment_id"]), "version": 1, **facts}
    asked |= {"respond_by": (at + timedelta(days=9)).isoformat()}
    opened = AssignmentOpened.model_validate_json(json.dumps(asked))
    happened: list[Data] = [opened, pair.proposed(at), pair.answered(at, Answer.INTERESTED)]
    await tell(pool, [an_event(data, at) for data in happened])
    return pair
