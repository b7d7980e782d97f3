"""`opdracht token`: tokens of the one-machine stack."""

import re
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
