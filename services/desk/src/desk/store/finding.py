"""The list of people: found by a name or an address, also with a letter wrong, and by what they offer."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from math import cos, radians
from typing import Any

import asyncpg
from chassis.database import Connection

from desk.domain.finding import OLD_PROFILE, PAGE_SIZE, WITHOUT_MATCH, Around, Line, Wanted, comparable

KILOMETRES_A_DEGREE = 111.2
_WILD = re.compile(r"([\\%_])")


async def found(connection: Connection, wanted: Wanted, page: int, now: datetime) -> tuple[list[Line], int]:
    """Return a page of the list, which counts from 1, and how many people it has in all: by name, and who is
    only like what was typed at the end."""
    arguments: list[object] = [PAGE_SIZE, (page - 1) * PAGE_SIZE]
    conditions = _put(_conditions(wanted, now), arguments)
    words = comparable(wanted.words)
    if words:
        named = _put(((_NAMED, _pattern(word), word) for word in words), arguments)
        which = _BY_NAME + named + (_AMONG.format(conditions) if conditions else "")
        arguments.append([_pattern(word) for word in words])
        order = f"NOT search LIKE ALL(${len(arguments)}), search, profile_id"
    else:
        which, order = _BY_THE_REST + conditions, "search, profile_id"
    # Names are compared once for both the count and the page; by the rest alone, a page in the index's order
    # is found before all are counted.
    kept = "MATERIALIZED" if words else "NOT MATERIALIZED"
    lines = _LINES.replace("$found", which).replace("$order", order).replace("$kept", kept)
    rows = await connection.fetch(lines, *arguments)
    return [_line(row) for row in rows], rows[0]["total"] if rows else 0


def _put(conditions: Iterable[tuple[Any, ...]], arguments: list[object]) -> str:
    """Return conditions as SQL, their values added to the arguments."""
    put = ""
    for condition, *values in conditions:
        places = range(len(arguments) + 1, len(arguments) + len(values) + 1)
        put += condition.format(*(f"${place}" for place in places))
        arguments += values
    return put


# Words are looked for where names alone are. What else people are picked by is in one index, so that nobody's
# facts are read but of those on the page.
_BY_NAME = """
    SELECT profile_id, search FROM people_search WHERE true"""
_AMONG = """
    AND profile_id IN (SELECT profile_id FROM people WHERE NOT erased{})"""
_BY_THE_REST = """
    SELECT profile_id, search FROM people WHERE NOT erased"""
_LINES = """
WITH found AS $kept ($found),
page AS (
    SELECT profile_id, row_number() OVER () AS place
    FROM (SELECT profile_id FROM found ORDER BY $order LIMIT $1 OFFSET $2) AS ones
)
SELECT (SELECT count(*) FROM found) AS total, profile_id, name, email, p.level,
    facts->>'status' = 'paused' AS paused, facts->'place'->>'name' AS place_name,
    facts->>'available_from' AS free_from, facts_at,
    (SELECT max(proposed_at) FROM matches m WHERE m.profile_id = p.profile_id AND revision > 0) AS matched_at
FROM page JOIN people p USING (profile_id)
ORDER BY page.place
"""


def _conditions(wanted: Wanted, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield what is asked of people besides their names, each with its values."""
    if wanted.level:
        yield _LEVEL, wanted.level
    if wanted.specialisms:
        yield _SPECIALISMS, list(wanted.specialisms)
    if wanted.free_on:
        yield _FREE, wanted.free_on.isoformat()
    if wanted.around:
        yield _AROUND, *_box(wanted.around)
    if wanted.without_match:
        yield _WITHOUT_MATCH, now - WITHOUT_MATCH
    if wanted.old_profile:
        yield _OLD, now - OLD_PROFILE


_NAMED = """
    AND (search LIKE {0} OR profile_id IN (
        SELECT profile_id FROM people_search WHERE spellings(search) && spellings({1})
    ))"""
_LEVEL = """
    AND level = {0}"""
_SPECIALISMS = """
    AND specialisms ?& {0}"""
_FREE = """
    AND available_from <= {0} AND (available_until >= {0}) IS NOT FALSE"""
# Within a box, which is cheap to tell, and within a circle in it.
_AROUND = """
    AND latitude BETWEEN {0}::float8 - {3}::float8 AND {0} + {3}
    AND longitude BETWEEN {1}::float8 - {4}::float8 AND {1} + {4}
    AND 12742 * asin(least(1, sqrt(
        sin(radians(latitude - {0}) / 2) ^ 2
        + cos(radians({0})) * cos(radians(latitude)) * sin(radians(longitude - {1}) / 2) ^ 2
    ))) <= {2}::float8"""
_WITHOUT_MATCH = """
    AND profile_id NOT IN (SELECT profile_id FROM matches WHERE proposed_at >= {0} AND revision > 0)"""
_OLD = """
    AND facts_at < {0}"""


def _pattern(word: str) -> str:
    escaped = _WILD.sub(r"\\\1", word)
    return f"%{escaped}%"


def _box(around: Around) -> tuple[float, ...]:
    north = around.kilometres / KILOMETRES_A_DEGREE
    east = north / max(cos(radians(around.latitude)), 0.01)
    return around.latitude, around.longitude, around.kilometres, north, east


def _line(row: asyncpg.Record) -> Line:
    return Line(
        profile_id=row["profile_id"],
        name=row["name"],
        email=row["email"],
        paused=bool(row["paused"]),
        level=row["level"],
        place=row["place_name"],
        available_from=row["free_from"] and date.fromisoformat(row["free_from"]),
        facts_at=row["facts_at"],
        matched_at=row["matched_at"],
    )
