"""Alerts that fire and stay silent, runbooks that exist, dashboards that are those of the code."""

import importlib.util
import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import yaml
from support.alerting import (
    EXPORTED,
    OBSERVABILITY,
    ROOT,
    RUNBOOKS,
    Rule,
    alerts,
    cases,
    groups,
    judged,
    metrics_of,
    promtools_form,
    recorded,
    rule_files,
    rules,
)
from support.rendered import Manifest, built, of_kind, rendered
from support.runbooks import written

SEVERITIES = {"page", "ticket"}


def dashboards() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dashboards", OBSERVABILITY / "dashboards.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_alerts_fire_and_stay_silent_as_their_tests_say(tmp_path: Path) -> None:
    checked, tested = [], []
    for number, path in enumerate(rule_files()):
        checked.append(f"{number}.yaml")
        (tmp_path / checked[-1]).write_text(yaml.safe_dump(groups(path)))
    for number, case in enumerate(cases()):
        # one group is judged in its order
        group = {"name": "all", "rules": judged(case)}
        (tmp_path / f"rules-{number}.yaml").write_text(yaml.safe_dump({"groups": [group]}))
        form = promtools_form(case)
        tests = {"rule_files": [f"rules-{number}.yaml"], "evaluation_interval": form["interval"]}
        tested.append(f"test-{number}.yaml")
        (tmp_path / tested[-1]).write_text(yaml.safe_dump({**tests, "tests": [form]}))
    for command in (["check", "rules", *checked], ["test", "rules", *tested]):
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


def test_rules_and_dashboards_name_metrics_that_there_are() -> None:
    page = (ROOT / "docs/reference/metrics.md").read_text()
    ours = set()
    for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \|", page, re.MULTILINE):
        ours |= {f"{name}_bucket", f"{name}_count", f"{name}_sum"} if kind == "histogram" else {name}
    named = set().union(*(metrics_of(rule["expr"]) for rule in rules()))
    shown = set().union(*map(metrics_of, graphed()))
    assert named - recorded() - ours <= EXPORTED
    assert shown - recorded() - ours <= EXPORTED
    asked = set().union(*(metrics_of(one.text) for one in written("promql")))
    assert named | asked >= EXPORTED  # the list has nothing that nobody asks for


def graphed() -> list[str]:
    """Return every expression of the dashboards."""
    made = dashboards()
    return [
        expression
        for _, graphs in made.DASHBOARDS.values()
        for graph in graphs
        for expression in graph.queries.values()
    ]


def test_the_dashboards_show_one_namespace() -> None:
    for expression in graphed():
        assert expression.count('{namespace="$namespace"') == len(re.findall(r"\{", expression)), expression
        assert metrics_of(expression)
    made = dashboards()
    for name in made.DASHBOARDS:
        variables = json.loads(made.written(name))["templating"]["list"]
        assert [one["name"] for one in variables] == ["source", "namespace"]


def test_the_overlay_says_which_namespace_is_ours_and_where_runbooks_are_read(tmp_path: Path) -> None:
    for overlay, namespace in (("staging", "opdrachten-staging"), ("production", "opdrachten")):
        marks = [rule for rule in deployed(rendered(overlay)) if rule.get("record") == "opdrachten:namespace"]
        assert [mark["labels"] for mark in marks] == [{"namespace": namespace}]
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    setting = tmp_path / "deploy/kubernetes/components/monitoring/kustomization.yaml"
    setting.write_text(setting.read_text().replace("documents=docs", "documents=https://git.test/main/docs"))
    built_with_it = built(tmp_path / "deploy/kubernetes/overlays/production")
    told = {
        rule["alert"]: rule["annotations"]["runbook_url"]
        for rule in deployed(built_with_it)
        if "alert" in rule
    }
    assert told == {
        rule["alert"]: f"https://git.test/main/docs/operations/runbooks/{rule['alert']}.md"
        for rule in alerts()
    }


def deployed(manifests: Iterable[Manifest]) -> list[Rule]:
    return [
        rule
        for one in manifests
        if one["kind"] == "PrometheusRule"
        for group in one["spec"]["groups"]
        for rule in group["rules"]
    ]


def test_dashboards_are_there_once_where_staging_and_production_share_a_grafana() -> None:
    with_dashboards = {
        overlay
        for overlay in ("staging", "production")
        for one in of_kind(overlay, "ConfigMap")
        if one["metadata"]["name"] == "dashboards"
    }
    assert with_dashboards == {"production"}


def test_prometheus_is_let_in_wherever_it_is_told_to_look() -> None:
    ports = {"tcp-prometheus": 9404, "metrics": 9187}
    for monitor in of_kind("production", "PodMonitor"):
        selected = monitor["spec"]["selector"]["matchLabels"]
        (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
        port = 8001 if "app.kubernetes.io/part-of" in selected else ports[endpoint["port"]]
        let_in = [
            rule
            for policy in of_kind("production", "NetworkPolicy")
            if policy["spec"]["podSelector"].get("matchLabels", {}).items() <= selected.items()
            for rule in policy["spec"].get("ingress", ())
            if {"namespaceSelector": {"matchLabels": {"opdrachten/may-measure": "true"}}} in rule["from"]
        ]
        assert {"port": port} in [one for rule in let_in for one in rule["ports"]], monitor["metadata"][
            "name"
        ]


def test_the_dashboards_are_those_that_the_code_says() -> None:
    made = dashboards()
    assert {path.stem for path in made.FOLDER.glob("*.json")} == set(made.DASHBOARDS)
    for name in made.DASHBOARDS:
        assert (made.FOLDER / f"{name}.json").read_text() == made.written(name), "run `make dashboards`"
