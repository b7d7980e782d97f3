"""`opdracht load`: many profiles or assignments over HTTP."""

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import Progress, track

from opdrachtctl.console import console

app = typer.Typer()

CONCURRENCY = 16


@app.command("load")
def load_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    url: Annotated[str, typer.Option(help="the service's address, such as http://localhost:8101")],
    token: Annotated[str, typer.Option(envvar="OPDRACHT_TOKEN", help="a recruiter's token")],
) -> None:
    """Load a file of profiles or assignments, a JSON body a line, over HTTP."""
    bodies = [json.loads(line) for line in track(file.read_text().splitlines(), "reading", console=console)]
    if bodies:
        refused = asyncio.run(_load(bodies, url, token))
        console.print(f"{len(bodies) - refused} loaded, {refused} refused")
        raise typer.Exit(1 if refused else 0)


async def _load(bodies: list[dict[str, Any]], url: str, token: str) -> int:
    """Post the bodies, and print each that is refused; return how many are."""
    path = "/profiles" if "contact" in bodies[0] else "/assignments"
    refused = 0
    gate = asyncio.Semaphore(CONCURRENCY)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as http:
        with Progress(console=console) as progress:
            task = progress.add_task("loading", total=len(bodies))

            async def post(number: int, body: dict[str, Any]) -> None:
                nonlocal refused
                async with gate:
                    answer = await http.post(path, json=body)
                progress.advance(task)
                if answer.is_error:
                    refused += 1
                    errors = answer.json().get("errors") or [answer.json().get("detail")]
                    console.print(f"line {number}: {answer.status_code} {errors}")

            await asyncio.gather(*(post(number, body) for number, body in enumerate(bodies, 1)))
    return refused
