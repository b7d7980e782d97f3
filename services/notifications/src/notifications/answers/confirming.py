"""The page on which a professional confirms that mails may come, or that they stay; and the one on what is
held about people.

Looking changes nothing: mail scanners follow links.
"""

from datetime import UTC, datetime
from typing import Annotated, Any

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from words.rendering import page

from notifications import staying
from notifications.answers import preferring
from notifications.answers.links import Link, Purpose
from notifications.answers.pages import DEAD_LINK, TEMPLATES, dead_link, link_to
from notifications.domain.privacy import Privacy, in_words
from notifications.rendering import html

# Of whom a link is; None where it is forged or too old.
LinkedConfirmation = Annotated[Link | None, Depends(link_to(Purpose.CONFIRM))]

router = APIRouter(default_response_class=HTMLResponse, tags=["pages of a mail's links"])
DEAD: dict[int | str, dict[str, Any]] = {
    404: html(DEAD_LINK),
    503: html("The database does not answer; try again.", 503),
}


@router.get("/confirm/{token}", responses=DEAD)
async def ask_to_confirm(link: LinkedConfirmation, pool: Database) -> HTMLResponse:
    """Ask a professional to confirm that mails may come, or that they stay.

    What is held, and a button. Nothing changes.
    """
    contact = None if link is None else await preferring.look_up(pool, link)
    if contact is None:
        return dead_link()
    return page(TEMPLATES, "confirm.html", done=False, asks_consent=contact.unconfirmed)


@router.post("/confirm/{token}", responses=DEAD)
async def confirm(
    link: LinkedConfirmation,
    pool: Database,
    _act: Annotated[Recording, audited(Action.CHANGE, "contact")],
) -> HTMLResponse:
    """Confirm that mails may come, and that one stays.

    It counts at once; the profiles service hears of it.
    """
    contact = None if link is None else await preferring.look_up(pool, link)
    if contact is None or not await staying.confirm(pool, contact.profile_id, datetime.now(UTC)):
        return dead_link()
    return page(TEMPLATES, "confirm.html", done=True, asks_consent=contact.unconfirmed)


@router.get("/privacy", responses={503: html("The database does not answer; try again.", 503)})
async def show_privacy(request: Request) -> HTMLResponse:
    """Show what is held about people.

    What, why, how long, and what one may ask. Public: no link is needed.
    """
    privacy: Privacy = request.app.state.resources.privacy
    return page(TEMPLATES, "privacy.html", privacy=privacy, in_words=in_words)
