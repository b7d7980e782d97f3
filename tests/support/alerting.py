"""The alerts and their tests, as promtool reads them."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
OBSERVABILITY = ROOT / "deploy/observability"
RUNBOOKS = ROOT / "docs/operations/runbooks"
NAMESPACE = "opdrachten"
Rule = dict[str, Any]


def rule_files() -> list[Path]:
    """Return every file with rules."""
    return sorted(OBSERVABILITY.rglob("alerts.yaml"))


def groups(path: Path) -> dict[str, Any]:
    """Return a PrometheusRule's groups, in the form that Prometheus reads."""
    return {"groups": yaml.safe_load(path.read_text())["spec"]["groups"]}


def rules() -> list[Rule]:
    """Return every rule, alerts and recordings."""
    return [rule for path in rule_files() for group in groups(path)["groups"] for rule in group["rules"]]


def alerts() -> list[Rule]:
    return [rule for rule in rules() if "alert" in rule]


def cases() -> list[dict[str, Any]]:
    """Return what the files of tests tell."""
    return [one for path in sorted(OBSERVABILITY.rglob("alerts.test.yaml")) for one in yaml.safe_load(path.read_text())]


def interval_of(case: dict[str, Any]) -> str:
    return str(case.get("interval", "1m"))


def promtools_form(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case as promtool reads it: every expected alert with its rule's severity and annotations."""
    return {
        "name": case["name"],
        "interval": interval_of(case),
        "input_series": case["input_series"],
        "alert_rule_test": [
            {"eval_time": moment["at"], "alertname": name, "exp_alerts": [_expected(name, one) for one in on]}
            for moment in case["alerts"]
            for name, on in moment.items()
            if name != "at"
        ],
    }


def _expected(name: str, labels: dict[str, str]) -> dict[str, Any]:
    candidates = [rule for rule in alerts() if rule["alert"] == name]
    wanted = labels.get("severity", candidates[0]["labels"]["severity"])
    (rule,) = [rule for rule in candidates if rule["labels"]["severity"] == wanted]
    whole = {"namespace": NAMESPACE, "severity": wanted, **labels}
    annotations = {
        key: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: whole[found[1]], text)
        for key, text in rule["annotations"].items()
    }
    return {"exp_labels": whole, "exp_annotations": annotations}
