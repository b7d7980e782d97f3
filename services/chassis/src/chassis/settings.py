"""Settings from the environment, checked at the start (docs/reference/settings.md)."""

import sys
from ipaddress import ip_network
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from contracts.retention import AUDIT
from contracts.vocabulary import Role
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError, from_json
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

S = TypeVar("S", bound=BaseSettings)
Schemes = tuple[str, ...]
UNLESS = ", unless ALLOW_INSECURE is set"

SECRET_BYTES = 32


def check_url(text: str, info: ValidationInfo, schemes: Schemes, plain: Schemes = ()) -> str:
    """Return a URL with one of `schemes` as it is, or with one of `plain`, which encrypt nothing, where
    ALLOW_INSECURE is set; raises PydanticCustomError for another."""
    taken = (*schemes, *plain) if info.data.get("allow_insecure") else schemes
    try:
        parts = urlsplit(text)
        if parts.scheme in taken and (parts.hostname or parts.scheme == "file"):
            return text
        insecure = parts.scheme in plain
    except ValueError:
        insecure = False
    starts = " or ".join(f"{scheme}://" for scheme in schemes)
    raise PydanticCustomError(
        "url",
        "must be a URL that starts with {starts}{unless}",
        {"starts": starts, "unless": UNLESS if insecure else ""},
    )


def url(*schemes: str, plain: Schemes = ()) -> AfterValidator:
    """Make a validator for a URL with one of `schemes`, or of `plain` where ALLOW_INSECURE is set; the text
    is kept as it is."""

    def check(text: str, info: ValidationInfo) -> str:
        return check_url(text, info, schemes, plain)

    return AfterValidator(check)


def _encoded(text: str) -> str:
    """Return a URL whose password does not end at a `/`, `#` or `?` of its own, before the host."""
    parts = urlsplit(text)
    after = (parts.path, parts.query.partition("=")[0], parts.fragment)  # a parameter may have any value
    if "@" in parts.fragment or ("@" not in parts.netloc and any("@" in one for one in after)):
        raise PydanticCustomError(
            "encoded", "must have special characters of a password percent-encoded, such as %23 for #"
        )
    return text


def _strong(secret: SecretStr) -> SecretStr:
    if any(len(one.encode()) < SECRET_BYTES for one in entries(secret.get_secret_value())):
        raise PydanticCustomError("secret", "must be 32 bytes or more, each where there are several")
    return secret


def _from_json(value: Any) -> Any:
    return from_json(value) if isinstance(value, str) else value


def _networks(text: str) -> str:
    try:
        for entry in filter(None, entries(text)):
            ip_network(entry)
    except ValueError:
        raise PydanticCustomError(
            "networks", "must be networks such as 10.0.0.0/8, with commas between"
        ) from None
    return text


EMPTY_IS_NONE = BeforeValidator(lambda value: value or None)
ENCODED = AfterValidator(_encoded)
PostgresUrl = Annotated[str, url("postgresql", "postgres"), ENCODED]
PublicUrl = Annotated[str, url("https", plain=("http",))]
InnerUrl = Annotated[str, url("http", "https")]
"""Of a server beside ours, on a network of our own."""
Secrets = Annotated[SecretStr, AfterValidator(_strong)]
"""One or more, with commas between: the first is used, all are accepted."""


# The text under a setting is its description in the reference.
CONFIG = SettingsConfigDict(
    frozen=True, extra="ignore", hide_input_in_errors=True, use_attribute_docstrings=True
)


class InsecureSettings(BaseSettings):
    """Whether what leaves the machine may be plain; first, as other settings are judged by it."""

    model_config = CONFIG

    allow_insecure: bool = False
    """Whether issuer, mail server, Kafka and people may be reached without TLS: on one machine only. The
    desk's cookies then have other names."""


class KafkaSettings(BaseSettings):
    """How to reach the broker."""

    model_config = CONFIG

    kafka_bootstrap_servers: Annotated[str, Field(pattern=r"^[^\s,:]+:\d+(,[^\s,:]+:\d+)*$")]
    """The brokers: `host:port`, with commas between."""
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How the brokers are spoken to."""
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How a user signs in, with the `SASL_` protocols."""
    kafka_sasl_username: str | None = None
    """The Kafka user, with the `SASL_` protocols."""
    kafka_sasl_password: SecretStr | None = None
    """Its password."""
    kafka_ca_file: str | None = None
    """Certificates (PEM) to check the brokers' against, in place of the system's."""
    kafka_group_instance_id: str | None = None
    """A name that survives a restart, another for each replica: the consumer group then takes the
    process back at once, not after 45 s."""


