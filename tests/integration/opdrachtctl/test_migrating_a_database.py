"""`opdracht migrate` brings a database up to date where the service is installed, and runs none of it."""

import os
import subprocess
import sys
from importlib.resources import files

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

    scripts = [
        f"{package}/{script.name}"
        for package in ("chassis", "profiles")
        for script in sorted((files(package) / "migrations").iterdir(), key=lambda entry: entry.name)
        if script.name.endswith(".sql")
    ]
    assert len(scripts) >= 4
    assert migrate() == [f"applied {name}" for name in scripts]
    assert migrate() == ["nothing to apply"]
    connection = await asyncpg.connect(database)
    assert await connection.fetchval("SELECT count(*) FROM profiles") == 0
    await connection.close()
