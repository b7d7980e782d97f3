"""How one professional stands to the assignments."""

from dataclasses import dataclass
from uuid import UUID

from chassis.database import Connection
from chassis.unreadable import read_if_possible

from matching.domain.match import has_ended
from matching.store.matches import TABLE, said


@dataclass(frozen=True)
class OwnPairs:
    """The assignments in which a professional is live, and those that are over for them (or may be), or in
    which they are placed."""

    live: frozenset[UUID]
    ended: frozenset[UUID]


async def pairs_of_profile(connection: Connection, profile_id: UUID) -> OwnPairs:
    """Return how a professional stands to the assignments that something is known of."""
    rows = await connection.fetch(_PAIRS_OF_PROFILE, profile_id)
    found = [(row, read_if_possible(TABLE, row["match_id"], row, said)) for row in rows]
    return OwnPairs(
        live=frozenset(row["assignment_id"] for row in rows if row["live"]),
        ended=frozenset(
            row["assignment_id"] for row, one in found if one is None or has_ended(*one) or row["placed"]
        ),
    )


_PAIRS_OF_PROFILE = """
SELECT match_id, assignment_id, live, placed, answer, decision FROM matches WHERE profile_id = $1
"""
