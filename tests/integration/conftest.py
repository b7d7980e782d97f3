"""What tests of one process must not leave to each other, and the five services in one process."""

from collections.abc import AsyncIterator, Iterator

import pytest
from chassis import unreadable
from stack.layout import SERVICES, Layout
from support.databases import a_database
from support.five_services import Services, five_services


@pytest.fixture
async def database(postgres: Layout, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A database of one's own; its URL. Tests in a service's folder have it as the service's migrations leave
    it, others have it empty.
    """
    folder = request.path.parent.name
    async with a_database(postgres, folder if folder in SERVICES else None) as url:
        yield url


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
