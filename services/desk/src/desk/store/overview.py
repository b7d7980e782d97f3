"""The list of opdrachten, a page at a time, with how each stands."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
from chassis.database import Connection

from desk.domain.overview import PAGE_SIZE, Filter, Line, Order, Standing, Tab

# How a page is sorted: the opdrachten of it are picked by these alone, and only theirs are counted.
_ORDERS: Mapping[Order, str] = {
    Order.CLOSES: "CASE WHEN open THEN respond_by END, closed_at DESC, assignment_id",
    Order.OPENED: "opened_at DESC, assignment_id",
    Order.TITLE: "lower(title), assignment_id",
    Order.INTEREST: """(
        SELECT count(*) FROM matches m
        WHERE m.assignment_id = a.assignment_id AND m.live AND m.answer = 'interested' AND m.decision IS NULL
    ) DESC, respond_by, assignment_id""",
}


async def lines(
    connection: Connection, tab: Tab, found: Filter, order: Order, page: int, now: datetime
) -> list[Line]:
    """Return a page of the list; `page` counts from 1. Drafts are not here."""
    rows = await connection.fetch(
        _LINES.replace("$order", _ORDERS[order]),
        *_arguments(tab, found, now),
        PAGE_SIZE,
        (page - 1) * PAGE_SIZE,
    )
    return [_line(row) for row in rows]


# Which opdrachten: those of the tab, in which every word stands, of this recruiter, at this level.
_FOUND = """
    open = ($1 <> 'gesloten') AND (NOT open OR (respond_by > $2) = ($1 = 'open'))
    AND NOT EXISTS (
        SELECT FROM unnest($3::text[]) AS word
        WHERE position(word IN lower(title || ' ' || organisation)) = 0
    )
    AND ($4::text IS NULL OR recruiter = $4)
    AND ($5::text IS NULL OR facts->>'level' = $5)
    AND (NOT $6::bool OR facts->>'urgency' = 'spoed')
"""
# Both counts read an index alone: an opdracht's matches, and which of them were told. Who is placed, which
# few are, counts as that alone.
_LINES = (
    """
WITH page AS (
    SELECT assignment_id, row_number() OVER (ORDER BY $order) AS place
    FROM assignments a
    WHERE"""
    + _FOUND
    + """
    ORDER BY place
    LIMIT $7 OFFSET $8
)
SELECT a.assignment_id, a.title, a.organisation, a.facts->>'level' AS level,
    a.facts->>'urgency' = 'spoed' AS urgent, a.respond_by, a.facts->'recruiter'->>'name' AS recruiter,
    a.closed_at, a.closed_reason, counted.fitting, counted.mailed,
    counted.interested - taken.interested AS interested, counted.chosen - taken.chosen AS chosen, taken.placed
FROM page JOIN assignments a USING (assignment_id), LATERAL (
    SELECT count(*) AS fitting,
        count(*) FILTER (WHERE m.match_id IN (
            SELECT n.match_id FROM notices n
            WHERE n.assignment_id = a.assignment_id AND n.kind IN ('match', 'later')
                AND n.outcome = 'accepted'
        )) AS mailed,
        count(*) FILTER (WHERE m.answer = 'interested' AND m.decision IS NULL) AS interested,
        count(*) FILTER (WHERE m.decision IN ('invited', 'nominated')) AS chosen
    FROM matches m
    WHERE m.assignment_id = a.assignment_id AND m.live
) AS counted, LATERAL (
    SELECT count(DISTINCT coalesce(w.profile_id, w.placement_id)) AS placed,
        count(DISTINCT m.match_id) FILTER (
            WHERE m.live AND m.answer = 'interested' AND m.decision IS NULL
        ) AS interested,
        count(DISTINCT m.match_id) FILTER (
            WHERE m.live AND m.decision IN ('invited', 'nominated')
        ) AS chosen
    FROM placements w LEFT JOIN matches m USING (assignment_id, profile_id)
    WHERE w.assignment_id = a.assignment_id AND w.counts
) AS taken
ORDER BY page.place
"""
)


def _arguments(tab: Tab, found: Filter, now: datetime) -> tuple[object, ...]:
    words = found.words.lower().split()
    return tab.value, now, words, found.recruiter, found.level, found.urgent


def _line(row: asyncpg.Record) -> Line:
    return Line(
        assignment_id=row["assignment_id"],
        title=row["title"],
        organisation=row["organisation"],
        level=row["level"],
        urgent=row["urgent"],
        respond_by=row["respond_by"],
        recruiter=row["recruiter"],
        closed_at=row["closed_at"],
        closed_reason=row["closed_reason"],
        standing=Standing(row["fitting"], row["mailed"], row["interested"], row["chosen"], row["placed"]),
    )


async def counts(connection: Connection, found: Filter, now: datetime) -> dict[Tab, int]:
    """Return how many opdrachten each tab holds by this filter; drafts are not here."""
    rows = await connection.fetch(_COUNTS, *_arguments(Tab.OPEN, found, now)[1:])
    held = {Tab(row["tab"]): int(row["count"]) for row in rows}
    return {tab: held.get(tab, 0) for tab in (Tab.OPEN, Tab.SELECTING, Tab.CLOSED)}


_COUNTS = """
SELECT CASE WHEN NOT open THEN 'gesloten' WHEN respond_by > $1 THEN 'open' ELSE 'selectie' END AS tab,
    count(*)
FROM assignments
WHERE NOT EXISTS (
        SELECT FROM unnest($2::text[]) AS word
        WHERE position(word IN lower(title || ' ' || organisation)) = 0
    )
    AND ($3::text IS NULL OR recruiter = $3)
    AND ($4::text IS NULL OR facts->>'level' = $4)
    AND (NOT $5::bool OR facts->>'urgency' = 'spoed')
GROUP BY 1
"""
