"""What tests of one process must not leave to each other."""

from collections.abc import Iterator

import pytest
from chassis import unreadable


@pytest.fixture(autouse=True)
def _no_row_is_unreadable() -> Iterator[None]:
    """Rows that a test planted count in no other: their databases are gone."""
    yield
    for table, keys in unreadable._unreadable.items():
        unreadable.forget(table, list(keys))
