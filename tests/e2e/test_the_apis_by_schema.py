"""Each service against its own OpenAPI document: whatever comes in, it answers what the document says.

All of schemathesis's checks, from every status and header to authorization that is ignored; what they may
not expect, and why, stands in `schemathesis.toml`.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.vocabulary import Role
from stack import issuer
from support.openapi import FOLDER
from support.stacks import Stack

SERVICES = ("profiles", "assignments", "matching", "notifications", "desk")
TESTS = Path(__file__).parents[1]
PROGRAM = Path(sys.executable).with_name("schemathesis")
COMMAND = (str(PROGRAM), "--config-file", str(TESTS / "e2e/schemathesis.toml"), "run")

Runs = dict[str, subprocess.Popen[str]]


def token(stack: Stack, service: str) -> str:
    """Return a token with an address of its own, whose mail preferences no other test goes by.

    It is a recruiter's, and at the desk an operator's, who alone may end somebody's sessions.
    """
    role = Role.OPERATOR if service == "desk" else Role.RECRUITER
    return issuer.token(stack.layout, role, "schemathesis", email="schemathesis@example.org")


@pytest.fixture(scope="module")
def runs(stack: Stack) -> Iterator[Runs]:
    """A run for each service, all at once: most of their time they wait."""
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    started = {
        service: subprocess.Popen(
            [*COMMAND, str(FOLDER / f"{service}.json"), "--url", stack.layout.url(service)],
            env=environment | {"TOKEN": token(stack, service)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for service in SERVICES
    }
    yield started
    for run in started.values():
        run.kill()
        run.wait()


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_is_as_the_document_says(runs: Runs, service: str) -> None:
    output, _ = runs[service].communicate(timeout=900)
    assert runs[service].returncode == 0, output
