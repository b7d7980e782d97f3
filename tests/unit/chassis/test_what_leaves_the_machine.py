"""Of every service: what leaves the machine is encrypted unless ALLOW_INSECURE is set; secrets are strong."""

from typing import Any

import pytest
from assignments.settings import AssignmentsSettings
from chassis.settings import Settings, load
from desk.settings import DeskSettings
from matching.settings import MatchingSettings
from notifications.settings import NotificationsSettings
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS

SERVICES: list[type[Settings]] = [
    ProfilesSettings,
    AssignmentsSettings,
    MatchingSettings,
    NotificationsSettings,
    DeskSettings,
]
# What names a server, each with a value without TLS.
PLAIN = {
    "auth_issuer": "http://identity.example",
    "auth_jwks_url": "http://identity.example/jwks",
    "kafka_security_protocol": "PLAINTEXT",
    "smtp_url": "smtp://mail.example",
    "public_url": "http://opdrachten.example",
    "desk_url": "http://opdrachten.example",
}
# Servers beside the service, on a network that is ours too; the database's URL says `sslmode`.
BESIDE = {
    "database_url",
    "kafka_bootstrap_servers",
    "otel_exporter_otlp_endpoint",
    "profiles_url",
    "assignments_url",
    "matching_url",
    "notifications_url",
    "professionals_jwks_url",
}
ONE_OF_AUTH_ISSUER = {"oidc_issuer"}
NEVER_ASKED = {"professionals_issuer"}  # a name, which tokens are compared with
OF_OTHERS = {"kafka_sasl_password", "oidc_client_secret"}  # made elsewhere, as strong as is done there
OWN_SECRETS = {"link_secret", "session_secret", "log_actor_key"}
STRONG = "s" * 32


def start(service: type[Settings], monkeypatch: pytest.MonkeyPatch, **changes: str) -> Settings:
    for name, value in (SETTINGS | changes).items():
        monkeypatch.setenv(name.upper(), value)
    return load(service)


def complaints(
    service: type[Settings],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    **changes: str,
) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        start(service, monkeypatch, **changes)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()


def of_all() -> dict[str, Any]:
    return {name: field for service in SERVICES for name, field in service.model_fields.items()}


def test_each_setting_that_names_a_server_is_judged() -> None:
    servers = {
        name for name in of_all() if name.endswith(("_url", "_issuer", "_servers", "_endpoint", "_protocol"))
    }
    assert servers == PLAIN.keys() | BESIDE | ONE_OF_AUTH_ISSUER | NEVER_ASKED


def test_each_secret_is_judged() -> None:
    secrets = {name for name, field in of_all().items() if "SecretStr" in str(field.annotation)}
    assert secrets == OF_OTHERS | OWN_SECRETS


CASES = [(service, name) for service in SERVICES for name in PLAIN if name in service.model_fields]


@pytest.mark.parametrize(("service", "name"), CASES)
def test_without_tls_the_service_ends_at_its_start_and_names_the_setting(
    service: type[Settings], name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = complaints(service, monkeypatch, capsys, **{name: PLAIN[name]})
    assert len(said) == 1
    assert said[0].startswith(f"setting {name.upper()}: must ")
    assert said[0].endswith(", unless ALLOW_INSECURE is set")


@pytest.mark.parametrize("service", SERVICES)
def test_on_one_machine_it_may_be_so(service: type[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    assert start(service, monkeypatch, **PLAIN, allow_insecure="1").allow_insecure


@pytest.mark.parametrize("service", SERVICES)
def test_nothing_has_to_be_insecure(service: type[Settings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALLOW_INSECURE", raising=False)
    assert not start(service, monkeypatch).allow_insecure


def test_kafka_without_a_word_on_how_is_plain_and_so_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name.upper(), value)
    monkeypatch.delenv("KAFKA_SECURITY_PROTOCOL")
    with pytest.raises(SystemExit):
        load(ProfilesSettings)
    assert capsys.readouterr().err.startswith("setting KAFKA_SECURITY_PROTOCOL: must be SSL or SASL_SSL")


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "PLAINTEXT", "SSL", "SASL_SSL"])
def test_kafkas_protocols_count_by_whether_they_encrypt(
    protocol: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if protocol.endswith("SSL"):
        start(ProfilesSettings, monkeypatch, kafka_security_protocol=protocol)
    else:
        (said,) = complaints(ProfilesSettings, monkeypatch, capsys, kafka_security_protocol=protocol)
        assert "KAFKA_SECURITY_PROTOCOL" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auth_issuer", "https://one.example,http://two.example"),
        ("auth_jwks_url", "https://one.example/jwks,http://two.example/jwks"),
    ],
)
def test_each_of_several_issuers_has_tls(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    several = {
        "auth_issuer": "https://one.example,https://two.example",
        "auth_jwks_url": "https://one.example/jwks,https://two.example/jwks",
    }
    (said,) = complaints(ProfilesSettings, monkeypatch, capsys, **several | {name: value})
    assert said.startswith(f"setting {name.upper()}: must be a URL that starts with https://")


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize(
    "value", ["", "x", "https://", "//x", "https://[", "gopher://x", "javascript:alert(1)"]
)
def test_what_is_no_address_is_refused_by_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for service in (one for one in SERVICES if name in one.model_fields):
        said = complaints(service, monkeypatch, capsys, **{name: value})
        assert any(f"setting {name.upper()}:" in one for one in said), said


@pytest.mark.parametrize(
    ("service", "name"), [(NotificationsSettings, "link_secret"), (DeskSettings, "session_secret")]
)
@pytest.mark.parametrize(
    ("value", "taken"),
    [
        (STRONG, True),
        (f"{STRONG},{STRONG[::-1]}", True),
        (f" {STRONG} , {STRONG}", True),
        ("é" * 16, True),
        ("", False),
        ("s" * 31, False),
        (f"a,{STRONG}", False),
        (f"{STRONG},a", False),
        (f"{STRONG},", False),
        (f",{STRONG}", False),
        ("," * 40, False),
        (" " * 40, False),
        (f"{STRONG},{' ' * 40}", False),
        ("s" * 31 + " ", False),
    ],
)
def test_each_secret_has_32_bytes_and_none_is_empty(
    service: type[Settings],
    name: str,
    value: str,
    taken: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if taken:
        start(service, monkeypatch, **{name: value})
    else:
        (said,) = complaints(service, monkeypatch, capsys, **{name: value})
        assert said == f"setting {name.upper()}: must be 32 bytes or more, each where there are several"


@pytest.mark.parametrize(
    "value",
    ["x", "[]", '"recruiter"', "1", "{", '{"/werving": "boss"}', '{"/x": ["recruiter"]}', "null"],
)
def test_a_table_of_roles_that_is_none_is_refused_by_name(
    value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (said,) = complaints(ProfilesSettings, monkeypatch, capsys, auth_role_names=value)
    assert said.startswith("setting AUTH_ROLE_NAMES: ")


@pytest.mark.parametrize("name", ["auth_audience", "oidc_client_secret", "oidc_client_id"])
def test_what_must_say_something_is_not_empty(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (said,) = complaints(DeskSettings, monkeypatch, capsys, **{name: ""})
    assert said.startswith(f"setting {name.upper()}: ")
