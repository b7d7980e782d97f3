"""Which trainings bring a professional most: what they give that is asked and not held, by price. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SPECIALISM, CERTIFICATE = "specialism", "certificate"
Skill = tuple[str, str]
"""A kind, `specialism` or `certificate`, and which one."""


@dataclass(frozen=True)
class Gain:
    """What one would have with a skill: opdrachten at the next level that the lack of it alone keeps away
    (`unlocks`), open ones that it would add (`adds`), and how many asked for it in a year at one's own level
    and the next (`asked`)."""

    unlocks: int = 0
    adds: int = 0
    asked: int = 0

    @property
    def weight(self) -> int:
        """Return how much it counts."""
        return max(self.unlocks, self.adds, self.asked)


@dataclass(frozen=True)
class Offer:
    """A training, as its owner tells it, and what it would bring: skills that one lacks, most first."""

    training: Mapping[str, Any]
    brings: Sequence[tuple[Skill, Gain]]

    @property
    def gain(self) -> int:
        """Return what all of it counts."""
        return sum(gain.weight for _, gain in self.brings)

    @property
    def place(self) -> tuple[float, str]:
        """Return where it stands among those that bring something: the cheapest for what it brings first,
        and last those whose price is not known."""
        price = self.training["price_cents"]
        return (float("inf") if price is None else price / self.gain), self.training["title"]


def gains(
    view: Mapping[str, Any] | None, best: Mapping[str, Any] | None, held: set[Skill]
) -> dict[Skill, Gain]:
    """Return what each skill that is not held would bring, by the career view and the levers, as matching
    tells them; None where these cannot be told."""
    unlocks: dict[Skill, int] = {}
    adds: dict[Skill, int] = {}
    asked: dict[Skill, int] = {}
    if view is not None:
        for one in (view["next_step"] or {"unlocks": ()})["unlocks"]:
            unlocks[one["kind"], one["value"]] = one["n"]
        for one in view["demand"]:
            asked[one["kind"], one["value"]] = one["own"] + one["next"]
    for one in best["items"] if best is not None else ():
        for name, kind in (("specialisms", SPECIALISM), ("certificates", CERTIFICATE)):
            for value in one["change"].get(name, ()):
                if (kind, value) not in held:
                    adds[kind, value] = one["adds"]
    known = (unlocks.keys() | adds.keys() | asked.keys()) - held
    found = {
        one: Gain(unlocks.get(one, 0), adds.get(one, 0), asked.get(one, 0))
        for one in known
        if one[0] in {SPECIALISM, CERTIFICATE}
    }
    return {one: gain for one, gain in found.items() if gain.weight}


def given(training: Mapping[str, Any]) -> list[Skill]:
    """Return what a training gives."""
    gives = training["gives"]
    return [
        *((SPECIALISM, one) for one in gives["specialisms"]),
        *((CERTIFICATE, one) for one in gives["certificates"]),
    ]


def sorted_out(
    trainings: Iterable[Mapping[str, Any]], known: Mapping[Skill, Gain]
) -> tuple[list[Offer], list[Offer]]:
    """Return the trainings that bring something, the cheapest for what it brings first, and the others."""
    offers = []
    for one in trainings:
        brings = [(skill, known[skill]) for skill in given(one) if skill in known]
        offers.append(Offer(one, sorted(brings, key=lambda each: -each[1].weight)))
    first = sorted((one for one in offers if one.brings), key=lambda one: one.place)
    return first, sorted((one for one in offers if not one.brings), key=lambda one: one.training["title"])
