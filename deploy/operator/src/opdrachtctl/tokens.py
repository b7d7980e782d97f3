"""`opdracht token`: tokens of the one-machine stack; `opdracht signing-keys`: the keys of the desk's own."""

import re
from pathlib import Path
from typing import Annotated

import typer
from contracts.vocabulary import Role

app = typer.Typer()

SECONDS = {"m": 60, "h": 3600, "d": 86400}


@app.command("token")
def token(
    role: Annotated[Role, typer.Option()],
    subject: Annotated[str, typer.Option(help="whom it speaks for; a profile id for a professional")] = "",
    expires: Annotated[str, typer.Option(help="such as 30m, 8h or 7d")] = "8h",
) -> None:
    """Sign a token with the key of the one-machine stack in STACK_DIR."""
    try:
        from stack import issuer
        from stack.layout import Layout
    except ImportError:
        raise typer.BadParameter("the one-machine stack is not installed here: opdrachtctl[stack]") from None
    spelled = re.fullmatch(r"(\d+)([mhd])", expires)
    if spelled is None:
        raise typer.BadParameter("must be a number and m, h or d, such as 8h", param_hint="--expires")
    seconds = int(spelled[1]) * SECONDS[spelled[2]]
    print(issuer.token(Layout.from_environment(), role, subject or role.value, seconds=seconds))


@app.command("signing-keys")
def signing_keys(
    file: Annotated[Path, typer.Argument(help="the desk's PROFESSIONALS_KEY_FILE; made where there is none")],
) -> None:
    """Put a new key first in the desk's file, and keep the one before it."""
    try:
        from stack import issuer
    except ImportError:
        raise typer.BadParameter("the one-machine stack is not installed here: opdrachtctl[stack]") from None
    try:
        issuer.begin_key(file)
    except (OSError, ValueError):
        raise typer.BadParameter("must be a file with a JWK set, or none yet", param_hint="FILE") from None
