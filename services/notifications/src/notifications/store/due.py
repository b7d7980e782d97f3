"""Notices that are due, read with what they might tell."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import asyncpg
from chassis.database import Connection
from chassis.unreadable import UnreadableRow, read_row
from contracts.events import Lever, PlacementAgreed
from contracts.facts import Coach
from contracts.vocabulary import Answer, CheckIn
from pydantic import TypeAdapter

from notifications.domain.address import normalised
from notifications.domain.changes import changes
from notifications.domain.contact import Recipient
from notifications.domain.match import Assignment, Match
from notifications.domain.notice import OF_A_MATCH, TO_RECRUITERS, AtWork, Due, FactChange, Kind, NoticeState
from notifications.domain.recruiter import RecruiterWishes
from notifications.domain.schedule import Way
from notifications.store import assignments, contacts, questions, recruiters, suppressions
from notifications.store import matches as match_store
from notifications.store.notices import interest_told

LEVERS = TypeAdapter(list[Lever])


@dataclass(frozen=True)
class Read:
    """Notices that were read, in order; those that cannot be, as this version does not know something in
    them; and what digests that can must do without (digest, match)."""

    due: list[Due] = field(default_factory=list)
    unreadable: list[UUID] = field(default_factory=list)
    unreadable_parts: list[tuple[UUID, UUID]] = field(default_factory=list)


async def read(connection: Connection, notice_ids: list[UUID], selection: timedelta) -> Read:
    """Read notices. `selection`: how long after `respond_by` an opdracht closes by itself."""
    if not notice_ids:
        return Read()
    rows = await connection.fetch(_READ, notice_ids)
    told = await _told(connection, rows)
    known = await assignments.by_ids(connection, {row["assignment_id"] for row in rows} - {None})

    due = []
    for row in rows:
        with suppress(UnreadableRow):
            due.append(_due(row, known, told.get(row["notice_id"], Told()), selection))
    if any(notice.kind in TO_RECRUITERS for notice in due):
        due = await _for_recruiters(connection, due, {row["notice_id"]: row["recruiter"] for row in rows})
    if any(notice.kind is Kind.CHANGED for notice in due):
        due = await _with_changes(connection, due)
    if any(notice.kind is Kind.QUESTION for notice in due):
        asked = await questions.by_ids(connection, [one.notice_id for one in due])
        due = [replace(one, question=asked.get(one.notice_id)) for one in due]
    found = {notice.notice_id for notice in due}
    unreadable = [notice_id for notice_id in notice_ids if notice_id not in found]
    if not any(notice.kind is Kind.DIGEST for notice in due):
        return Read(due, unreadable)
    digests = [notice.notice_id for notice in due if notice.kind is Kind.DIGEST]
    parts = [(one, match_id) for one in digests if one in told for match_id in told[one].unreadable]
    return Read(await _with_those_that_came_back(connection, due), unreadable, parts)


def _due(row: asyncpg.Record, known: Mapping[UUID, Assignment], told: "Told", selection: timedelta) -> Due:
    """Raises UnreadableRow where its opdracht, or all that it tells, cannot be read."""
    assignment = known.get(row["assignment_id"])
    if (assignment is None and row["assignment_id"]) or (told.unreadable and not told.matches):
        raise UnreadableRow
    recipient = None
    if row["email"] is not None:
        recipient = read_row("contacts", row["profile_id"], row, contacts.recipient)
    expires_at = assignment.facts.respond_by + selection if assignment else None
    read_as = partial(
        _notice,
        assignment=assignment,
        recipient=recipient,
        matches=told.matches,
        expires_at=expires_at,
    )
    notice = read_row("notices", row["notice_id"], row, read_as)
    if row["attempts"] and row["address"] is not None and normalised(row["address"]) == notice.mailbox:
        return replace(notice, tried_as=row["tried_as"])
    return notice


_READ = """
SELECT n.notice_id, n.kind, n.way, n.profile_id, n.assignment_id, n.attempts, n.tried_at, n.caused_at,
    CASE n.state WHEN 'sending' THEN least(n.planned_at, n.due_at) ELSE n.due_at END AS due_since,
    n.traceparent, n.corrects, n.recruiter, coalesce(n.match_id, n.past_match_id) AS match_id,
    n.address, coalesce(n.message_id, n.notice_id) AS tried_as, former.reason AS former_suppressed,
    CASE WHEN n.kind IN ('warning', 'expiring') THEN (
        SELECT count(*) FROM notices o
        WHERE o.assignment_id = n.assignment_id AND o.kind = n.kind AND o.notice_id <> n.notice_id
            AND o.tried_at IS NOT NULL
    ) ELSE (
        SELECT count(*) FROM notices o
        WHERE o.past_match_id = n.match_id AND o.kind = n.kind AND o.tried_at IS NOT NULL
    ) END AS told_before,
    CASE WHEN c.erased_on = n.erased_on THEN n.erased_on END AS erased_on, c.silent_since,
    n.placement_id, n.levers::text, p.facts::text AS terms, p.changed_at IS NOT NULL AS terms_changed,
    w.name AS worker, w.email AS worker_email, w.coach::text, talk.answer AS said, talk.sentence,
    n.kind IN ('closed', 'dropped') AND EXISTS (
        SELECT FROM placements own
        WHERE own.assignment_id = n.assignment_id AND own.profile_id = n.profile_id
            AND own.facts->>'ended_reason' IS DISTINCT FROM 'cancelled'
    ) AS placed,
    n.kind = 'silence' AND EXISTS (
        SELECT FROM matches m WHERE m.profile_id = n.profile_id AND m.live
    ) AS fits,
    c.name, c.called, c.email, c.links_from, c.unconfirmed, c.preferences::text, s.reason AS suppressed,
    coalesce(b.unsubscribed, false) AS unsubscribed, coalesce(b.no_news, false) AS no_news