class DatabaseSettings(BaseSettings):
    """How to reach the service's own database."""

    model_config = CONFIG

    database_url: PostgresUrl
    """The service's own PostgreSQL: a `postgresql` URL with user, password, host, port and database. User and
    password may stand in `PGUSER` and `PGPASSWORD` instead, as they are."""


class MigrationSettings(DatabaseSettings):
    """What `migrate` needs to know, beside how it logs."""

    database_role: Annotated[str | None, EMPTY_IS_NONE] = None
    """The role that the service runs as, where it is not the one that migrates: it gets the rights to read
    and write rows, and none to tables."""


class LogSettings(BaseSettings):
    """How is logged."""

    model_config = CONFIG

    log_format: Literal["json", "text"] = "json"
    """JSON, one event a line, or text for people."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least level that is logged; SIGUSR1 and SIGUSR2 change it while the service runs."""
    log_sample: Annotated[float, Field(ge=0, le=1)] = 1
    """The share of ordinary lines that is logged, from 0 to 1: of requests, batches and mails that went well.
    Of a trace all are, or none. What went wrong is always logged."""


class Settings(KafkaSettings, DatabaseSettings, LogSettings, InsecureSettings):
    """What every service needs to know; a service adds its own."""

    database_pool_size: Annotated[int, Field(ge=4, le=100)] = 8
    """How many connections each replica takes to its database at most for what it serves and does, beside one
    or two of its own (docs/operations/sizes.md)."""
    auth_issuer: str
    """Who may have issued a token: its `iss`, an `https` URL. Several, with commas between."""
    auth_audience: Annotated[str, Field(min_length=1)]
    """For whom a token must be: its `aud`."""
    auth_jwks_url: str
    """Where the issuer's public keys are (JWKS): an `https` or `file` URL. With several issuers one
    for each, in the same order, with commas between: each token is checked against its own issuer's keys."""
    auth_roles_claim: Annotated[str, Field(min_length=1)] = "roles"
    """The claim that holds the list of roles: a name, or a path with dots between (`realm_access.roles`)."""
    auth_role_names: Annotated[dict[str, Role], NoDecode, BeforeValidator(_from_json)] = {}
    """What our roles are called in that claim, as JSON: `{"/desk/recruiters": "recruiter"}`. Other names then
    count for nothing. Without it they are called as ours."""
    professionals_issuer: Annotated[str | None, EMPTY_IS_NONE] = None
    """The `iss` of the desk's tokens, for professionals and for itself: they count for no other role. Without
    it none is honoured."""
    professionals_jwks_url: Annotated[str | None, EMPTY_IS_NONE, Field(validate_default=True)] = None
    """Where the desk publishes its public keys (JWKS): `/.well-known/jwks.json`, reached inside."""
    log_actor_key: Annotated[Secrets | None, EMPTY_IS_NONE] = None
    """The key of the hash by which logs name who asked, 32 bytes or more: the same for all services, so that
    somebody has the same there. Without it each process takes one of its own."""
    allow_smtputf8: bool = False
    """Whether e-mail addresses may have letters beyond ASCII before the @: only where the mail server offers
    SMTPUTF8."""
    otel_exporter_otlp_endpoint: InnerUrl | None = None
    """Where traces go, by OTLP over HTTP; without it there are none."""
    rate_limit_subject: Annotated[float, Field(ge=0, le=1_000_000)] = 0
    """How many requests a second are taken of one person (a token's `sub`), by each replica; 0: no limit."""
    rate_limit_address: Annotated[float, Field(ge=0, le=1_000_000)] = 0
    """How many are taken of one address (of IPv6 its /64), by each replica; 0: no limit."""
    rate_limit_exempt: str = ""
    """Whose connections that does not count for: the desk's. Networks, or names that lead to its pods, with
    commas between."""
    trusted_proxies: Annotated[str, AfterValidator(_networks)] = ""
    """From whose connections `X-Forwarded-For`, `-Proto` and `-Prefix` are believed: the networks of the
    Gateway, with commas between. It must set or add to the first two."""
    retention_audit_days: Annotated[int, Field(ge=31, le=3650)] = AUDIT.days
    """How many days is kept who did what."""
    http_host: str = "0.0.0.0"
    """The address that the service listens on."""
    http_port: Annotated[int, Field(ge=1, le=65535)] = 8000
    """The port that it listens on."""
    metrics_port: Annotated[Annotated[int, Field(ge=1, le=65535)] | None, EMPTY_IS_NONE] = None
    """A port of its own for `/metrics`, which then has nothing else and the service's own port has not."""
    docs_role: Annotated[Role | None, EMPTY_IS_NONE] = None
    """Who may see `/docs` and `/openapi.json`: who has this role, by a token. Without it, everybody."""

    @field_validator("kafka_security_protocol")
    @classmethod
    def _encrypted(cls, protocol: str, info: ValidationInfo) -> str:
        if not protocol.endswith("SSL") and not info.data.get("allow_insecure"):
            raise PydanticCustomError("kafka", f"must be SSL or SASL_SSL{UNLESS}")
        return protocol

    @field_validator("auth_issuer")
    @classmethod
    def _each_once(cls, text: str, info: ValidationInfo) -> str:
        issuers = entries(text)
        if not all(issuers) or len(set(issuers)) < len(issuers):
            raise PydanticCustomError("issuers", "must name each issuer once, with commas between")
        if not info.data.get("allow_insecure"):  # with it, any name will do
            for issuer in issuers:
                check_url(issuer, info, ("https",), plain=("http",))
        return text

    @field_validator("auth_jwks_url")
    @classmethod
    def _one_for_each(cls, text: str, info: ValidationInfo) -> str:
        urls = [check_url(one, info, ("https", "file"), plain=("http",)) for one in entries(text)]
        issuers = entries(info.data.get("auth_issuer", text))
        if len(urls) != len(issuers):
            raise PydanticCustomError(
                "jwks",
                "must have one URL for each issuer in AUTH_ISSUER: there are {urls} for {issuers}",
                {"urls": len(urls), "issuers": len(issuers)},
            )
        return text

    @field_validator("professionals_issuer")
    @classmethod
    def _another_issuer(cls, issuer: str | None, info: ValidationInfo) -> str | None:
        if issuer is not None and issuer in entries(info.data.get("auth_issuer", "")):
            raise PydanticCustomError("issuers", "must be none of AUTH_ISSUER")
        return issuer

    @field_validator("professionals_jwks_url")
    @classmethod
    def _with_its_issuer(cls, jwks: str | None, info: ValidationInfo) -> str | None:
        if (jwks is None) != (info.data.get("professionals_issuer") is None):
            raise PydanticCustomError("jwks", "must be given with PROFESSIONALS_ISSUER, or neither")
        return jwks if jwks is None else check_url(jwks, info, ("http", "https", "file"))

    @field_validator("metrics_port")
    @classmethod
    def _another(cls, port: int | None, info: ValidationInfo) -> int | None:
        if port is not None and port == info.data.get("http_port"):
            raise PydanticCustomError("metrics", "must be another port than HTTP_PORT")
        return port

    @property
    def ports(self) -> list[int]:
        """Return the ports that the service listens on: its own first."""
        return [self.http_port, *([] if self.metrics_port is None else [self.metrics_port])]

    @property
    def issuers(self) -> dict[str, str]:
        """Return the issuers of tokens, each with where its public keys are."""
        return dict(zip(entries(self.auth_issuer), entries(self.auth_jwks_url), strict=True))


def entries(text: str) -> list[str]:
    """Return the entries of a setting that has several, with commas between."""
    return [entry.strip() for entry in text.split(",")]


def load(settings: type[S]) -> S:
    """Read the settings, or end the process with a line for each that is missing or malformed."""
    try:
        return settings()
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_context=False, include_url=False):
            name = str(fault["loc"][0]).upper() if fault["loc"] else "settings"
            print(f"setting {name}: {fault['msg']}", file=sys.stderr)
        raise SystemExit(2) from None
