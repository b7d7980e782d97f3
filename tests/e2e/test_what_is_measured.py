"""Every metric that an alert or a dashboard names is one that a running service has."""

import json
import re
from pathlib import Path
from typing import Any

import yaml
from stack.layout import SERVICES
from support.stacks import Stack

OBSERVABILITY = Path(__file__).parents[2] / "deploy/observability"
OF_PROMETHEUS = {"up"}
FUNCTIONS = {
    "histogram_quantile",
    "sum",
    "max",
    "rate",
    "increase",
    "absent",
    "by",
    "le",
    "unless",
    "and",
    "or",
}


def expressions() -> list[str]:
    rules = yaml.safe_load((OBSERVABILITY / "alerts.yaml").read_text())["spec"]["groups"]
    found = [rule["expr"] for group in rules for rule in group["rules"]]
    for path in (OBSERVABILITY / "dashboards").glob("*.json"):
        found += _targets(json.loads(path.read_text()))
    return found


def _targets(node: Any) -> list[str]:
    if isinstance(node, list):
        return [one for item in node for one in _targets(item)]
    if isinstance(node, dict):
        own = [node["expr"]] if isinstance(node.get("expr"), str) else []
        return own + [one for item in node.values() for one in _targets(item)]
    return []


def metrics(expression: str) -> set[str]:
    """Return the metrics of an expression: what is left without selectors, ranges, labels and functions."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\bby \([^)]*\)|\"[^\"]*\"", " ", expression)
    return set(re.findall(r"[a-z_]{2,}", bare)) - FUNCTIONS


async def test_every_metric_that_is_named_is_exported(stack: Stack) -> None:
    exported = set(OF_PROMETHEUS)
    for service in SERVICES:
        async with stack.client(service, None) as http:
            text = (await http.get("/metrics")).text
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
            exported |= {name} if kind != "histogram" else {f"{name}_bucket", f"{name}_count", f"{name}_sum"}
    named = set().union(*map(metrics, expressions()))
    assert len(named) > 10
    assert named <= exported, named - exported
