"""Every metric that an alert or a dashboard names is one that a service has, or another's exporter."""

import json
import re
from typing import Any

from stack.layout import SERVICES
from support.alerting import EXPORTED, OBSERVABILITY, metrics_of, recorded, rules
from support.stacks import Stack


def expressions() -> list[str]:
    found = [rule["expr"] for rule in rules()]
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


async def test_every_metric_that_is_named_is_exported(stack: Stack) -> None:
    exported = set(EXPORTED)
    for service in SERVICES:
        async with stack.client(service, None) as http:
            text = (await http.get("/metrics")).text
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
            exported |= {name} if kind != "histogram" else {f"{name}_bucket", f"{name}_count", f"{name}_sum"}
    named = set().union(*map(metrics_of, expressions())) - recorded()
    assert len(named) > 30
    assert named <= exported, named - exported


async def test_what_is_promised_is_a_bound_of_the_histogram_that_measures_it(stack: Stack) -> None:
    for service, name in (("matching", "match_latency_seconds"), ("notifications", "notice_due_seconds")):
        async with stack.client(service, None) as http:
            text = (await http.get("/metrics")).text
        bounds = re.findall(name + r'_bucket\{le="([^"]+)"\}', text)
        selectors = [
            one for rule in rules() for one in re.findall(name + r"_bucket\{([^}]*)\}", rule["expr"])
        ]
        (promised,) = {found for one in selectors for found in re.findall(r'le=~"([^"]+)"', one)}
        assert [bound for bound in bounds if re.fullmatch(promised, bound)]
