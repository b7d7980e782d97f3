"""What stands on a PostgreSQL alone is tested on production's version of it; the stack runs a newer one."""

import re
from pathlib import Path

import asyncpg
from support.stacks import Stack

ROOT = Path(__file__).parents[3]
IMAGES = {
    "deploy/compose.yaml": r"image: postgres:(\d+)",
    "deploy/kubernetes/components/cloudnative-pg/cluster.yaml": r"imageName: \S+/postgresql:(\d+)",
}


async def version_of(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return connection.get_server_version().major
    finally:
        await connection.close()


async def test_a_database_of_tests_is_of_productions_version(database: str) -> None:
    deployed = {
        int(one) for file, image in IMAGES.items() for one in re.findall(image, (ROOT / file).read_text())
    }
    assert deployed == {await version_of(database)}


async def test_the_stack_has_the_version_after_productions(stack: Stack, database: str) -> None:
    assert await version_of(stack.layout.database_url("profiles")) > await version_of(database)
