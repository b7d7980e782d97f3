"""What every page stands in: the rooms, who is signed in, and how far the stream was when it was made."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from chassis.http.audited import is_fetched
from chassis.http.resources import Database
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from desk.owners.api import Owners
from desk.rendering import rendered
from desk.sign_in.kept import Kept, come_back_for
from desk.sign_in.session import SAFE, Professional, SignedIn, Staff, is_used
from desk.store import alerts

ROOMS = (
    ("/", "Vandaag"),
    ("/opdrachten", "Opdrachten"),
    ("/mensen", "Mensen"),
    ("/plaatsingen", "Plaatsingen"),
    ("/mails", "Mails"),
    ("/selectie", "Selectie"),
    ("/opleidingen", "Opleidingen"),
    ("/instellingen", "Instellingen"),
)

OWN_ROOMS = (
    ("/mijn", "Opdrachten"),
    ("/mijn/loopbaan", "Loopbaan"),
    ("/mijn/opleidingen", "Opleidingen"),
    ("/mijn/netwerk", "Netwerk"),
    ("/mijn/profiel", "Profiel"),
    ("/mijn/gegevens", "Gegevens"),
)

SHORTCUTS = "sneltoetsen"  # the cookie that says `uit` where somebody switched them off


async def _owners(request: Request) -> Owners:
    owners: Owners = request.app.state.resources.owners
    return owners.fetched() if is_fetched(request) else owners


AskOwners = Annotated[Owners, Depends(_owners)]


class PageShell:
    """Renders pages for a request.

    The stream's place was read before the page's own data: a page that shows more than that is told once
    more of what it has; one that showed less would miss it.
    """

    def __init__(
        self,
        path: str,
        who: SignedIn,
        last_alert: int,
        *,
        shortcuts: bool,
        kept: Kept | None = None,
        is_own: bool = False,
    ) -> None:
        self._is_own = is_own
        self._path = path
        self._kept = kept
        self._is_filled_in = False
        self._shortcuts = shortcuts
        self._who = who
        self._last_alert = last_alert

    def typed(self, action: str) -> Mapping[str, Sequence[str]] | None:
        """Return what somebody typed into the form of this path before their session ended, for the page to
        fill in; None where that was nothing. What no form takes, the page offers to send as it was."""
        if self._kept is None or self._kept.action.partition("?")[0] != action:
            return None
        self._is_filled_in = True
        return self._kept.typed

    def page(self, template: str, *, status: int = 200, about: object = None, **context: Any) -> HTMLResponse:
        """Render a page. `about`: the id of the opdracht that it is about, whose alerts alone touch it."""
        return rendered(
            template,
            status,
            path=self._path,
            rooms=OWN_ROOMS if self._is_own else ROOMS,
            base="own.html" if self._is_own else "desk.html",
            who=self._who,
            about=about,
            last_alert=self._last_alert,
            shortcuts=self._shortcuts,
            kept=self._kept,
            is_filled_in=self._is_filled_in,
            **context,
        )


async def _shell(request: Request, who: Staff, pool: Database) -> PageShell:
    async with pool.acquire() as connection:
        last = await alerts.last_id(connection)
    shortcuts = request.cookies.get(SHORTCUTS) != "uit"
    kept = await _kept(request, who, pool)
    shell = PageShell(request.url.path, who, last, shortcuts=shortcuts, kept=kept)
    request.state.shell = shell
    return shell


async def _own_shell(request: Request, who: Professional, pool: Database) -> PageShell:
    kept = await _kept(request, who, pool)
    shell = PageShell(request.url.path, who, 0, shortcuts=False, kept=kept, is_own=True)
    request.state.shell = shell
    return shell


async def _kept(request: Request, who: SignedIn, pool: Database) -> Kept | None:
    if request.method in SAFE and is_used(request) and who.session is not None:
        return await come_back_for(request, pool, who.caller.subject)
    return None


OwnShell = Annotated[PageShell, Depends(_own_shell)]  # of a professional's own pages, which are not live
Shell = Annotated[PageShell, Depends(_shell)]
