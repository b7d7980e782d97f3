"""Mails as clients and servers read them: links whole, a calendar that parses."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy

import icalendar
import pytest
from contracts.events import Relaxation
from contracts.vocabulary import ClosedReason, Decision
from notifications.answers.links import Links
from notifications.domain.match import Decided, NoInterestYet
from notifications.domain.notice import TO_RECRUITERS, Kind
from notifications.domain.outbound import Send
from notifications.mail import mime
from notifications.mail.compose import Composer, ascii_address
from notifications.words import nl
from support.notifying import FACTS, a_match, a_notice, an_assignment

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
COMPOSER = Composer(
    Links("https://opdrachten.example.org", "a-secret-of-the-tests"),
    "Opdrachten <post@opdrachten.example.org>",
)


def going_out(kind: Kind, closed_reason: ClosedReason | None = None) -> Send:
    match = a_match(
        assignment=an_assignment(closed_reason),
        score=71.5,
        growth=True,
        decided=Decided(Decision.REJECTED, "te ver weg", NOW),
        asked_later=True,
    )
    relaxation = Relaxation(change={"required_certificates": []}, adds=7)
    no_interest = NoInterestYet(respond_by=FACTS.respond_by, live=3, relaxation=relaxation, holds=True)
    return Send(a_notice(kind, match, no_interest=no_interest), (match,), counts=False)


def written(kind: Kind, closed_reason: ClosedReason | None = None) -> bytes:
    return COMPOSER.write(going_out(kind, closed_reason), NOW).content


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in TO_RECRUITERS])
def test_a_professionals_mail_is_whole(kind: Kind) -> None:
    raw = written(kind, ClosedReason.WITHDRAWN if kind is Kind.CLOSED else None)
    assert len(raw) < 100_000
    assert b"\nList-Unsubscribe: <https://opdrachten.example.org/unsubscribe/" in raw
    assert b"\nList-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    assert max(map(len, raw.splitlines())) <= 998
    mail = message_from_bytes(raw, policy=policy.default)
    for form in ("plain", "html"):
        body = mail.get_body((form,))
        assert body is not None
        text = body.get_content()
        assert FACTS.title in text
        assert "/preferences/" in text
        assert "None" not in text
    html = mail.get_body(("html",))
    assert html is not None
    assert "<style" not in html.get_content()
    assert "<img" not in html.get_content()


@pytest.mark.parametrize("kind", sorted(TO_RECRUITERS))
def test_a_recruiters_mail_is_whole(kind: Kind) -> None:
    raw = written(kind)
    assert len(raw) < 100_000
    assert b"List-Unsubscribe" not in raw
    mail = message_from_bytes(raw, policy=policy.default)
    for form in ("plain", "html"):
        body = mail.get_body((form,))
        assert body is not None
        text = body.get_content()
        assert FACTS.title in text
        assert "/?assignment=" in text
        assert "None" not in text


def test_the_closing_moment_is_told_and_is_a_calendars() -> None:
    mail = message_from_bytes(written(Kind.MATCH), policy=policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert nl.moment(FACTS.respond_by) in body.get_content()
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    calendar = icalendar.Calendar.from_ical(attached.get_content())
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    assert FACTS.respond_by == event.DTEND
    assert FACTS.title in str(event["summary"])
    assert re.fullmatch(r"https://opdrachten\.example\.org/m/\S+", str(event["url"]))
    (alarm,) = calendar.walk("VALARM")
    assert FACTS.title in str(alarm["description"])
    assert max(map(len, attached.get_content().encode().splitlines())) <= 75


@pytest.mark.parametrize(
    "title",
    ["Crisis in Coëvorden", "é" * 3000, "x" * 3000, "a " * 3000, "=?utf-8?q?x?=", "Een. Twee\u2028Drie"],
)
def test_any_title_is_whole_in_its_subject(title: str) -> None:
    match = a_match(assignment=an_assignment(title=title))
    raw = COMPOSER.write(Send(a_notice(Kind.MATCH, match), (match,), counts=True), NOW).content
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    subject = message_from_bytes(raw, policy=policy.default)["Subject"]
    assert " ".join(str(subject).split()) == " ".join(f"{title} bij {FACTS.organisation.name}".split())


def test_a_domain_beyond_ascii_is_written_as_mail_servers_take_it() -> None:
    assert ascii_address("anna@example.org") == "anna@example.org"
    assert ascii_address("anna@coöperatie.nl") == "anna@xn--coperatie-17a.nl"
    assert ascii_address("anna@faß.example") == "anna@xn--fa-hia.example"


def test_no_header_holds_a_line_break() -> None:
    with pytest.raises(ValueError, match="line break in the header Subject"):
        mime.message({"Subject": "x\r\nBcc: iedereen@example.org"}, b"")
