"""What is found in a mail: a value with the words that led to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

GUESS, LIKELY, SURE = 1, 2, 3


@dataclass(frozen=True)
class Words:
    """A stretch of the mail: `mail[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True)
class Other(Generic[T]):
    """A value that the mail names as well, and that contradicts the one that was chosen."""

    value: T
    words: Words


@dataclass(frozen=True)
class Found(Generic[T]):
    """A value, the words that led to it, and what the mail says against it."""

    value: T
    words: Words
    others: tuple[Other[T], ...] = ()


@dataclass(frozen=True)
class Candidate(Generic[T]):
    """A value that may be meant. `strength`: GUESS, LIKELY or SURE; `nearness`: see mail.Zone."""

    value: T
    words: Words
    strength: int
    nearness: int = 0


def best(candidates: Iterable[Candidate[T]]) -> Found[T] | None:
    """Return the best-placed candidate, with the others of any weight.

    Guesses last; of the rest the newest text, then the clearest words, then the first.
    """
    ranked = sorted(
        candidates,
        key=lambda one: (one.strength == GUESS, -one.nearness, -one.strength, one.words.start),
    )
    if not ranked:
        return None
    chosen, *rest = ranked
    others: dict[object, Other[T]] = {}
    for one in rest:
        if one.strength > GUESS and one.value != chosen.value:
            others.setdefault(one.value, Other(one.value, one.words))
    return Found(chosen.value, chosen.words, tuple(others.values()))


def part(found: Found[T] | None, of: Callable[[T], U | None]) -> Found[U] | None:
    """Return a part of what was found, where it is there; others that share the part do not contradict it."""
    if not found or (value := of(found.value)) is None:
        return None
    others: dict[object, Other[U]] = {}
    for one in found.others:
        if (other := of(one.value)) is not None and other != value:
            others.setdefault(other, Other(other, one.words))
    return Found(value, found.words, tuple(others.values()))
