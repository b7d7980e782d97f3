"""Dutch, and pictures: a career as matching tells it (`outlook` and `levers`), for whoever looks at it: the
professional, or the recruiter on a person's page (the template `career.html` takes `career`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from contracts.facts import ProfileFacts
from contracts.vocabulary import Level
from words import nl

from desk.domain import pictures
from desk.domain.pictures import Box, Line, Part
from desk.pages import levers
from desk.pages.levers import Lever

TOO_FEW = "te weinig opdrachten om iets te zeggen"
TONES = ("strong", "good", "weak")


@dataclass(frozen=True)
class Mix:
    """How varied work is: its parts, and the word for it."""

    parts: Sequence[Part]
    word: str
    index: float | None

    @property
    def says(self) -> str:
        """Say it as a sentence, which stands for the picture too."""
        return ", ".join(
            f"{nl.term(one.name)} {one.share * 100:.0f}% ({months(one.months)})" for one in self.parts
        )


@dataclass(frozen=True)
class Step:
    """A level of the ladder. `here`: it is the present one."""

    name: str
    here: bool


@dataclass(frozen=True)
class Career:
    """What is shown of a career. `told`: the outlook as matching answers it; None where it comes later.
    `levers`: None where they come later."""

    told: Mapping[str, Any] | None
    facts: ProfileFacts
    levers: Sequence[Lever] | None
    mix: Mix | None = None
    crafts: Mix | None = None
    box: Box | None = None
    agreed: Box | None = None
    line: Line | None = None

    @property
    def ladder(self) -> Sequence[Step]:
        """Return the levels, the lowest first."""
        return [Step(nl.level(one), one is self.facts.level) for one in Level]


def career(
    told: Mapping[str, Any] | None, levers_told: Mapping[str, Any] | None, facts: ProfileFacts
) -> Career:
    """Put a career into words and pictures; None for a part that cannot be told now."""
    best = None if levers_told is None else levers.best(levers_told, facts)
    if told is None:
        return Career(None, facts, best)
    gaps, rate = told["gaps"], told["rate"]
    own = facts.rate_min_cents
    line = pictures.time_line(
        facts.portfolio,
        date.fromisoformat(told["today"]),
        _day(gaps["placement_ends"]),
        _day(gaps["first_start"]),
    )
    return Career(
        told,
        facts,
        best,
        mix=_mix(told["variation"]),
        crafts=_mix(told["variation"]["specialisms"]),
        box=None if rate is None else _box(rate, own),
        agreed=None if rate is None or rate["agreed"] is None else _box(rate["agreed"], own),
        line=line,
    )


def _mix(told: Mapping[str, Any] | None) -> Mix | None:
    return None if told is None else Mix(pictures.bar(told["months"]), told["word"], told["index"])


def _box(told: Mapping[str, Any], own: int) -> Box:
    return pictures.box(told["p25"], told["p50"], told["p75"], own)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def months(count: float) -> str:
    """Write a number of months, whole where it is more than one."""
    rounded = round(count)
    return f"{rounded} {'maand' if rounded == 1 else 'maanden'}" if rounded else "minder dan 1 maand"


def share(value: float, n: int) -> str:
    """Write a share of some assignments as how many it is."""
    return f"{round(value * n)} van de {n}"


def decimal(value: float) -> str:
    """Write a number with two decimals."""
    return f"{value:.2f}".replace(".", ",")


def amounts(own: int, pays: Mapping[str, float]) -> Sequence[tuple[str, float]]:
    """Return each amount beside one's own, and the share that pays at least so much."""
    return [(nl.euros(own + int(more)), part) for more, part in sorted(pays.items(), key=_by_cents)]


def _by_cents(one: tuple[str, float]) -> int:
    return int(one[0])


def weeks_between(first: str, last: str) -> int:
    """Return the whole weeks from one day to another; 0 where they do not follow."""
    return max(0, (date.fromisoformat(last) - date.fromisoformat(first)).days // 7)
