"""The whole platform for one run: Kafka, PostgreSQL, a mail server, replicas of the four services, and a
proxy on each way between a service and what it stands on."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from contracts.vocabulary import Role
from notifications.answers.links import Links
from stack import issuer, kafka, postgres, processes
from stack.layout import SERVICES, Layout
from support.stacks import until

from faults import broker, clocks, disk
from faults.mail_server import MailServer
from faults.processes import Exit, Process
from faults.proxy import Proxy

DELAYS = {"SUMMARY_SECONDS": "2", "NEWS_DELAY_SECONDS": "1"}
BACKENDS = ("kafka", "postgres", "mail")


@dataclass
class Platform:
    """Everything that runs. Services' processes are called `matching-1`, proxies `matching>kafka`."""

    layout: Layout
    processes: dict[str, Process] = field(default_factory=dict)
    proxies: dict[str, Proxy] = field(default_factory=dict)
    mail: MailServer = field(default_factory=lambda: MailServer(0))
    http: dict[str, httpx.AsyncClient] = field(default_factory=dict)
    clocks: dict[str, Path] = field(default_factory=dict)  # of replicas whose clock can be set
    small_disk: Path | None = None  # PostgreSQL's, where it could be given one that can be filled

    def replicas(self, service: str) -> list[Process]:
        """Return a service's replicas."""
        return [self.processes[name] for name in sorted(self.processes) if name.startswith(f"{service}-")]

    def services(self) -> list[Process]:
        return [replica for service in SERVICES for replica in self.replicas(service)]

    def ways(self, backend: str, service: str | None = None) -> list[Proxy]:
        """Return the proxies to one backend, of all services or of one."""
        return [
            proxy
            for name, proxy in self.proxies.items()
            if name.endswith(f">{backend}") and (service is None or name.startswith(f"{service}>"))
        ]

    def url(self, replica: str) -> str:
        """Return the HTTP address of a replica."""
        service, _, number = replica.rpartition("-")
        return f"http://127.0.0.1:{self.layout.ports[service] + 5 * (int(number) - 1)}"

    @property
    def links(self) -> Links:
        """What signs the links of mails."""
        return Links(self.layout.url("notifications"), issuer.link_secret(self.layout))

    async def call(
        self, service: str, method: str, path: str, *, replica: int = 0, **request: Any
    ) -> httpx.Response:
        """Call one of a service's replicas as the recruiter; raises httpx.HTTPError where no answer comes."""
        running = self.replicas(service)
        name = running[replica % len(running)].name
        return await self.http[name].request(method, path, **request)

    async def database(self, service: str) -> "asyncpg.Connection[asyncpg.Record]":
        """Open a connection to a service's database, past the proxy."""
        return await asyncpg.connect(self.layout.database_url(service), timeout=10)

    def exits(self) -> list[Exit]:
        """Return every end of a process, in order."""
        found = [one for process in self.processes.values() for one in process.exits]
        return sorted(found, key=lambda one: one.at)

    async def ready(self, replicas: Iterable[Process] | None = None, seconds: float = 90) -> None:
        """Wait until replicas are ready."""
        names = [one.name for one in (self.services() if replicas is None else replicas)]

        async def are_ready() -> bool:
            try:
                for name in names:
                    (await self.http[name].get("/readyz")).raise_for_status()
            except httpx.HTTPError:
                return False
            return True

        await until(are_ready, seconds, f"{names} are ready")


@asynccontextmanager
async def running(
    base: int,
    folder: Path,
    replicas: Mapping[str, int],
    *,
    sources: Path | None = None,
    logs: Path | None = None,
) -> AsyncIterator[Platform]:
    """Run a platform until the end of the block.

    `replicas`: how many of each service. `sources`: a copy of the repository whose services are to run.
    `logs`: where their output goes, if it is to be kept.
    """
    layout = Layout(base, folder)
    issuer.key(layout)
    platform = Platform(layout)
    log = logs or layout.folder("log")
    async with AsyncExitStack() as ended:
        platform.mail = await ended.enter_async_context(MailServer(layout.ports["smtp"]).listening())
        for proxy in _proxies(layout):
            platform.proxies[proxy.name] = await ended.enter_async_context(proxy.listening())
        folder_of_postgres = layout.folder("postgres")
        if ended.enter_context(disk.small_disk(folder_of_postgres)):
            platform.small_disk = folder_of_postgres
        ended.push_async_callback(_end, platform)
        advertised = {name: platform.proxies[f"{name}>kafka"].port for name in SERVICES}
        commands = await asyncio.to_thread(
            lambda: (broker.command(layout, advertised), postgres.command(layout))
        )
        user = postgres.system_user()
        await _add(platform, Process("kafka", commands[0], log / "kafka.log"))
        await _add(platform, Process("postgres", commands[1], log / "postgres.log", user=user))
        await until(lambda: _done(postgres.prepare(layout)), 60, "PostgreSQL")
        await until(lambda: _done(kafka.prepare(layout)), 90, "Kafka")
        for replica in _replicas(platform, replicas, sources, log):
            headers = {"Authorization": f"Bearer {issuer.token(layout, Role.RECRUITER, 'faults')}"}
            client = httpx.AsyncClient(base_url=platform.url(replica.name), headers=headers, timeout=10)
            platform.http[replica.name] = await ended.enter_async_context(client)
            await _add(platform, replica)
        await platform.ready()
        yield platform


async def _done(step: Any) -> bool:
    """Tell whether a step went well; what it stands on may still be starting."""
    try:
        await step
    except Exception:
        return False
    return True


async def _add(platform: Platform, process: Process) -> None:
    platform.processes[process.name] = process
    await process.start()


async def _end(platform: Platform) -> None:
    for proxy in platform.proxies.values():
        proxy.cut()
    services = platform.services()
    below = [one for one in platform.processes.values() if one not in services]
    await asyncio.gather(*(one.close(signal.SIGKILL) for one in services))
    await asyncio.gather(*(one.close(signal.SIGINT) for one in below))


def _proxies(layout: Layout) -> list[Proxy]:
    kafka_ports = broker.listener_ports(layout)
    found = []
    for number, service in enumerate(SERVICES):
        found.append(Proxy(f"{service}>kafka", layout.base + 40 + number, kafka_ports[service]))
        found.append(Proxy(f"{service}>postgres", layout.base + 60 + number, layout.ports["postgres"]))
    found.append(Proxy("notifications>mail", layout.base + 48, layout.ports["smtp"]))
    return found


def _replicas(
    platform: Platform, counts: Mapping[str, int], sources: Path | None, log: Path
) -> list[Process]:
    made = []
    for program in processes.services(platform.layout):
        service = program.name
        for number in range(1, counts[service] + 1):
            name = f"{service}-{number}"
            postgres_port = platform.proxies[f"{service}>postgres"].port
            environment = {
                **program.environment,
                **(DELAYS if service == "notifications" else {}),
                "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{platform.proxies[f'{service}>kafka'].port}",
                "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{postgres_port}/{service}",
                "KAFKA_GROUP_INSTANCE_ID": name,
                "HTTP_PORT": platform.url(name).rpartition(":")[2],
            }
            if service == "notifications":
                environment["SMTP_URL"] = f"smtp://127.0.0.1:{platform.proxies['notifications>mail'].port}"
            if number > 1:
                platform.clocks[name] = platform.layout.folder("clocks") / name
                environment |= clocks.environment(platform.clocks[name])
            if sources is not None:
                environment["PYTHONPATH"] = os.pathsep.join(map(str, sources.glob("services/*/src")))
            made.append(Process(name, [sys.executable, "-m", service], log / f"{name}.log", environment))
    return made
