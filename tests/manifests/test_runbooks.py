"""What runbooks tell people to type: programs take it, and what it asks for is there."""

import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import typer
import yaml
from fastapi.routing import iter_route_contexts
from opdrachtctl.__main__ import app
from support.alerting import EXPORTED, ROOT, metrics_of, recorded
from support.openapi import apps
from support.runbooks import Written, written

NOBODY = "http://127.0.0.1:1"  # a port on which nobody listens


def test_kubectl_takes_every_command() -> None:
    """Up to where it calls the cluster, of which there is none here."""
    commands = list({one.text: one for one in written("kubectl")}.values())
    assert len(commands) > 40
    with ThreadPoolExecutor(4) as threads:
        wrong = [error for error in threads.map(refused_by_kubectl, commands) if error]
    assert wrong == []


def refused_by_kubectl(command: Written) -> str | None:
    words = shlex.split(command.text)
    done = subprocess.run(
        [words[0], f"--server={NOBODY}", *words[1:]],
        env={"PATH": os.environ["PATH"], "KUBECONFIG": "/dev/null", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    return None if "refused" in done.stderr else f"{command.runbook}: {command.text}: {done.stderr}"


def test_the_operators_command_takes_every_command() -> None:
    commands = written("opdracht")
    assert len(commands) > 10
    for command in commands:
        parse(shlex.split(command.text)[1:], command.runbook)


def parse(words: Sequence[str], runbook: str) -> None:
    command, left = typer.main.get_command(app), list(words)
    while commands := getattr(command, "commands", None):
        assert left, f"{runbook}: opdracht {words}: which command?"
        assert left[0] in commands, f"{runbook}: opdracht {words}"
        command = commands[left.pop(0)]
    command.make_context("opdracht", left)  # raises where an option is unknown, or an argument is missing


def test_prometheus_takes_every_query_of_metrics_that_there_are(tmp_path: Path) -> None:
    queries = written("promql")
    assert len(queries) > 5
    rules = [{"record": f"query:{number}", "expr": one.text} for number, one in enumerate(queries)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(
        ["promtool", "check", "rules", str(tmp_path / "rules.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for one in queries:
        assert metrics_of(one.text) <= known_metrics(), one
        assert "namespace" in one.text, one


def known_metrics() -> set[str]:
    """Return the metrics that the services' page, our rules and others' exporters have."""
    page = (ROOT / "docs/reference/metrics.md").read_text()
    known = recorded() | EXPORTED
    for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \|", page, re.MULTILINE):
        known |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else {name}
    return known


def test_every_address_that_is_called_is_one_of_a_service() -> None:
    routes = {route.path for one in apps().values() for route in iter_route_contexts(one.routes)}
    patterns = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$") for path in routes if path]
    called = written("curl")
    assert len(called) > 3
    for one in called:
        (path,) = re.findall(r"https://[^/ ]+(?:/api/\w+)?(/[^? \"]*)", one.text)
        assert any(pattern.match(path) for pattern in patterns), one
