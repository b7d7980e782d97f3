"""The one-machine stack as a person meets it: it starts, heals, tells what is in the way, and ends whole."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
from support.meetings import a_match, mails_to
from support.ports import SECOND_STACK
from support.stacks import (
    Stack,
    a_folder_for_all,
    process_of,
    start_stack,
    stop,
    until,
    wait_for_line,
)

# `python -m stack`, with short pauses in the example's scenario
HURRIED = ("-c", "from stack import __main__, example; example.PAUSE_SECONDS = 0.5; __main__.main()")


def children(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with a_folder_for_all("stack-") as made:
        yield made


async def test_the_example_arrives_and_everything_ends_with_the_stack(folder: Path) -> None:
    process = start_stack(SECOND_STACK, folder, "run", program=HURRIED)
    try:
        wait_for_line(process, "platform is up")
        pids = {path.stem for path in (folder / "run").glob("*.pid")}
        assert pids == {
            "profiles",
            "assignments",
            "matching",
            "notifications",
            "desk",
            "identity",
            "kafka",
            "postgres",
            "mail",
        }
        for token in ("recruiter", "operator", "professional"):
            assert (folder / "tokens" / token).read_text().count(".") == 2
        headers = {"Authorization": f"Bearer {(folder / 'tokens' / 'recruiter').read_text()}"}
        async with httpx.AsyncClient(headers=headers, timeout=30) as http:

            async def mailed() -> bool:
                answer = await http.get(f"http://localhost:{SECOND_STACK + 25}/api/messages/")
                return len(answer.json()["data"]) >= 30

            await until(mailed, seconds=120, what="the example's mails")
            answer = await http.get(f"http://localhost:{SECOND_STACK + 2}/assignments?state=open&limit=200")
            assert len(answer.json()["items"]) >= 26  # some are filled, or withdrawn by the scenario
        wait_for_line(process, "an opdracht is withdrawn")
        running = children(process)
        assert len(running) >= 7
        output = stop(process)
        assert "all processes ended" in output
        assert not [one for one in running if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    finally:
        process.kill()

    again = start_stack(SECOND_STACK, folder, "run")
    try:
        wait_for_line(again, "platform is up")
        async with httpx.AsyncClient(headers=headers, timeout=30) as http:
            items = (await http.get(f"http://localhost:{SECOND_STACK + 1}/profiles?limit=200")).json()
            assert len(items["items"]) == 200
            page = await http.get(
                f"http://localhost:{SECOND_STACK + 1}/profiles?limit=200&cursor={items['next']}"
            )
            assert len(page.json()["items"]) == 100
        output = stop(again, signal.SIGTERM)
        assert "all processes ended" in output
    finally:
        again.kill()


@pytest.mark.parametrize("name", ["matching", "notifications"])
async def test_a_process_that_is_killed_comes_back(stack: Stack, name: str) -> None:
    old = process_of(stack.layout, name)
    os.kill(old, signal.SIGKILL)

    async def back() -> bool:
        if process_of(stack.layout, name) == old:
            return False
        try:
            async with stack.client(name, role=None) as http:
                return (await http.get("/readyz")).status_code == 200
        except httpx.HTTPError:
            return False

    await until(back)
    _, _, address = await a_match(stack, f"Terug-{name}")
    await until(lambda: mails_to(stack, address, f"Terug-{name}"), what="the work goes on")


def test_a_port_that_is_taken_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", SECOND_STACK + 2))
        taken.listen()
        process = start_stack(SECOND_STACK, folder)
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f"port {SECOND_STACK + 2} (assignments) is taken" in output


@pytest.mark.parametrize(
    ("missing", "value"),
    [("DATABASE_URL", None), ("KAFKA_BOOTSTRAP_SERVERS", "nonsense"), ("AUTH_JWKS_URL", "ftp://x")],
)
def test_a_setting_that_is_missing_or_malformed_stops_the_service_by_name(
    missing: str, value: str | None
) -> None:
    settings = {
        "DATABASE_URL": "postgresql://localhost/x",
        "KAFKA_BOOTSTRAP_SERVERS": "localhost:9092",
        "ALLOW_INSECURE": "1",
        "AUTH_ISSUER": "x",
        "AUTH_AUDIENCE": "x",
        "AUTH_JWKS_URL": "https://example.org/jwks",
    }
    changed = {name: text for name, text in {**settings, missing: value}.items() if text is not None}
    done = subprocess.run(
        [sys.executable, "-m", "profiles"],
        env={"PATH": os.environ["PATH"], **changed},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert missing in done.stderr
