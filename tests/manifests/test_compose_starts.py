"""The topology for Docker comes up: what each container runs, as processes of this machine."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from functools import partial
from graphlib import TopologicalSorter
from pathlib import Path

import httpx
import pytest
from stack.layout import SERVICES, Layout
from support.composing import HTTP, IMAGE, ROOT, Machine, composed, infrastructure, words
from support.ports import SECOND_STACK
from support.stacks import START_SECONDS, a_folder_for_all, until

ONCE = "service_completed_successfully"
ENDS = ("databases", "setup")


@pytest.fixture(scope="module")
async def machine() -> AsyncIterator[Machine]:
    """Everything, in the order that the file gives: what another waits for has ended well, or answers."""
    with a_folder_for_all("compose-") as folder:
        made = Machine(Layout(SECOND_STACK, folder))
        with infrastructure(made), ExitStack() as running:
            await until(lambda: answers(made, "kafka", 9092), START_SECONDS)
            await until(lambda: answers(made, "postgres", 5432), START_SECONDS)
            for name in in_order(made):
                if name in ENDS:
                    done = made.run(name)
                    assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
                else:
                    running.enter_context(made.running(name))
            yield made


def in_order(machine: Machine) -> Iterator[str]:
    """Return the services that run what this repository says, each after those on which it depends."""
    before = {name: set(service.get("depends_on") or {}) for name, service in machine.services.items()}
    for name in TopologicalSorter(before).static_order():
        if machine.services[name].get("command"):
            yield name


async def answers(machine: Machine, name: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", machine.ports[name, port])
    except OSError:
        return False
    writer.close()
    return True


async def ready(machine: Machine, name: str) -> bool:
    async with httpx.AsyncClient() as http:
        try:
            return (await http.get(f"{machine.url(name)}/readyz")).is_success
        except httpx.HTTPError:
            return False


def test_what_others_wait_for_ends_and_comes_first(machine: Machine) -> None:
    for name in SERVICES:
        assert machine.services[name]["depends_on"]["setup"]["condition"] == ONCE
    assert machine.services["setup"]["depends_on"]["databases"]["condition"] == ONCE
    assert machine.services["databases"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    assert machine.services["setup"]["depends_on"]["kafka"]["condition"] == "service_healthy"


@pytest.mark.parametrize("name", SERVICES)
async def test_every_service_becomes_ready(machine: Machine, name: str) -> None:
    try:
        await until(lambda: ready(machine, name), START_SECONDS, what=name)
    except AssertionError as error:
        raise AssertionError(machine.log(name).read_text()[-2000:]) from error


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_reads_of_the_shared_volume_is_for_every_user(machine: Machine, name: str) -> None:
    """Who makes it is root, and who reads it is the image's user."""
    shared = machine.layout.directory / "containers"
    found = re.findall(rf"{shared}/[^\s,]+", " ".join(machine.environment(name).values()))
    assert found
    for file in map(Path, found):
        assert file.stat().st_mode & 0o004
        between = [folder for folder in file.parents if folder.is_relative_to(shared)]
        assert all(folder.stat().st_mode & 0o001 for folder in between)


async def test_a_second_start_finds_all_there(machine: Machine) -> None:
    for name in ENDS:
        done = machine.run(name)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"


async def test_the_desk_leads_to_the_page_to_sign_in_at(machine: Machine) -> None:
    async with httpx.AsyncClient(follow_redirects=True) as http:
        page = await until(lambda: signing_in(machine, http), START_SECONDS)
    assert str(page.url).startswith(machine.url("identity", 8105))
    assert "password" in page.text


async def signing_in(machine: Machine, http: httpx.AsyncClient) -> httpx.Response | None:
    try:
        page = await http.get(f"{machine.url('desk')}/sign-in")
    except httpx.HTTPError:
        return None
    return page if page.is_success and page.url.port == machine.ports["identity", 8105] else None


async def test_who_has_a_token_of_the_files_first_lines_gets_somebody_mailed(machine: Machine) -> None:
    first = (ROOT / "deploy/compose.yaml").read_text().split("\nx-build", maxsplit=1)[0]
    (arguments,) = [line.partition("run --rm setup ")[2] for line in first.splitlines() if "run --rm" in line]
    done = machine.run("setup", *arguments.split())
    assert done.returncode == 0, done.stderr
    headers = {"Authorization": f"Bearer {done.stdout.strip()}"}
    example = ROOT / "deploy/kubernetes/first-mail"
    async with httpx.AsyncClient(headers=headers, timeout=30) as http:
        for name, what in (("profiles", "profile"), ("assignments", "assignment")):
            await until(partial(ready, machine, name), START_SECONDS)
            body = json.loads((example / f"{what}.json").read_text())
            answer = await http.post(f"{machine.url(name)}/{what}s", json=body)
            assert answer.status_code == 201, answer.text
    await until(lambda: mailed(machine, "you@example.org"), START_SECONDS, what="a mail")


async def mailed(machine: Machine, to: str) -> bool:
    async with httpx.AsyncClient() as http:
        mails = (await http.get(f"{machine.url('mail', 8025)}/api/messages/")).json()["data"]
    return any(to in json.dumps(mail) for mail in mails)


def test_kafkas_data_survive_the_container(machine: Machine) -> None:
    kafka = machine.services["kafka"]
    assert kafka["environment"]["KAFKA_LOG_DIRS"] in {one["target"] for one in kafka["volumes"]}


def test_an_empty_entry_point_is_not_the_same_as_none() -> None:
    image = {"build": {}, "command": ["migrate"]}
    assert words(image)[:2] == ["sh", "-c"]
    assert words(image)[-1] == "migrate"
    assert words({**image, "entrypoint": []}) == ["migrate"]


def test_whoever_reaches_a_service_does_so_by_a_port_that_it_has(machine: Machine) -> None:
    for name in SERVICES:
        (port,) = machine.services[name]["ports"]
        assert port["target"] == HTTP


def test_every_image_of_ours_is_built_from_what_is_there() -> None:
    for service in composed()["services"].values():
        if build := service.get("build"):
            assert Path(build["context"], build["dockerfile"]) == IMAGE
            assert IMAGE.is_file()


def test_what_compose_does_not_know_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    for wrong, said in (("{ image: one, entry_point: [] }", "entry_point"), ("{ ports: ['x:y'] }", "Port")):
        file.write_text(f"services: {{ one: {wrong} }}")
        with pytest.raises(AssertionError, match=said):
            composed.__wrapped__(file)


def test_whatever_a_service_names_is_there() -> None:
    known = composed()
    for service in known["services"].values():
        assert {*service.get("depends_on", ())} <= known["services"].keys()
        assert {one["source"] for one in service.get("volumes", ())} <= known["volumes"].keys()
        assert {one["source"] for one in service.get("configs", ())} <= known["configs"].keys()
        assert {*service["networks"]} <= known["networks"].keys()
