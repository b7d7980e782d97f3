"""The alerts and their tests, as promtool reads them."""

import re
from functools import cache
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


@cache
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
    files = sorted(OBSERVABILITY.rglob("alerts.test.yaml"))
    return [one for path in files for one in yaml.safe_load(path.read_text())]


def judged(case: dict[str, Any]) -> list[Rule]:
    """Return the alerts that a case names, and what they need of what is recorded, in their order."""
    names = {name for moment in case["alerts"] for name in moment}
    chosen: list[Rule] = []
    for rule in reversed(rules()):
        if rule.get("alert") in names or any(rule.get("record", "-") in one["expr"] for one in chosen):
            chosen.insert(0, rule)
    return chosen


def promtools_form(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case as promtool reads it: every expected alert with its rule's severity and annotations."""
    return {
        "name": case["name"],
        "interval": case.get("interval", "1m"),
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
    rule = next(rule for rule in candidates if rule["labels"]["severity"] == wanted)
    whole = {"namespace": NAMESPACE, "severity": wanted, **labels}
    annotations = {
        key: re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: whole[found[1]], text)
        for key, text in rule["annotations"].items()
    }
    return {"exp_labels": whole, "exp_annotations": annotations}


# What others export. Strimzi's names stand in its dashboards (packaging/examples/metrics), CloudNativePG's in
# its page on monitoring, kube-state-metrics' in its docs/metrics, the kubelet's in Kubernetes'.
EXPORTERS = {
    "Prometheus": {"up"},
    "kube-state-metrics": {
        "kube_cronjob_created",
        "kube_cronjob_status_last_successful_time",
        "kube_deployment_spec_replicas",
        "kube_deployment_status_condition",
        "kube_deployment_status_replicas_available",
        "kube_horizontalpodautoscaler_status_condition",
        "kube_job_failed",
        "kube_persistentvolumeclaim_info",
        "kube_pod_container_status_waiting_reason",
    },
    "kubelet": {"kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"},
    "Strimzi Metrics Reporter": {
        "kafka_controller_kafkacontroller_activecontrollercount",
        "kafka_controller_kafkacontroller_offlinepartitionscount",
        "kafka_server_replicamanager_underminisrpartitioncount",
        "kafka_server_replicamanager_underreplicatedpartitions",
    },
    "Kafka Exporter": {"kafka_brokers", "kafka_topic_partition_under_replicated_partition"},
    "CloudNativePG": {
        "cnpg_backends_total",
        "cnpg_collector_up",
        "cnpg_pg_replication_lag",
        "cnpg_pg_replication_streaming_replicas",
        "cnpg_pg_settings_setting",
        "cnpg_pg_stat_archiver_last_archived_time",
        "cnpg_pg_stat_archiver_last_failed_time",
    },
    "Barman Cloud plugin": {"barman_cloud_cloudnative_pg_io_last_available_backup_timestamp"},
}
EXPORTED = frozenset[str]().union(*EXPORTERS.values())
_OPERATORS = {"and", "or", "unless", "bool", "offset"}


def metrics_of(expression: str) -> set[str]:
    """Return the metrics of an expression: its names that are no function, no operator and no label."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", expression)
    bare = re.sub(r"\b(by|on|without|ignoring|group_left|group_right) *\([^)]*\)", " ", bare)
    names = re.findall(r"(?<![\w.:])[a-zA-Z_][\w:]*(?! *\()\b(?! *\()", bare)
    return set(names) - _OPERATORS


def recorded() -> set[str]:
    """Return what our rules record."""
    return {rule["record"] for rule in rules() if "record" in rule}
