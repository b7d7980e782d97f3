"""Arrays in PostgreSQL's own writing, for rows of them: `unnest` flattens an array of arrays."""

from collections.abc import Iterable, Sequence
from functools import lru_cache


def numbers_as_array(numbers: Iterable[float]) -> str:
    """Write numbers."""
    return "{" + ",".join(map(repr, numbers)) + "}"


def bytes_as_array(values: Iterable[bytes | None]) -> str:
    """Write byte strings, or nulls."""
    return "{" + ",".join("NULL" if value is None else f'"\\\\x{value.hex()}"' for value in values) + "}"


def texts_as_array(texts: Sequence[str]) -> str:
    """Write texts, which hold no NUL."""
    return _texts_as_array(tuple(texts))


@lru_cache(maxsize=256)  # whatever is written by the row, names mostly, is the same few
def _texts_as_array(texts: tuple[str, ...]) -> str:
    quoted = (text.replace("\\", r"\\").replace('"', r"\"") for text in texts)
    return "{" + ",".join(f'"{text}"' for text in quoted) + "}"
