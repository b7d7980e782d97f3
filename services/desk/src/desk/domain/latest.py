"""Only the latest counts, whatever order events come in and however often. Pure."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


def latest(items: Iterable[T], key: Callable[[T], K], rank: Callable[[T], Any]) -> dict[K, T]:
    """Return the latest item of each key; of those that rank the same, the first."""
    found: dict[K, T] = {}
    for item in items:
        known = found.get(key(item))
        if known is None or rank(item) > rank(known):
            found[key(item)] = item
    return found


def newer(
    items: Iterable[T], known: Mapping[K, Any], key: Callable[[T], K], rank: Callable[[T], Any]
) -> list[T]:
    """Return the items, in their order, that rank higher than what is `known` of their key (None: nothing)
    and than those before them."""
    highest = dict(known)
    found = []
    for item in items:
        before = highest.get(key(item))
        if before is None or rank(item) > before:
            highest[key(item)] = rank(item)
            found.append(item)
    return found
