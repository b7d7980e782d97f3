"""Takes back from the service's own topics what its database lost: how pairs stood, and who was warned.

So a database that was restored, or is empty, goes on where the old one was, as far as the topics reach (30
days): nobody is proposed anew whom it had proposed, revisions go on, and who was rejected stays rejected.
Answers come from notifications' topic, and the two halves of every pair from theirs.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import Data, InterestLacking, LeverFound, MatchDecided, MatchProposed, MatchWithdrawn
from contracts.topics import ADVICE, MATCHES

from matching.domain.outlook.numbers import SILENT_DAYS
from matching.store.silences import take_back_findings
from matching.store.taken_back import (
    take_back_decisions,
    take_back_proposals,
    take_back_warnings,
    take_back_withdrawals,
)

OWN = (MATCHES, ADVICE)
ABOUT = ("match_id", "assignment_id", "profile_id")  # the first of these that an event has


async def take_back(connection: Connection, events: Sequence[Event]) -> bool:
    """Take back what events say beyond the database; tell whether that was anything."""
    found = False
    for turn in _turns(events):
        proposed = [one for one in turn if isinstance(one, MatchProposed)]
        withdrawn = [one for one in turn if isinstance(one, MatchWithdrawn)]
        decided = [one for one in turn if isinstance(one, MatchDecided)]
        warned = [one for one in turn if isinstance(one, InterestLacking)]
        found |= bool(proposed) and await take_back_proposals(connection, proposed)
        found |= bool(withdrawn) and await take_back_withdrawals(connection, withdrawn)
        found |= bool(decided) and await take_back_decisions(connection, decided)
        found |= bool(warned) and await take_back_warnings(connection, warned)
        levers = [one for one in turn if isinstance(one, LeverFound)]
        look_at = {one.profile_id: one.found_at + timedelta(days=SILENT_DAYS) for one in levers}
        found |= bool(levers) and await take_back_findings(connection, levers, look_at)
    return found


def _turns(events: Sequence[Event]) -> Iterator[list[Data]]:
    """Split a batch so that in each part nothing comes twice: it is then written kind by kind."""
    turn: list[Data] = []
    seen: set[UUID | None] = set()
    for data in (event.data for event in events if event.data is not None):
        about = next(getattr(data, name) for name in ABOUT if hasattr(data, name))
        if about in seen:
            yield turn
            turn, seen = [], set()
        seen.add(about)
        turn.append(data)
    yield turn
