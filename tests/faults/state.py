"""What the four services hold at rest, read from their databases past every proxy."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from faults.deployment import Platform

Row = Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """Rows by id: of the services that own them, and copies."""

    profiles: dict[UUID, Row]  # of profiles: version, facts
    erased: set[UUID]
    assignments: dict[UUID, Row]  # of assignments: version, facts, open
    matching_profiles: dict[UUID, Row]  # version, facts, erased
    matching_assignments: dict[UUID, Row]  # version, open
    matching_matches: dict[UUID, Row]  # assignment_id, profile_id, revision, live, score
    contacts: dict[UUID, Row]  # version, erased, email, preferences
    notified_assignments: dict[UUID, Row]  # version, open
    notified_matches: dict[UUID, Row]  # as matching_matches, and comes_back
    notices: list[Row]
    alerts: list[Row]


async def read(platform: Platform) -> State:
    profiles, erased = await _fetch(platform, "profiles", _PROFILES, _ERASED)
    (assignments,) = await _fetch(platform, "assignments", _ASSIGNMENTS)
    matching = await _fetch(platform, "matching", _COPIED_PROFILES, _COPIED_ASSIGNMENTS, _MATCHES)
    *notified, notices = await _fetch(
        platform, "notifications", _CONTACTS, _COPIED_ASSIGNMENTS, _NOTIFIED_MATCHES, _NOTICES
    )
    (alerts,) = await _fetch(platform, "desk", _ALERTS)
    return State(
        profiles=_by_id(profiles, "profile_id"),
        erased={row["profile_id"] for row in erased},
        assignments=_by_id(assignments, "assignment_id"),
        matching_profiles=_by_id(matching[0], "profile_id"),
        matching_assignments=_by_id(matching[1], "assignment_id"),
        matching_matches=_by_id(matching[2], "match_id"),
        contacts=_by_id(notified[0], "profile_id"),
        notified_assignments=_by_id(notified[1], "assignment_id"),
        notified_matches=_by_id(notified[2], "match_id"),
        notices=notices,
        alerts=alerts,
    )


_PROFILES = """
SELECT profile_id, version, facts::text AS facts FROM profiles
"""
_ERASED = """
SELECT profile_id FROM erasures
"""
_ASSIGNMENTS = """
SELECT assignment_id, version, facts::text AS facts, state = 'open' AS open FROM assignments
WHERE state <> 'draft'
"""
_COPIED_PROFILES = """
SELECT profile_id, version, facts::text AS facts, erased FROM profiles
"""
_COPIED_ASSIGNMENTS = """
SELECT assignment_id, version, facts::text AS facts, open FROM assignments
"""
_MATCHES = """
SELECT match_id, assignment_id, profile_id, revision, live, score FROM matches WHERE revision > 0
"""
_NOTIFIED_MATCHES = """
SELECT match_id, assignment_id, profile_id, revision, live, score, comes_back FROM matches WHERE revision > 0
"""
_CONTACTS = """
SELECT profile_id, version, erased, email, preferences::text AS preferences FROM contacts
"""
_NOTICES = """
SELECT message_id, kind, coalesce(match_id, past_match_id) AS match_id, profile_id, state, detail, due_at
FROM notices
"""
_ALERTS = """
SELECT id, type, data::text AS data FROM alerts ORDER BY id
"""


async def _fetch(platform: Platform, service: str, *queries: str) -> list[list[Row]]:
    connection = await platform.database(service)
    try:
        return [[_row(row) for row in await connection.fetch(query)] for query in queries]
    finally:
        await connection.close()


def _row(record: asyncpg.Record) -> Row:
    row = dict(record)
    for name in ("facts", "preferences", "data"):
        if isinstance(row.get(name), str):
            row[name] = json.loads(row[name])
    return row


def _by_id(rows: list[Row], name: str) -> dict[UUID, Row]:
    return {row[name]: row for row in rows}


async def mentions(platform: Platform, service: str, words: list[str]) -> list[str]:
    """Return which tables of a service hold one of these words in any column."""
    connection = await platform.database(service)
    try:
        tables = [row["name"] for row in await connection.fetch(_TABLES)]
        pattern = "|".join(words)
        return [
            table
            for table in tables
            if await connection.fetchval(
                f'SELECT EXISTS (SELECT FROM "{table}" AS t WHERE t::text ~* $1)', pattern
            )
        ]
    finally:
        await connection.close()


_TABLES = """
SELECT relname AS name FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = 'public'
"""
