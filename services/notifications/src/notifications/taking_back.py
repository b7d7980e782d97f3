"""Takes back from the service's own topics what its database lost: how notices ended, and what was answered.

So what a restored database reads once more mails nobody a second time. Notices come first: an answer whose
mails they do not know is told again, for it may have been lost before they went out.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from chassis.database import Connection
from contracts.envelope import Event
from contracts.events import MatchAnswered, NoticeSettled
from contracts.topics import ANSWERS, NOTICES
from contracts.vocabulary import Answer

from notifications.domain.notice import Kind
from notifications.store import erasure, notices
from notifications.store.notices import Told
from notifications.store.taken_back import take_back_answers, take_back_endings, told

OWN = (NOTICES, ANSWERS)


async def take_back(connection: Connection, events: Sequence[Event]) -> bool:
    """Take back what events say beyond the database; tell whether that was anything."""
    await erasure.lock_out_erasure(connection)
    ended = [event.data for event in events if isinstance(event.data, NoticeSettled)]
    found = bool(ended) and await take_back_endings(connection, ended)
    answers = {event.data.match_id: event.data for event in events if isinstance(event.data, MatchAnswered)}
    taken = await take_back_answers(connection, list(answers.values())) if answers else []
    await _tell(connection, taken)
    return found or bool(taken)


async def _tell(connection: Connection, taken: Sequence[MatchAnswered]) -> None:
    """Tell of answers whose mails are not known; what is no longer true is cancelled when it is due."""
    now = datetime.now(UTC)
    yes = {one.match_id: one.answered_at for one in taken if one.answer is Answer.INTERESTED}
    for kind in (Kind.ANSWERED, Kind.INTEREST):
        known = await told(connection, kind, yes)
        await notices.add(connection, kind, [Told(one, now) for one in yes if one not in known], now)
