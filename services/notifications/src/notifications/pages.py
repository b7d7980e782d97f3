"""What people open in a browser: the recruiter's page, and the professional's page of one match."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from chassis.database import Pool
from chassis.http.auth import Authenticator, Caller, bearer_token, unauthorized
from contracts.facts import Preferences
from contracts.vocabulary import Answer, Frequency, Role
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from notifications import answering, preferring
from notifications.domain import dutch
from notifications.domain.answering import Standing
from notifications.domain.dutch import AMSTERDAM
from notifications.domain.timeline import steps
from notifications.links import Links
from notifications.metrics import UNSUBSCRIBED
from notifications.session import COOKIE, allow, check_same_site, visitor
from notifications.store import alerts, known, notices

READERS = (Role.RECRUITER, Role.OPERATOR)
Reader = Annotated[Caller, Depends(allow(*READERS))]
Recruiter = Annotated[Caller, Depends(allow(Role.RECRUITER))]
LATER = "later"  # the third button: no answer, but a wish to be asked again
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
}


class Pages:
    """Renders templates."""

    def __init__(self, pool: Pool, templates: Environment, links: Links) -> None:
        self.pool = pool
        self.links = links
        self._templates = templates

    def render(self, template: str, status: int = 200, **context: Any) -> HTMLResponse:
        """Render a template as a page or a part of one."""
        return HTMLResponse(self._templates.get_template(template).render(context), status, HEADERS)

    async def board(self, selected: UUID | None) -> dict[str, Any]:
        """Return what the recruiter's page shows."""
        async with self.pool.acquire() as connection:
            last_alert = await alerts.last_id(connection)
            rows = await known.board(connection)
            if selected is None and rows:
                selected = max(rows, key=lambda row: (row["open"], row["live"]))["assignment_id"]
            assignment = await known.assignment(connection, selected) if selected else None
            matches = await known.live_matches(connection, selected) if selected else []
            told = await notices.of_matches(connection, [row["match_id"] for row in matches])
        timelines = {row["match_id"]: steps(dict(row), told.get(row["match_id"], [])) for row in matches}
        return {
            "timelines": timelines,
            "last_alert": last_alert,
            "assignments": [{**row, "facts": known.facts(row)} for row in rows],
            "selected": assignment and {**assignment, "facts": known.facts(assignment)},
            "matches": matches,
        }


def recruiter_routes(pages: Pages) -> APIRouter:
    """Make the recruiter's page, its live part, and its session."""
    router = APIRouter(tags=["page"])

    @router.get("/", response_class=HTMLResponse)
    async def page(
        caller: Annotated[Caller | None, Depends(visitor)], assignment: UUID | None = None
    ) -> Response:
        if caller is None or caller.roles.isdisjoint(READERS):
            return pages.render("sign_in.html")
        return pages.render("board.html", caller=caller, **await pages.board(assignment))

    @router.get("/board", response_class=HTMLResponse, include_in_schema=False)
    async def board(_caller: Reader, assignment: UUID | None = None) -> Response:
        return pages.render("board_live.html", **await pages.board(assignment))

    @router.post("/release/{profile_id}", dependencies=[Depends(check_same_site)], include_in_schema=False)
    async def release(profile_id: UUID, _caller: Recruiter, assignment: UUID | None = None) -> Response:
        async with pages.pool.acquire() as connection:
            await known.release(connection, profile_id)
        return RedirectResponse(f"/?assignment={assignment}" if assignment else "/", 303)

    @router.post("/session", status_code=204)
    async def sign_in(request: Request) -> Response:
        token = bearer_token(request)
        if token is None:
            raise unauthorized("send a bearer token")
        authenticator: Authenticator = request.app.state.authenticator
        await authenticator.verify(token)
        response = Response(status_code=204)
        secure = pages.links.page.startswith("https://")
        response.set_cookie(COOKIE, token, httponly=True, samesite="lax", secure=secure)
        return response

    @router.delete("/session", status_code=204, dependencies=[Depends(check_same_site)])
    async def sign_out() -> Response:
        response = Response(status_code=204)
        response.delete_cookie(COOKIE)
        return response

    return router