FROM unnest($1::uuid[]) WITH ORDINALITY AS wanted (notice_id, place)
JOIN notices n USING (notice_id)
LEFT JOIN contacts c USING (profile_id)
LEFT JOIN suppressed_mailboxes s ON s.mailbox = lower(c.email)
LEFT JOIN mailboxes b ON b.mailbox = lower(c.email)
LEFT JOIN placements p USING (placement_id)
LEFT JOIN contacts w ON w.profile_id = p.profile_id AND NOT w.erased
LEFT JOIN check_ins talk ON talk.talk_id = n.notice_id
LEFT JOIN suppressed_mailboxes former ON n.kind = 'left' AND former.mailbox = lower(n.address)
ORDER BY place
"""


def _notice(
    row: asyncpg.Record,
    assignment: Assignment | None,
    recipient: Recipient | None,
    matches: Iterable[Match],
    expires_at: datetime | None,
) -> Due:
    return Due(
        assignment=assignment,
        recipient=recipient,
        matches=tuple(matches),
        expires_at=expires_at,
        notice_id=row["notice_id"],
        kind=Kind(row["kind"]),
        way=Way(row["way"]),
        profile_id=row["profile_id"],
        no_interest=None,
        attempts=row["attempts"],
        due_at=row["due_since"],
        caused_at=row["caused_at"],
        traceparent=row["traceparent"],
        corrects=row["corrects"] and Kind(row["corrects"]),
        tried_at=row["tried_at"],
        told_before=row["told_before"],
        erased_on=row["erased_on"],
        silent_since=row["silent_since"],
        suppressed=row["former_suppressed"],
        at_work=_at_work(row) if row["terms"] is not None and row["worker"] is not None else None,
        placed=row["placed"],
        levers=tuple(LEVERS.validate_json(row["levers"])) if row["levers"] else (),
        fits=row["fits"],
        former=row["address"] if row["kind"] == Kind.LEFT else None,
    )


def _at_work(row: asyncpg.Record) -> AtWork:
    return AtWork(
        terms=PlacementAgreed.model_validate_json(row["terms"]),
        name=row["worker"],
        email=row["worker_email"],
        changed=row["terms_changed"],
        coach=row["coach"] and Coach.model_validate_json(row["coach"]),
        answer=row["said"] and CheckIn(row["said"]),
        sentence=row["sentence"],
    )


@dataclass
class Told:
    """What a notice might tell: matches, best score first, and those that cannot be read."""

    matches: list[Match] = field(default_factory=list)
    unreadable: list[UUID] = field(default_factory=list)


async def _told(connection: Connection, rows: Iterable[asyncpg.Record]) -> dict[UUID, Told]:
    """Return what each notice might tell. Only recruiters are told of who is erased."""
    notices_of: dict[UUID, list[UUID]] = {}
    several, expiring, erased = [], [], False
    for row in rows:
        if row["match_id"] is not None:
            notices_of.setdefault(row["match_id"], []).append(row["notice_id"])
        if row["kind"] in {Kind.DIGEST, Kind.SUMMARY}:
            several.append(row["notice_id"])
        elif row["kind"] == Kind.EXPIRING:
            expiring.append(row["notice_id"])
        erased = erased or row["kind"] == Kind.RETREAT
    if several:
        for row in await connection.fetch(_GATHERED, several):
            notices_of.setdefault(row["match_id"], []).append(row["notice_id"])
    if expiring:
        for row in await connection.fetch(_UNDECIDED, expiring, Answer.INTERESTED):
            notices_of.setdefault(row["match_id"], []).append(row["notice_id"])
    found: dict[UUID, Told] = {}
    matches, unreadable = await match_store.read(connection, notices_of, erased=erased)
    for match_id, match in matches.items():
        for notice_id in notices_of[match_id]:
            found.setdefault(notice_id, Told()).matches.append(match)
    for match_id in unreadable:
        for notice_id in notices_of[match_id]:
            found.setdefault(notice_id, Told()).unreadable.append(match_id)
    return found


_GATHERED = """
SELECT notice_id, match_id FROM summary_matches WHERE notice_id = ANY($1)
"""
_UNDECIDED = """
SELECT n.notice_id, m.match_id
FROM notices n JOIN matches m USING (assignment_id)
WHERE n.notice_id = ANY($1) AND m.live AND m.answer = $2 AND m.decision IS NULL
"""


async def _for_recruiters(
    connection: Connection, due: list[Due], recruiter_of: dict[UUID, str | None]
) -> list[Due]:
    """Add what recruiters want, why they get no mail, and the numbers that their mails name."""
    of_each = {notice_id: recruiter for notice_id, recruiter in recruiter_of.items() if recruiter is not None}
    for notice in due:
        if notice.kind in TO_RECRUITERS and notice.assignment is not None:
            of_each[notice.notice_id] = notice.mailbox
    wishes = await recruiters.wishes(connection, set(of_each.values()))
    suppressed = await suppressions.reasons(connection, set(of_each.values()))
    warned = {
        notice.assignment.assignment_id
        for notice in due
        if notice.kind is Kind.WARNING and notice.assignment is not None
    }
    summed_up = [match for notice in due if notice.kind is Kind.SUMMARY for match in notice.matches]
    counts = await recruiters.told_counts(
        connection, warned | {match.assignment.assignment_id for match in summed_up}
    )
    no_interest = await assignments.no_interest_yet(connection, warned)
    told = frozenset(await interest_told(connection, [match.match_id for match in summed_up]))

    def addressed(notice: Due) -> Due:
        recruiter = of_each.get(notice.notice_id, "")
        advised = notice.assignment.assignment_id if notice.assignment else None
        of_these = {advised, *(match.assignment.assignment_id for match in notice.matches)}
        return replace(
            notice,
            wishes=wishes.get(recruiter, RecruiterWishes()),
            suppressed=suppressed.get(recruiter),
            counts={one: counts[one] for one in of_these if one in counts},
            no_interest=no_interest.get(advised) if notice.kind is Kind.WARNING and advised else None,
            interest_told=told,
        )

    return [addressed(notice) if notice.kind in TO_RECRUITERS else notice for notice in due]


async def _with_changes(connection: Connection, due: list[Due]) -> list[Due]:
    """Add what changed since each professional was told of their match."""
    of_changes = [notice for notice in due if notice.kind is Kind.CHANGED and notice.matches]
    told = await last_told(connection, [notice.matches[0].match_id for notice in of_changes])
    wanted = {
        notice.notice_id: (notice.matches[0].assignment.assignment_id, told[notice.matches[0].match_id])
        for notice in of_changes
        if notice.matches[0].match_id in told
    }
    facts = await assignments.versions(connection, set(wanted.values()))

    def changed(notice: Due) -> tuple[FactChange, ...]:
        version = wanted.get(notice.notice_id)
        if version is None or version not in facts:
            return ()
        return changes(facts[version], notice.matches[0].assignment.facts)

    return [replace(one, changes=changed(one)) if one.kind is Kind.CHANGED else one for one in due]


async def last_told(connection: Connection, match_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return which version of the opdracht a mail that was accepted told last, to each match's professional.

    Of mails of before versions were written down it is taken to be the first version that is kept.
    """
    rows = await connection.fetch(
        _LAST_TOLD,
        list(match_ids),
        [*OF_A_MATCH, Kind.CHANGED],
        Kind.DIGEST,
        [NoticeState.ACCEPTED, NoticeState.COMPLAINED],
    )
    return {row["match_id"]: row["version"] for row in rows}


