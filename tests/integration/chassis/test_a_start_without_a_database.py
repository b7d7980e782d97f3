"""A service whose database does not answer waits a little, says so, and ends to be started again."""

import asyncio
import os
import subprocess
import sys

from support.ports import free_port

PROGRAM = """
from chassis import service
from chassis.settings import Settings

service.WAIT_SECONDS = 1.0

def build(settings):
    raise AssertionError("the service starts")

service.main("test", Settings, build, republication=None)
"""
SETTINGS = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
    "ALLOW_INSECURE": "1",
    "AUTH_ISSUER": "test",
    "AUTH_AUDIENCE": "test",
    "AUTH_JWKS_URL": "file:///dev/null",
}


async def test_a_service_without_a_database_says_so_and_ends() -> None:
    url = f"postgresql://nobody@127.0.0.1:{free_port()}/test"
    ended = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", PROGRAM],
        env={**os.environ, **SETTINGS, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=180,
    )
    output = ended.stdout + ended.stderr
    assert ended.returncode == 3, output
    assert "the database does not answer" in output
    assert "Traceback" not in output