def preference_routes(pages: Pages) -> APIRouter:
    """Make the preferences page and the one that ends all mail: looking changes nothing, posting does."""
    router = APIRouter(tags=["preferences"])

    async def show(profile_id: UUID | None, note: str | None = None, status: int = 200) -> Response:
        row = None if profile_id is None else await preferring.look_up(pages.pool, profile_id)
        if row is None:
            return pages.render("no_match.html", 404)
        wishes, today = known.preferences(row), datetime.now(AMSTERDAM).date()
        paused_until = row["paused_until"] if row["paused_until"] and row["paused_until"] > today else None
        context = {"name": row["name"], "wishes": wishes, "paused_until": paused_until, "note": note}
        return pages.render(
            "preferences.html", status, **context, tomorrow=today + timedelta(days=1), Frequency=Frequency
        )

    @router.get("/preferences/{token}", response_class=HTMLResponse)
    async def look(token: str) -> Response:
        return await show(pages.links.read_preferences(token))

    @router.post("/preferences/{token}", response_class=HTMLResponse)
    async def choose(
        token: str,
        frequency: Annotated[str, Form(max_length=20)] = "",
        min_score: Annotated[str, Form(max_length=10)] = "0",
        quiet_hours: Annotated[str, Form(max_length=10)] = "",
        paused_until: Annotated[str, Form(max_length=10)] = "",
    ) -> Response:
        profile_id = pages.links.read_preferences(token)
        try:
            wishes = Preferences(
                frequency=Frequency(frequency),
                min_score=float(min_score.replace(",", ".") or 0),
                quiet_hours=bool(quiet_hours),
            )
            until = date.fromisoformat(paused_until) if paused_until else None
            if until is not None and until <= datetime.now(AMSTERDAM).date():
                raise ValueError
        except ValueError:
            note = "Niet bewaard: kies een frequentie, een score van 0 tot 100 en een datum na vandaag."
            return await show(profile_id, note, 422)
        if profile_id is not None:
            await preferring.choose(pages.pool, profile_id, wishes, until, datetime.now(UTC))
        return await show(profile_id, "Bewaard. Dank je wel.")

    @router.get("/unsubscribe/{token}", response_class=HTMLResponse)
    async def ask(token: str) -> Response:
        profile_id = pages.links.read_unsubscribe(token)
        row = None if profile_id is None else await preferring.look_up(pages.pool, profile_id)
        if row is None or profile_id is None:
            return pages.render("no_match.html", 404)
        return pages.render("unsubscribe.html", done=False, preferences=pages.links.preferences(profile_id))

    @router.post("/unsubscribe/{token}", response_class=HTMLResponse)
    async def unsubscribe(token: str, why: Annotated[str, Form(max_length=100)] = "") -> Response:
        """Take RFC 8058's one click, or the page's button; and afterwards, if one likes, a reason."""
        profile_id = pages.links.read_unsubscribe(token)
        now = datetime.now(UTC)
        if profile_id is None or not await preferring.unsubscribe(pages.pool, profile_id, now):
            return pages.render("no_match.html", 404)
        if why in preferring.REASONS:
            UNSUBSCRIBED.labels(why).inc()
        return pages.render(
            "unsubscribe.html",
            done=True,
            preferences=pages.links.preferences(profile_id),
            reasons=preferring.REASONS,
            thanks=why in preferring.REASONS,
        )

    return router


def _asked_later(at: datetime | None) -> str:
    if at is None:
        return "Later nog eens mailen lukt niet: dan is het te laat om te reageren, of je wilt geen mail."
    return f"Prima. Je krijgt deze opdracht nog eens te zien in je mail van {dutch.moment(at)}."


def match_routes(pages: Pages) -> APIRouter:
    """Make the professional's page: looking changes nothing, answering does."""
    router = APIRouter(prefix="/m", tags=["match"])

    async def show(token: str, wanted: str | None, note: str | None = None, status: int = 200) -> Response:
        match_id = pages.links.read_match(token)
        row = None if match_id is None else await answering.look_up(pages.pool, match_id)
        if row is None:
            return pages.render("no_match.html", 404)
        return pages.render(
            "match.html",
            status,
            match=row,
            facts=known.facts(row),
            standing=answering.standing(row, datetime.now(UTC)),
            Standing=Standing,
            wanted=wanted,
            note=note,
        )

    @router.get("/{token}", response_class=HTMLResponse)
    async def look(token: str, answer: Annotated[str | None, Query(max_length=20)] = None) -> Response:
        return await show(token, answer)

    @router.post("/{token}", response_class=HTMLResponse)
    async def reply(
        token: str,
        answer: Annotated[str, Form(max_length=20)] = "",
        why: Annotated[str, Form(max_length=100)] = "",
        reason: Annotated[str, Form(max_length=2000)] = "",
    ) -> Response:
        match_id = pages.links.read_match(token)
        if answer == LATER and match_id is not None:
            at = await answering.ask_later(pages.pool, match_id, datetime.now(UTC))
            return await show(token, None, _asked_later(at), 200 if at else 409)
        if answer not in set(Answer):
            return await show(token, None, "Kies een van de antwoorden.", 422)
        words = " ".join(part.replace("\x00", "").strip() for part in (why, reason)).strip() or None
        if match_id is None:
            return await show(token, None)
        taken = await answering.answer(pages.pool, match_id, Answer(answer), words, datetime.now(UTC))
        if not taken:
            return await show(token, None, "Je antwoord is niet verwerkt.", 409)
        return await show(token, None, "Bedankt. Je antwoord is binnen.")

    return router