_LAST_TOLD = """
SELECT m.match_id, coalesce((
    SELECT told.version
    FROM (
        SELECT n.version, n.sent_at FROM notices n
        WHERE (n.match_id = m.match_id OR n.past_match_id = m.match_id) AND n.kind = ANY($2)
            AND n.state = ANY($4)
        UNION ALL
        SELECT s.version, n.sent_at FROM summary_matches s JOIN notices n USING (notice_id)
        WHERE s.match_id = m.match_id AND n.kind = $3 AND n.state = ANY($4)
    ) AS told
    WHERE told.version IS NOT NULL
    ORDER BY told.sent_at DESC
    LIMIT 1
), (
    SELECT min(v.version) FROM assignment_versions v WHERE v.assignment_id = m.assignment_id
)) AS version
FROM matches m
WHERE m.match_id = ANY($1)
"""


async def _with_those_that_came_back(connection: Connection, due: list[Due]) -> list[Due]:
    """Add to digests which of their matches their professional was told that they fell off."""
    digests = [notice.notice_id for notice in due if notice.kind is Kind.DIGEST]
    rows = await connection.fetch(_CAME_BACK, digests, Kind.DROPPED)
    back = frozenset(row["match_id"] for row in rows)
    return [replace(one, back=back) if one.kind is Kind.DIGEST else one for one in due]


_CAME_BACK = """
SELECT match_id FROM notices WHERE digest_id = ANY($1) AND corrects = $2 AND match_id IS NOT NULL
"""
