"""The page on metrics, from the modules that declare them."""

import importlib
from collections.abc import Iterable
from importlib.util import find_spec

from faststream.kafka.prometheus import KafkaPrometheusMiddleware
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from generator.markdown import code, page, sections, table

INTRODUCTION = """
Each service shows them to Prometheus at `/metrics`; the [alerts](../../deploy/observability/alerts.yaml) and
the [dashboards](../../deploy/observability/dashboards) are made of them. A histogram's name goes on with
`_bucket`, `_count` or `_sum`. What is read from PostgreSQL or Kafka is absent while that is away, and every
replica shows the same of it: take the `max`. No label holds an id or anything of a person.
"""
OF_LIBRARIES = """
Beside these stand the Prometheus client's own, on the process (`process_*`) and on Python (`python_*`).
"""
PACKAGES = ("chassis", "profiles", "assignments", "matching", "notifications", "desk")


def render() -> str:
    """Return the page as Markdown."""
    registry = CollectorRegistry()
    KafkaPrometheusMiddleware(registry=registry, app_name="")
    return page(
        "Metrics",
        INTRODUCTION,
        *(_package(package) for package in PACKAGES if find_spec(f"{package}.metrics")),
        "## Services that consume",
        "FastStream counts records, which it calls messages.",
        _table(registry._collector_to_names),
        OF_LIBRARIES,
    )


def _package(package: str) -> str:
    module = importlib.import_module(f"{package}.metrics")
    heading = "## Every service" if package == "chassis" else f"## {package}"
    return sections(heading, _table(vars(module).values()))


def _table(candidates: Iterable[object]) -> str:
    rows = []
    for metric in candidates:
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = ", ".join(map(code, metric._labelnames))
            rows.append((code(name), family.type, labels, family.documentation))
    return table(("name", "type", "labels", "meaning"), rows)
