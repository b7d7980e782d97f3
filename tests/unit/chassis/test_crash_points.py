"""A process ends or stops at the point that its environment names, and says so when it starts."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping

import pytest
from chassis.crash_points import Point

PASSES_BY = """
from chassis.crash_points import Point, reach, warn
warn()
for point in Point:
    reach(point)
    print(point.value, flush=True)
"""


def run(environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PASSES_BY],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_unset_nothing_happens_and_nothing_is_said() -> None:
    process = run({})
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output.split()) == (0, [point.value for point in Point])


@pytest.mark.parametrize("point", [Point.REQUEST_STORED, Point.SENDER_ACCEPTED])
def test_it_dies_at_the_point_and_had_said_so(point: Point) -> None:
    process = run({"CRASH_AT": point})
    output, _ = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert "told to fail" in output
    assert point.value not in output.splitlines()


def test_it_stands_still_at_the_point_once_until_it_is_continued() -> None:
    process = run({"FREEZE_AT": Point.RELAY_SENT})
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    process.send_signal(signal.SIGCONT)
    output, _ = process.communicate(timeout=30)
    assert (process.returncode, output.splitlines()[-1]) == (0, list(Point)[-1].value)


def test_a_point_that_does_not_exist_stops_the_start() -> None:
    process = run({"CRASH_AT": "relay.sentt"})
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "relay.sentt" in output
