"""What a page says of an owner that is away: the page stands without it, and what was sent comes back.

Routes that have more to show than that catch Unreachable themselves.
"""

from fastapi import FastAPI, Request, Response

from desk.owners.api import Owner, Unreachable
from desk.pages.shell import PageShell
from desk.sign_in.kept import fields_of
from desk.sign_in.session import SAFE

MISSING = {
    Owner.PROFILES: "De profielen zijn",
    Owner.ASSIGNMENTS: "De opdrachten zijn",
    Owner.MATCHING: "Het matchen is",
    Owner.NOTIFICATIONS: "De mails zijn",
}


def install(app: FastAPI) -> None:
    """Answer Unreachable where no route does."""
    app.add_exception_handler(Unreachable, _away)


async def _away(request: Request, error: Exception) -> Response:
    assert isinstance(error, Unreachable)
    shell: PageShell = request.state.shell
    missing = MISSING[error.owner]
    action = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method in SAFE:
        return shell.page("away.html", missing=missing, action=action, sent=None)
    sent = await fields_of(request)
    return shell.page("away.html", status=503, missing=missing, action=action, sent=sent)
