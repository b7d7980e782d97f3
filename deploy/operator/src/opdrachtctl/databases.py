"""`opdracht migrate` and `republish`: a service's database, where the service is installed."""

import asyncio
import subprocess
import sys
from importlib.util import find_spec
from typing import Annotated

import typer
from chassis.database import PooledByTransaction, migrate
from chassis.settings import MigrationSettings, load
from contracts.topics import TOPICS

from opdrachtctl.console import console

app = typer.Typer()

SERVICES = sorted({name for topic in TOPICS for name in (*topic.producers, *topic.consumers)})


@app.command("migrate")
def migrate_database(service: Annotated[str, typer.Argument(help=", ".join(SERVICES))]) -> None:
    """Bring the database of DATABASE_URL up to date for SERVICE, which must be installed here."""
    _check_installed(service, "migrate", "a service brings its own migrations")
    settings = load(MigrationSettings)
    try:
        applied = asyncio.run(migrate(settings.database_url, "chassis", service, role=settings.database_role))
    except PooledByTransaction as error:
        raise typer.BadParameter(f"setting DATABASE_URL: {error}") from None
    console.print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")


@app.command("republish")
def republish(service: Annotated[str, typer.Argument(help=", ".join(SERVICES))]) -> None:
    """Publish once more all that SERVICE holds in DATABASE_URL: for whoever lost it, mailing nobody.

    The service runs meanwhile, for it is its relay that publishes. What was interrupted goes on where it was.
    """
    _check_installed(service, "republish", "a service knows what it publishes")
    done = subprocess.run([sys.executable, "-m", service, "republish"], check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


def _check_installed(service: str, argument: str, because: str) -> None:
    if service not in SERVICES:
        raise typer.BadParameter(f"there is no service {service}; there are {', '.join(SERVICES)}")
    if find_spec(service) is None:
        raise typer.BadParameter(
            f"{service} is not installed here, and {because}. Run its image with the argument `{argument}`,"
            f" or `python -m {service} {argument}` where it is installed."
        )
