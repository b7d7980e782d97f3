"""`opdracht topics check`: any difference at all is exit status 1, so that whatever runs it stops there."""

import opdrachtctl.topics
import pytest
from chassis.kafka.topics import Drift
from opdrachtctl.__main__ import app
from typer.testing import CliRunner

SETTINGS = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "COLUMNS": "200"}


@pytest.mark.parametrize(
    ("found", "status", "said"),
    [
        ([], 0, "every topic is as the table says"),
        ([Drift("contacts", "is missing")], 1, "contacts is missing"),
        ([Drift("contacts", "has 1 replicas instead of 3")], 1, "contacts has 1 replicas instead of 3"),
    ],
)
def test_the_exit_status_says_whether_something_differs(
    found: list[Drift], status: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def drifts(_arguments: object) -> list[Drift]:
        return found

    monkeypatch.setattr(opdrachtctl.topics, "drifts", drifts)
    done = CliRunner().invoke(app, ["topics", "check"], env=SETTINGS)
    assert (done.exit_code, done.output.strip()) == (status, said)
