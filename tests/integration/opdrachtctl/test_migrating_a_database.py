"""`opdracht migrate` brings a database up to date where the service is installed, and runs none of it."""

import os
import subprocess
import sys

import asyncpg

PROGRAM = """
import sys
from opdrachtctl.__main__ import app
app(["migrate", "profiles"], standalone_mode=False)
assert "profiles" not in sys.modules
"""


async def test_a_database_is_brought_up_to_date_once(database: str) -> None:
    def migrate() -> list[str]:
        environment = {**os.environ, "DATABASE_URL": database}
        command = [sys.executable, "-c", PROGRAM]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        return done.stdout.splitlines()

    assert migrate() == [
        "applied chassis/0001_delivery.sql",
        "applied chassis/0002_parked.sql",
        "applied profiles/0001_profiles.sql",
        "applied profiles/0002_preferences.sql",
    ]
    assert migrate() == ["nothing to apply"]
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT count(*) FROM profiles") == 0
    await connection.close()
