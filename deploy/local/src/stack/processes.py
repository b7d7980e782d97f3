"""What runs: the command and the environment of every process."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from stack import issuer, kafka, postgres
from stack.identity import configuration as identity
from stack.layout import SERVICES, Layout


@dataclass(frozen=True)
class Program:
    """One process to keep running."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    user: str | None = None


def infrastructure(layout: Layout, classpath: list[Path]) -> list[Program]:
    """Return the broker, the database server, the mail catcher and the OpenID provider."""
    return [
        Program("kafka", kafka.command(layout, classpath)),
        Program("postgres", postgres.command(layout), user=postgres.system_user()),
        Program("mail", _mail(layout)),
        Program("identity", identity.command(layout), {"MALLOC_ARENA_MAX": "2"}),
    ]


def _mail(layout: Layout) -> list[str]:
    program = Path(sys.executable).with_name("sendria")
    return [
        str(program),
        "--foreground",
        "--no-quit",
        *("--db", str(layout.folder("mail") / "mails.sqlite")),
        *("--smtp-ip", "127.0.0.1", "--smtp-port", str(layout.ports["smtp"])),
        *("--http-ip", "127.0.0.1", "--http-port", str(layout.ports["mail"])),
    ]


def services(layout: Layout) -> list[Program]:
    """Return the services with their settings."""
    common = {
        "ALLOW_INSECURE": "1",
        "KAFKA_BOOTSTRAP_SERVERS": layout.kafka,
        **identity.trust(layout),
        "LOG_FORMAT": os.environ.get("LOG_FORMAT", "text"),
        "DESK_URL": layout.url("desk"),
        "HTTP_HOST": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }
    mail = {
        "SMTP_URL": f"smtp://127.0.0.1:{layout.ports['smtp']}",
        "MAIL_FROM": "Opdrachten <opdrachten@example.org>",
        "PUBLIC_URL": layout.url("notifications"),
        "LINK_SECRET": issuer.link_secret(layout),
    }
    others = {f"{name.upper()}_URL": layout.url(name) for name in SERVICES if name != "desk"}
    own = {"notifications": mail, "desk": others | identity.client(layout)}
    return [
        Program(
            name,
            [sys.executable, "-m", name],
            {
                **common,
                **own.get(name, {}),
                "KAFKA_GROUP_INSTANCE_ID": f"{name}-1",
                "DATABASE_URL": layout.database_url(name),
                "HTTP_PORT": str(layout.ports[name]),
            },
        )
        for name in SERVICES
    ]
