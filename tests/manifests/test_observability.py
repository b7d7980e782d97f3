"""Alerts that fire and stay silent, runbooks that exist, dashboards that are those of the code."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import yaml

ROOT = Path(__file__).parents[2]
OBSERVABILITY = ROOT / "deploy/observability"
ALERTS = yaml.safe_load((OBSERVABILITY / "alerts.yaml").read_text())["spec"]
TESTS = yaml.safe_load((OBSERVABILITY / "alerts.test.yaml").read_text())["tests"]
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]


def dashboards() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dashboards", OBSERVABILITY / "dashboards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_alerts_fire_and_stay_silent_as_their_tests_say(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump(ALERTS))
    (tmp_path / "alerts.test.yaml").write_text((OBSERVABILITY / "alerts.test.yaml").read_text())
    for command in (["check", "rules", "rules.yaml"], ["test", "rules", "alerts.test.yaml"]):
        done = subprocess.run(
            ["promtool", *command], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_runbook_and_is_tested_both_ways() -> None:
    cases = [case for one in TESTS for case in one["alert_rule_test"]]
    for rule in RULES:
        name = rule["alert"]
        assert rule["annotations"]["runbook_url"].endswith(f"/docs/operations/runbooks/{name}.md")
        text = (ROOT / f"docs/operations/runbooks/{name}.md").read_text()
        assert text.startswith(f"# {name}: ")
        assert rule["labels"]["severity"] in {"page", "ticket"}
        outcomes = {bool(case["exp_alerts"]) for case in cases if case["alertname"] == name}
        assert outcomes == {True, False}, name
    runbooks = {path.stem for path in (ROOT / "docs/operations/runbooks").glob("*.md")}
    assert runbooks == {rule["alert"] for rule in RULES}


def test_the_dashboards_are_those_that_the_code_says() -> None:
    made = dashboards()
    assert {path.stem for path in made.FOLDER.glob("*.json")} == set(made.DASHBOARDS)
    for name in made.DASHBOARDS:
        assert (made.FOLDER / f"{name}.json").read_text() == made.written(name), "run `make dashboards`"
