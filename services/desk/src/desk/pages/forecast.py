"""Dutch: what would become of the mails, before an opdracht is published."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from contracts.facts import AssignmentFacts
from words import nl

from desk.owners import mails
from desk.owners.api import Owners, Unreachable
from desk.owners.matching import Reach

ONE_AND_MORE = {
    "unwanted": ("wil deze mail niet", "willen deze mail niet"),
    "suppressed": ("krijgt geen mail: het adres werkt niet", "krijgen geen mail: het adres werkt niet"),
    "missed": ("is niet meer op tijd te mailen", "zijn niet meer op tijd te mailen"),
    "unconfirmed": (
        "krijgt eerst de vraag of we mogen mailen",
        "krijgen eerst de vraag of we mogen mailen",
    ),
    "unknown": ("heeft nog geen bekend adres", "hebben nog geen bekend adres"),
}


async def foreseen(owners: Owners, token: str, facts: AssignmentFacts, reach: Reach) -> str | None:
    """Say who gets mail now, who later and who does not; None where that cannot be told."""
    people = [{"profile_id": str(one.profile_id), "score": one.score} for one in reach.seated]
    told = facts.model_dump(mode="json", include={"urgency", "respond_by"})
    try:
        answer = await mails.forecast(owners, token, told | {"people": people})
    except Unreachable:
        return None
    if not answer.ok:
        return None
    return sentence((one["prospect"], one["at"]) for one in answer.body["items"])


def sentence(prospects: Iterable[tuple[str, str | None]]) -> str:
    """Say it: 6 krijgen nu mail, 4 vrijdag 27 november 2026, 07:30 uur, 2 willen deze mail niet."""
    counts = Counter(prospects)
    now = counts.pop(("now", None), 0)
    parts = [f"{now} {'krijgt' if now == 1 else 'krijgen'} nu mail"]
    later = sorted((datetime.fromisoformat(at), count) for (_, at), count in counts.items() if at)
    parts += [f"{count} op {nl.moment(at)}" for at, count in later]
    for prospect, (one, more) in ONE_AND_MORE.items():
        count = counts[prospect, None]
        if count:
            parts.append(f"{count} {one if count == 1 else more}")
    return f"{', '.join(parts)}."
