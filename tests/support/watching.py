"""Debian's Prometheus and Alertmanager on a stack, with our own rules, and who is told: a webhook."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import yaml
from stack.layout import SERVICES, Layout

from support.alerting import NAMESPACE, OBSERVABILITY, groups
from support.ports import free_port

SCRAPED = "15s"  # as deploy/observability/pod-monitor.yaml has it


@dataclass
class Watch:
    """What was told, in order, and where Prometheus answers. Each alert as Alertmanager sends it."""

    prometheus: str
    told: list[dict[str, Any]] = field(default_factory=list)

    def names(self, status: str) -> set[tuple[str, str]]:
        """Return which alerts were told as `firing` or `resolved`: names, each with the service it is of."""
        return {
            (one["labels"]["alertname"], one["labels"].get("service", ""))
            for one in self.told
            if one["status"] == status
        }

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of an expression, now; none while Prometheus starts."""
        try:
            async with httpx.AsyncClient(base_url=self.prometheus, timeout=10) as http:
                answer = await http.get("/api/v1/query", params={"query": expression})
        except httpx.ConnectError:
            return []
        if answer.status_code == 503:
            return []
        assert answer.status_code == 200, answer.text
        samples: list[dict[str, Any]] = answer.json()["data"]["result"]
        return samples

    async def on(self) -> set[tuple[str, str]]:
        """Return the alerts that fire now: names, each with the service it is of."""
        samples = await self.query('ALERTS{alertstate="firing"}')
        return {(one["metric"]["alertname"], one["metric"].get("service", "")) for one in samples}


@contextmanager
def watching(layout: Layout, folder: Path) -> Iterator[Watch]:
    """Watch a stack until the end of the block."""
    ports = {name: free_port() for name in ("webhook", "alertmanager", "prometheus")}
    watch = Watch(f"http://127.0.0.1:{ports['prometheus']}")
    _write(folder, layout, ports)
    with ExitStack() as ends:
        ends.enter_context(_webhook(ports["webhook"], watch.told))
        ends.enter_context(
            _program(
                folder,
                "prometheus-alertmanager",
                "--config.file=alertmanager.yaml",
                "--storage.path=alertmanager",
                f"--web.listen-address=127.0.0.1:{ports['alertmanager']}",
                "--cluster.listen-address=",
            )
        )
        ends.enter_context(
            _program(
                folder,
                "prometheus",
                "--config.file=prometheus.yaml",
                "--storage.tsdb.path=prometheus",
                f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
            )
        )
        yield watch


def _write(folder: Path, layout: Layout, ports: dict[str, int]) -> None:
    (folder / "rules.yaml").write_text(yaml.safe_dump(groups(OBSERVABILITY / "alerts.yaml"), sort_keys=False))
    targets = [
        {
            "targets": [f"127.0.0.1:{layout.ports[service]}"],
            "labels": {"namespace": NAMESPACE, "service": service, "pod": f"{service}-1"},
        }
        for service in SERVICES
    ]
    prometheus = {
        "global": {"scrape_interval": SCRAPED},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [{"job_name": "opdrachten", "static_configs": targets}],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{ports['alertmanager']}"]}]}]
        },
    }
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(prometheus))
    alertmanager = {
        "route": {"receiver": "somebody", "group_by": ["namespace", "alertname"], "group_interval": "30s"},
        "receivers": [
            {
                "name": "somebody",
                "webhook_configs": [{"url": f"http://127.0.0.1:{ports['webhook']}/", "send_resolved": True}],
            }
        ],
    }
    (folder / "alertmanager.yaml").write_text(yaml.safe_dump(alertmanager))


@contextmanager
def _program(folder: Path, *command: str) -> Iterator[None]:
    with (folder / f"{command[0]}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def _webhook(port: int, told: list[dict[str, Any]]) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
