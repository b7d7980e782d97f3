"""What changed of an opdracht since somebody was told of it. Pure."""

from datetime import datetime, timedelta
from typing import Any

from contracts.facts import AssignmentFacts

from notifications.domain.notice import FactChange

TOLD = (
    *("title", "level", "rate_max_cents", "hours_min", "hours_max", "place", "onsite_days"),
    *("starts_on", "ends_on", "contract_forms", "respond_by"),
)
GATHERED_FOR = timedelta(minutes=10)


def changes(old: AssignmentFacts, new: AssignmentFacts) -> tuple[FactChange, ...]:
    """Return each fact that a mail tells and that differs. A place is told by its name, contract forms in no
    order, and a moment is the same in whatever zone it is written."""
    return tuple(
        FactChange(field, getattr(old, field), getattr(new, field))
        for field in TOLD
        if _shown(old, field) != _shown(new, field)
    )


def changes_due(respond_by: datetime, now: datetime) -> datetime:
    """Return when changes are told that begin now: they are gathered, unless one can respond only until
    then."""
    return now if now < respond_by <= now + GATHERED_FOR else now + GATHERED_FOR


def _shown(facts: AssignmentFacts, field: str) -> Any:
    if field == "place":
        return facts.place.name
    if field == "contract_forms":
        return frozenset(facts.contract_forms)
    return getattr(facts, field)
