"""What contracts and tables have that an earlier commit has not, and what the changelog must say of it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from releasing.changelog import Section
from releasing.repository import git, root

ASYNCAPI = "contracts/asyncapi.json"
SCHEMAS = "contracts/schemas"
OPENAPI = "contracts/openapi"
MIGRATIONS = ":(glob)services/*/src/*/migrations/*.sql"
OF_ALL = "chassis"  # its tables are in every service's database


@dataclass(frozen=True)
class Flow:
    """A type of event: who writes it, and who reads it."""

    writers: frozenset[str]
    readers: frozenset[str]


@dataclass(frozen=True)
class Changes:
    """Types of events that are new and that changed, new topics, services whose HTTP API changed, and the new
    migrations by service. `flows` are those of the later commit.
    """

    new: frozenset[str]
    changed: frozenset[str]
    topics: frozenset[str]
    apis: frozenset[str]
    migrations: dict[str, list[str]]
    flows: dict[str, Flow]

    @property
    def of_contracts(self) -> bool:
        """Tell whether anything is different on the wire."""
        return bool(self.new or self.changed or self.topics or self.apis)

    def services(self) -> frozenset[str]:
        """Return who writes or reads an event that is new or another, or has another API."""
        flows = [self.flows[kind] for kind in self.new | self.changed if kind in self.flows]
        return self.apis.union(*(flow.writers | flow.readers for flow in flows))


def changes(since: str, until: str | None = None) -> Changes:
    """Compare two commits; without `until`, a commit with the working tree."""
    now = _asyncapi(until)
    flows = _flows(now)
    schemas = dict(_differences(since, until, SCHEMAS))
    migrations: dict[str, list[str]] = {}
    for path, kind in _differences(since, until, MIGRATIONS):
        if kind == "A":
            for service in _whose(PurePosixPath(path).parts[1], flows):
                migrations.setdefault(service, []).append(PurePosixPath(path).name)
    return Changes(
        new=frozenset(PurePosixPath(path).stem for path, kind in schemas.items() if kind == "A"),
        changed=frozenset(PurePosixPath(path).stem for path, kind in schemas.items() if kind == "M"),
        topics=frozenset(now["channels"]) - frozenset(_asyncapi(since)["channels"]),
        apis=frozenset(PurePosixPath(path).stem for path, _ in _differences(since, until, OPENAPI)),
        migrations=migrations,
        flows=flows,
    )


def _whose(folder: str, flows: dict[str, Flow]) -> frozenset[str]:
    """Return in whose databases the migrations of a folder are."""
    if folder != OF_ALL:
        return frozenset({folder})
    return frozenset().union(*(flow.writers | flow.readers for flow in flows.values()))


def faults(section: Section, found: Changes) -> Iterator[str]:
    """Say what a release's *Upgrade* lacks: who goes first, which databases change, and the way back."""
    order = section.order
    if found.of_contracts:
        missing = found.services() - set(order)
        if missing:
            yield (
                "`- **Order**: …` must name every service whose events or API change, the first first;"
                f" it lacks {', '.join(sorted(missing))}"
            )
        for kind, writer, reader in _written_too_early(order, found):
            if f"`{kind}`" not in section.part("Upgrade"):
                yield f"{kind} is new; {writer} goes before {reader}, which reads it: say what comes of that"
    named = section.lead("Migrations")
    for service in sorted(found.migrations):
        if f"`{service}`" not in named:
            yield f"`- **Migrations**: …` must name {service}: {', '.join(found.migrations[service])}"
    for topic in sorted(found.topics):
        if f"`{topic}`" not in section.lead("Topics"):
            yield f"`- **Topics**: …` must name {topic}, which is to be there first"
    if (found.of_contracts or found.migrations) and not section.lead("Back"):
        yield "`- **Back**: …` must say how one goes back to the release before"


def _written_too_early(order: list[str], found: Changes) -> Iterator[tuple[str, str, str]]:
    place = {service: number for number, service in enumerate(order)}
    for kind in sorted(found.new):
        flow = found.flows.get(kind)
        for writer in sorted(flow.writers if flow else ()):
            for reader in sorted(flow.readers if flow else ()):
                if place.get(writer, 0) < place.get(reader, 0):
                    yield kind, writer, reader


def _differences(since: str, until: str | None, path: str) -> Iterator[tuple[str, str]]:
    """Yield the files that are different, with git's letter for how."""
    commits = (since, until) if until else (since,)
    words = git("diff", "--no-renames", "--name-status", "-z", *commits, "--", path).split("\0")
    yield from zip(words[1::2], words[::2], strict=False)


def _asyncapi(commit: str | None) -> dict[str, Any]:
    text = git("show", f"{commit}:{ASYNCAPI}") if commit else (root() / ASYNCAPI).read_text()
    document: dict[str, Any] = json.loads(text)
    return document


def _flows(document: dict[str, Any]) -> dict[str, Flow]:
    """Return who writes and who reads each type: services read every type of a topic that they read."""
    writers: dict[str, set[str]] = {}
    readers: dict[str, set[str]] = {}
    for name, operation in document["operations"].items():
        sides, verb = (writers, "-sends-") if operation["action"] == "send" else (readers, "-receives-")
        service, _, topic = name.partition(verb)
        for kind in document["channels"][topic]["messages"]:
            sides.setdefault(kind, set()).add(service)
    return {
        kind: Flow(frozenset(writers.get(kind, ())), frozenset(readers.get(kind, ())))
        for kind in writers.keys() | readers.keys()
    }
