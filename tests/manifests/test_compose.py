"""The topology for Docker: what can be held without Docker."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from assignments.settings import AssignmentsSettings
from chassis.settings import Settings
from desk.settings import DeskSettings
from matching.settings import MatchingSettings
from notifications.settings import NotificationsSettings
from profiles.settings import ProfilesSettings
from stack.identity import configuration
from stack.layout import SERVICES, Layout
from support.openapi import SETTINGS as EXAMPLES

COMPOSE = yaml.safe_load((Path(__file__).parents[2] / "deploy" / "compose.yaml").read_text())
BUILT: dict[str, Any] = {name: it for name, it in COMPOSE["services"].items() if "build" in it}
SETTINGS: dict[str, type[Settings]] = {
    "profiles": ProfilesSettings,
    "assignments": AssignmentsSettings,
    "matching": MatchingSettings,
    "notifications": NotificationsSettings,
    "desk": DeskSettings,
}
PROVIDER = "http://identity.localhost:8105"


def filled(text: str) -> str:
    """Return a text with its variables at their defaults, as Compose does where none is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)


def environment(service: str) -> dict[str, str]:
    return {name: filled(str(value)) for name, value in BUILT[service]["environment"].items()}


def config(name: str) -> Any:
    return yaml.safe_load(filled(COMPOSE["configs"][name]["content"]))


def test_every_service_is_built() -> None:
    assert {*SERVICES, "setup", "identity"} == BUILT.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_with_the_settings_that_it_has(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(service).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PROFESSIONALS_KEY_FILE", str(EXAMPLES["professionals_key_file"]))  # the desk's
    read = SETTINGS[service]()
    assert PROVIDER in read.issuers
    if isinstance(read, DeskSettings):
        assert read.provider == PROVIDER


def test_the_desk_and_the_provider_know_each_other() -> None:
    known, desk = config("identity-settings"), environment("desk")
    assert known["oauth"]["issuer"] == PROVIDER
    assert known["oauth"]["audience"] == desk["AUTH_AUDIENCE"]
    (client,) = known["oauth"]["clients"]
    assert client["client_id"] == desk["OIDC_CLIENT_ID"]
    assert client["client_secret"] == desk["OIDC_CLIENT_SECRET"]
    assert client["redirect_uris"] == [f"{desk['DESK_URL']}/sign-in/callback"]


def test_browsers_and_containers_find_the_provider_at_the_same_address() -> None:
    provider = COMPOSE["services"]["identity"]
    host, port = PROVIDER.removeprefix("http://").split(":")
    assert provider["networks"]["default"]["aliases"] == [host]
    assert provider["ports"] == [f"127.0.0.1:{port}:{port}"]
    server = config("identity-settings")["server"]
    assert server == {"host": "0.0.0.0", "port": int(port)}
    mounted = {one["target"]: one["source"] for one in provider["configs"]}
    folder = provider["command"][-1].split()[-1]
    assert mounted == {
        f"{folder}/settings.yaml": "identity-settings",
        f"{folder}/users.yaml": "identity-users",
    }


def test_the_provider_is_set_up_as_that_of_the_one_machine_stack(tmp_path: Path) -> None:
    layout = Layout(8100, tmp_path)
    *_, folder = configuration.command(layout)
    ours = yaml.safe_load((Path(folder) / "settings.yaml").read_text())
    theirs = config("identity-settings")
    ours["oauth"]["issuer"] = theirs["oauth"]["issuer"]
    ours["oauth"]["clients"][0]["client_secret"] = theirs["oauth"]["clients"][0]["client_secret"]
    for place in ("server", "jwt"):
        ours[place] = theirs[place]
    for name in ("secret_key", "management_secret"):
        ours["session"][name] = theirs["session"][name]
    assert theirs == ours
    assert config("identity-users") == yaml.safe_load((Path(folder) / "users.yaml").read_text())


@pytest.mark.parametrize("name", BUILT)
def test_a_command_replaces_the_entry_point_of_the_image(name: str) -> None:
    """The image's own takes what follows as arguments of the package, so `sh -c …` would be refused."""
    assert BUILT[name]["entrypoint"] == []
    assert BUILT[name]["command"][:2] == ["sh", "-c"]


def test_nobody_but_this_machine_reaches_a_port() -> None:
    ports = [port for it in COMPOSE["services"].values() for port in it.get("ports", ())]
    assert len(ports) > len(SERVICES)
    assert all(port.startswith("127.0.0.1:") for port in ports)
