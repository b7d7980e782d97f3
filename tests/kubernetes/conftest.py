"""The overlay `minimal` on a real cluster, with Kafka, PostgreSQL and the mail catcher beside it."""

from collections.abc import Iterator

import pytest
from support.cluster import Cluster, deployed


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Everything up, and everything removed after it."""
    with deployed() as made:
        yield made
