"""What tests of one process must not leave to each other, and the five services in one process."""

from collections.abc import AsyncIterator, Iterator

import pytest
from chassis import unreadable
from stack.layout import Layout
from support.five_services import Services, five_services


@pytest.fixture(scope="module")
async def services(postgres: Layout) -> AsyncIterator[Services]:
    """The five services, open for a module."""
    async with five_services(postgres) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _no_row_is_unreadable() -> Iterator[None]:
    """Rows that a test planted count in no other: their databases are gone."""
    yield
    for table, keys in unreadable._unreadable.items():
        unreadable.forget(table, list(keys))
