"""What a portfolio says by itself: how varied it is, how long one is at a level, how long one had nothing."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from contracts.facts import PortfolioEntry, ProfileFacts
from contracts.vocabulary import Direction, Level, OrganisationType

from matching.domain.outlook import numbers


@dataclass(frozen=True)
class Mix:
    """Months by kind, how varied they are (1 − Σ p²; 0 is all of one kind), and a word for that.

    Of what was never done for a day the index is None.
    """

    months: dict[str, float]
    index: float | None
    word: str


@dataclass(frozen=True)
class Variation:
    """The mix by organisation type, and by specialism and dossier where entries carry them.

    `last_three`: the kinds of the last three entries, the latest last; `kinds_last_year`: how many kinds had
    an entry in the last 365 days.
    """

    mix: Mix
    last_three: list[OrganisationType]
    kinds_last_year: int
    remark: str | None
    specialisms: Mix | None
    dossiers: Mix | None


@dataclass(frozen=True)
class Ladder:
    """Months at the present level, beside the field's rule of thumb."""

    level: Level
    months: float
    rule_of_thumb: tuple[int, int]


def variation(facts: ProfileFacts, today: date) -> Variation:
    """Return how varied a portfolio is. What starts after `today` is not there yet."""
    begun = sorted(_begun(facts, today), key=lambda entry: entry.started_on)  # of a day: in the list's order
    kinds = [entry.organisation_type for entry in begun]
    year_ago = today.toordinal() - numbers.LAST_YEAR_DAYS
    recent = {
        entry.organisation_type
        for entry in begun
        if entry.ended_on is None or entry.ended_on.toordinal() > year_ago
    }
    return Variation(
        mix=_mix(begun, today, lambda entry: [entry.organisation_type]),
        last_three=kinds[-numbers.LAST_ENTRIES :],
        kinds_last_year=len(recent),
        remark=_remark(kinds, facts.ambition.direction),
        specialisms=_carried(begun, today, lambda entry: entry.specialisms),
        dossiers=_carried(begun, today, lambda entry: entry.dossiers),
    )


def _begun(facts: ProfileFacts, today: date) -> list[PortfolioEntry]:
    return [entry for entry in facts.portfolio if entry.started_on <= today]


def _remark(kinds: list[OrganisationType], direction: Direction) -> str | None:
    if direction is not Direction.BREADTH or len(kinds) < 2 or kinds[-1] is not kinds[-2]:
        return None
    return numbers.SAME_TWICE.format(kind=kinds[-1].replace("-", " "))


def _carried(
    entries: list[PortfolioEntry], today: date, kinds: Callable[[PortfolioEntry], Iterable[str]]
) -> Mix | None:
    return _mix(entries, today, kinds) if any(kinds(entry) for entry in entries) else None


def _mix(entries: list[PortfolioEntry], today: date, kinds: Callable[[PortfolioEntry], Iterable[str]]) -> Mix:
    by_kind: dict[str, list[PortfolioEntry]] = {}
    for entry in entries:
        for kind in kinds(entry):
            by_kind.setdefault(kind, []).append(entry)
    days = {kind: _days(some, date.min.toordinal(), today.toordinal()) for kind, some in by_kind.items()}
    total = sum(days.values())
    index = 1 - sum((some / total) ** 2 for some in days.values()) if total else None
    months = {str(kind): some / numbers.DAYS_A_MONTH for kind, some in days.items()}
    return Mix(months=months, index=index, word=_word(index))


def _word(index: float | None) -> str:
    if index is None:
        return numbers.TOO_FEW
    if index < numbers.DEPTH_BELOW:
        return numbers.DEPTH
    return numbers.MIXED if index <= numbers.MIXED_UP_TO else numbers.VARIED


def ladder(facts: ProfileFacts, today: date) -> Ladder:
    """Return how long somebody is at the present level."""
    entries = [entry for entry in facts.portfolio if entry.level is facts.level]
    days = _days(entries, date.min.toordinal(), today.toordinal())
    return Ladder(facts.level, days / numbers.DAYS_A_MONTH, numbers.RULE_OF_THUMB_MONTHS)


def months_without(facts: ProfileFacts, today: date) -> float:
    """Return how many months of the last 24 no entry ran."""
    since = today.toordinal() - numbers.GAP_DAYS
    return (numbers.GAP_DAYS - _days(facts.portfolio, since, today.toordinal())) / numbers.DAYS_A_MONTH


def _days(entries: Iterable[PortfolioEntry], since: int, until: int) -> int:
    """Return on how many days from `since` up to `until` (ordinals) at least one of the entries ran.

    The last day of an entry is not counted: one that ends on the day on which it starts is none.
    """
    ran, counted_to = 0, since
    for entry in sorted(entries, key=lambda entry: entry.started_on):
        end = until if entry.ended_on is None else min(until, entry.ended_on.toordinal())
        start = max(counted_to, entry.started_on.toordinal())
        if end > start:
            ran += end - start
            counted_to = end
    return ran
