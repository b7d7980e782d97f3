"""The scan for known faults, against an OSV of our own: what fails it, what does not, and what it says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy/supply-chain/advisories.py"
NAME = "GHSA-0000-0000-0000"
FAULT: dict[str, Any] = {
    "id": NAME,
    "modified": "2026-01-01T00:00:00Z",
    "summary": "Something is wrong with it",
    "affected": [{"package": {"name": "fastapi", "ecosystem": "PyPI"}, "ranges": [], "versions": []}],
}


@pytest.fixture
def osv() -> Iterator[tuple[str, list[str]]]:
    """Serve OSV's API; yield its address, and the packages with faults: at first none."""
    faulty: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            found = [
                {"vulns": [{"id": NAME, "modified": FAULT["modified"]}]}
                if one["package"]["name"] in faulty
                else {}
                for one in asked
            ]
            self._say({"results": found})

        def do_GET(self) -> None:
            self._say(FAULT)

        def _say(self, body: Any) -> None:
            text = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", faulty
    server.shutdown()


def scan(service: str, *options: str, allowed: Path | None = None) -> tuple[int, str]:
    command = [sys.executable, str(SCRIPT), "--service", service, *options]
    command += [] if allowed is None else ["--allowed", str(allowed)]
    once = {**os.environ, "UV_HTTP_RETRIES": "0"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=once)
    return done.returncode, done.stdout + done.stderr


def let_through(folder: Path, *, because: str = "It is not used.", days: int = 30) -> Path:
    file = folder / "allowed.toml"
    until = datetime.now(UTC).date() + timedelta(days=days)
    file.write_text(f'[[allowed]]\nid = "{NAME}"\nbecause = "{because}"\nuntil = {until}\n')
    return file


def test_a_lock_without_known_faults_passes_with_todays_list(osv: tuple[str, list[str]]) -> None:
    assert scan(osv[0], "--required")[0] == 0


def test_a_known_fault_fails_and_is_named(osv: tuple[str, list[str]]) -> None:
    osv[1].append("fastapi")
    status, said = scan(osv[0])
    assert status == 1
    assert NAME in said
    assert "fastapi" in said


def test_what_is_let_through_passes_until_its_day(osv: tuple[str, list[str]], tmp_path: Path) -> None:
    osv[1].append("fastapi")
    assert scan(osv[0], allowed=let_through(tmp_path))[0] == 0
    for wrong in ({"days": -1}, {"days": 200}, {"because": " "}):
        status, said = scan(osv[0], allowed=let_through(tmp_path, **wrong))
        assert (status, NAME in said) == (1, True), wrong


def test_without_an_answer_it_says_that_nothing_was_checked_and_fails_where_it_is_required() -> None:
    nobody = "http://127.0.0.1:9/"
    status, said = scan(nobody)
    assert (status, "nothing was checked" in said) == (0, True)
    assert scan(nobody, "--required")[0] == 1
