"""Every route of notifications that declares an act leaves its row when it is called."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.database import Pool
from contracts.events import PlacementAgreed
from contracts.vocabulary import NoticeKind, Role
from notifications.answers.links import Purpose
from notifications.domain import guidance
from notifications.domain.notice import Ending, NoticeState
from notifications.mail.smtp import Accepted
from notifications.store import addresses, suppressions
from notifications.store.addresses import Move
from support.calls import OPERATOR, OURS, TESTER, Calls
from support.five_services import Services
from support.notifications_app import IDS, LINKS
from support.notifying import add_assignment, add_contact, deliver, make_sender, propose, sample

LATE = {"respond_by": "2099-12-18T09:00:00+01:00"}


async def _asked_how_it_goes(pool: Pool, person: UUID, opdracht: UUID) -> UUID:
    """Place somebody; return the notice that asks how their work goes."""
    terms = sample("PlacementAgreed.v1.1.json") | {
        "profile_id": str(person),
        "assignment_id": str(opdracht),
        "starts_on": str(date.today() - timedelta(days=15)),
    }
    agreed = PlacementAgreed.model_validate_json(json.dumps(terms))
    await deliver(pool, agreed)
    return guidance.notice_id(agreed, NoticeKind.STARTED)


async def test_every_route_of_notifications_leaves_its_row(services: Services) -> None:
    call, pool, person = Calls(services), services.pools["notifications"], uuid4()
    await add_contact(pool, person, "audit-links@example.org")
    opdracht = await add_assignment(pool, random.Random(1), "spoed", **LATE)
    match = (await propose(pool, opdracht, person, datetime.now(UTC))).match_id

    async def taken(_mail: Any) -> Any:
        return Accepted("250 taken")

    await make_sender(pool, taken).send_due(datetime.now(UTC))
    notice = await pool.fetchval("SELECT notice_id FROM notices WHERE profile_id = $1", person)
    message = await pool.fetchval("SELECT message_id FROM notices WHERE notice_id = $1", notice)
    await call("notifications GET /deliveries", query=f"?profile_id={person}")
    await call("notifications GET /deliveries/{notice_id}/body", ids={"notice_id": notice})
    await call("notifications GET /matches/{match_id}/timeline", ids={"match_id": match})
    await call("notifications GET /profiles/{profile_id}/held", ids={"profile_id": person})
    people = [{"profile_id": str(person), "score": 70.0}]
    forecast = {"urgency": "spoed", "respond_by": LATE["respond_by"], "people": people}
    await call("notifications POST /forecast", body=forecast)
    wishes = {"summary": "daily", "interest": "daily", "quiet_hours": True}
    await call("notifications PUT /recruiter-preferences", body=wishes)
    await call("notifications POST /reports", headers=OPERATOR, content=_bounce(message))
    await call("notifications GET /suppressions")
    await call("notifications DELETE /suppressions/{suppression_id}", ids={"suppression_id": person})
    await pool.execute("UPDATE notices SET state = 'bounced' WHERE notice_id = $1", notice)
    await call("notifications POST /deliveries/{notice_id}/again", ids={"notice_id": notice})
    async with pool.acquire() as connection:
        ending = Ending(NoticeState.REFUSED, "no such mailbox")
        await suppressions.add(connection, "audit-links@example.org", person, ending, datetime.now(UTC))
    await call("notifications DELETE /suppressions", query="?domain=example.org")
    of_links = {
        "/m/{token}": (LINKS.write(Purpose.MATCH, match), b"answer=interested"),
        "/preferences/{token}": (LINKS.write(Purpose.PREFERENCES, person), b"frequency=daily&min_score=40"),
        "/unsubscribe/{token}": (LINKS.write(Purpose.UNSUBSCRIBE, person), b"List-Unsubscribe=One-Click"),
        "/check-in/{token}": (
            LINKS.write(Purpose.CHECK_IN, await _asked_how_it_goes(pool, person, opdracht)),
            b"answer=goed",
        ),
    }
    for path, (link, form) in of_links.items():
        token = link.rpartition("/")[2]
        await call(f"notifications GET {path}", headers={}, ids={"token": token})
        await call(f"notifications POST {path}", headers=OURS, content=form, ids={"token": token})
    token = LINKS.write(Purpose.CONFIRM, person).rpartition("/")[2]
    await call("notifications POST /confirm/{token}", headers=OURS, content=b"", ids={"token": token})
    await _ask_for_a_link(call)  # before the address is denied, whose reader is mailed no more
    async with pool.acquire() as connection:
        await addresses.tell(connection, [Move(person, "before@example.org", 2)], datetime.now(UTC))
    moved = await pool.fetchval("SELECT notice_id FROM notices WHERE kind = 'moved'")
    token = LINKS.write(Purpose.NOT_ME, moved).rpartition("/")[2]
    await call("notifications POST /not-me/{token}", headers=OURS, content=b"", ids={"token": token})
    answers = await _answer_signed_in(call, match, person)
    by_link = {
        f"notifications {method} {path}": ("link", str(person))
        for path in of_links
        for method in ("GET", "POST")
    }
    for path in ("/confirm/{token}", "/not-me/{token}"):
        by_link[f"notifications POST {path}"] = ("link", str(person))
    by_link["notifications POST /sign-in-links"] = (TESTER[0], "desk")
    by_link["notifications POST /sign-in-links/redeem"] = ("link", str(person))
    by_link[answers] = (TESTER[0], str(person))
    call.check("notifications", by_link)
    for rows in call.done.values():
        assert all(row.people <= {person} for row in rows)
    assert call.done["notifications GET /deliveries/{notice_id}/body"][0].people == {person}
    assert call.done["notifications DELETE /suppressions"][0].people == {person}
    assert call.done["notifications POST /unsubscribe/{token}"][0].fields == ("frequency",)


async def _answer_signed_in(call: Calls, match: UUID, person: UUID) -> str:
    """Answer as a professional who is signed in; return the route."""
    route = "notifications POST /matches/{match_id}/answer"
    headers = {"Authorization": f"Bearer {Role.PROFESSIONAL}:{person}"}
    await call(route, headers=headers, body={"answer": "declined"}, ids={"match_id": match})
    return route


async def _ask_for_a_link(call: Calls) -> None:
    of_desk = {"Authorization": f"Bearer {Role.DESK}:desk"}
    wanted = {"email": "audit-links@example.org"}
    await call("notifications POST /sign-in-links", headers=of_desk, body=wanted)
    link = await call.services.pools["notifications"].fetchval("SELECT link_id FROM sign_in_links")
    token = LINKS.sign_in("", link).rpartition("/")[2]
    await call("notifications POST /sign-in-links/redeem", headers=of_desk, body={"token": token})


def _bounce(message: UUID) -> bytes:
    message_id = IDS.message_id(message, "example.org")
    return (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        "Action: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {message_id}\r\n\r\n"
        "--b--\r\n"
    ).encode()
