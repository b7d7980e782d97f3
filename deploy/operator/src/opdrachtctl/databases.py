"""`opdracht migrate`: a service's database, where the service is installed."""

import asyncio
from importlib.util import find_spec
from typing import Annotated

import typer
from chassis.database import PooledByTransaction, migrate
from chassis.settings import DatabaseSettings, load
from contracts.topics import TOPICS

from opdrachtctl.console import console

app = typer.Typer()

SERVICES = sorted({topic.producer for topic in TOPICS})


@app.command("migrate")
def migrate_database(service: Annotated[str, typer.Argument(help=", ".join(SERVICES))]) -> None:
    """Bring the database of DATABASE_URL up to date for SERVICE, which must be installed here."""
    if service not in SERVICES:
        raise typer.BadParameter(f"there is no service {service}; there are {', '.join(SERVICES)}")
    if find_spec(service) is None:
        raise typer.BadParameter(
            f"{service} is not installed here, and a service brings its own migrations. Run its image with"
            f" the argument `migrate` (on Kubernetes its Job does that), or `python -m {service} migrate`"
            " where it is installed."
        )
    try:
        applied = asyncio.run(migrate(load(DatabaseSettings).database_url, "chassis", service))
    except PooledByTransaction as error:
        raise typer.BadParameter(f"setting DATABASE_URL: {error}") from None
    console.print("\n".join(f"applied {name}" for name in applied) or "nothing to apply")
