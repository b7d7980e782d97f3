"""Alerts that fire and stay silent, runbooks that exist, dashboards that are those of the code."""

import importlib.util
import re
import subprocess
from itertools import groupby
from pathlib import Path
from types import ModuleType

import yaml
from support.alerting import (
    OBSERVABILITY,
    RUNBOOKS,
    alerts,
    cases,
    groups,
    interval_of,
    promtools_form,
    rule_files,
    rules,
)

SEVERITIES = {"page", "ticket"}


def dashboards() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dashboards", OBSERVABILITY / "dashboards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_alerts_fire_and_stay_silent_as_their_tests_say(tmp_path: Path) -> None:
    commands = []
    for number, path in enumerate(rule_files()):
        (tmp_path / f"{number}.yaml").write_text(yaml.safe_dump(groups(path)))
        commands.append(["check", "rules", f"{number}.yaml"])
    # one group, which is judged in its order, and as often as something happens
    in_order = {"groups": [{"name": "all", "rules": rules()}]}
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(in_order))
    for interval, some in groupby(sorted(cases(), key=interval_of), interval_of):
        tests = {
            "rule_files": ["rules.yaml"],
            "evaluation_interval": interval,
            "tests": [*map(promtools_form, some)],
        }
        (tmp_path / f"tests-{interval}.yaml").write_text(yaml.safe_dump(tests))
        commands.append(["test", "rules", f"tests-{interval}.yaml"])
    for command in commands:
        done = subprocess.run(
            ["promtool", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_both_ways() -> None:
    seen: dict[str, set[bool]] = {}
    for moment in (moment for case in cases() for moment in case["alerts"]):
        for name, on in moment.items():
            if name != "at":
                seen.setdefault(name, set()).add(bool(on))
    assert seen == {rule["alert"]: {True, False} for rule in alerts()}


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    overview = (RUNBOOKS.parent / "README.md").read_text()
    for rule in alerts():
        name = rule["alert"]
        assert rule["annotations"]["runbook_url"] == f"docs/operations/runbooks/{name}.md"
        text = (RUNBOOKS / f"{name}.md").read_text()
        assert text.startswith(f"# {name}: ")
        assert text.splitlines()[2].startswith("**What people notice.** "), name
        assert f"[{name}](runbooks/{name}.md)" in overview, name
        assert rule["labels"]["severity"] in SEVERITIES
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {rule["alert"] for rule in alerts()}


def test_every_rule_knows_its_namespace_and_is_of_ours_alone() -> None:
    for rule in rules():
        if rule.get("record") == "opdrachten:namespace":
            continue
        expression = rule["expr"]
        for labels in re.findall(r"\bby \(([^)]*)\)", expression):
            assert labels.startswith("namespace"), expression
        if "alert" in rule:
            assert re.search(r"\b(opdrachten:namespace|namespace_service:expected)\b", expression), expression
        else:
            assert "namespace" in rule["record"].split(":")[0]


def test_the_dashboards_are_those_that_the_code_says() -> None:
    made = dashboards()
    assert {path.stem for path in made.FOLDER.glob("*.json")} == set(made.DASHBOARDS)
    for name in made.DASHBOARDS:
        assert (made.FOLDER / f"{name}.json").read_text() == made.written(name), "run `make dashboards`"
