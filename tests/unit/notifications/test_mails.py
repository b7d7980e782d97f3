"""Mails as clients and servers read them: links whole, a calendar that parses."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from uuid import uuid4

import icalendar
import pytest
from contracts.facts import AssignmentFacts, Preferences
from contracts.vocabulary import Frequency
from notifications import mime
from notifications.domain import dutch
from notifications.domain.notice import TO_RECRUITERS, Advice, Kind, Match, Opdracht, Recipient
from notifications.domain.schedule import Way
from notifications.links import Links
from notifications.mails import Mails, environment
from notifications.store.outgoing import Due

SAMPLES = Path(__file__).parents[3] / "contracts/samples"
FACTS = AssignmentFacts.model_validate_json(
    json.dumps(json.loads((SAMPLES / "AssignmentOpened.v1.1.json").read_text())["value"])
)
EXPLANATION = json.loads((SAMPLES / "MatchProposed.v1.1.json").read_text())["value"]["explanation"]
LINKS = Links("https://opdrachten.example.org", "a-secret-of-the-tests")
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def due(kind: Kind, *, description: str = "", closed_reason: str | None = None) -> Due:
    facts = FACTS.model_copy(update={"description": description or FACTS.description})
    opdracht = Opdracht(uuid4(), facts, closed_reason is None, closed_reason)
    wishes = Preferences(frequency=Frequency.DIRECT, min_score=0, quiet_hours=True)
    match = Match(uuid4(), uuid4(), True, 71.5, True, EXPLANATION, "Anna", "te ver weg", True, opdracht)
    recipient = Recipient("Anna Bakker", "anna@example.org", wishes)
    way, several = Way.DIRECT, None if kind is Kind.DIGEST else opdracht
    change: dict[str, object] = {"required_certificates": []}
    advice = Advice(FACTS.respond_by, 3, change, 7, interested=False) if kind is Kind.WARNING else None
    whose = None if kind in TO_RECRUITERS else uuid4()
    return Due(uuid4(), kind, way, whose, several, recipient, [match], advice, 0, NOW, None)


def written(kind: Kind, **changes: str) -> bytes:
    mails = Mails(environment(), LINKS, "Opdrachten <post@opdrachten.example.org>")
    return mails.write(due(kind, **changes), NOW).content


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in TO_RECRUITERS])
def test_a_professionals_mail_is_whole(kind: Kind) -> None:
    raw = written(kind, **({"closed_reason": "withdrawn"} if kind is Kind.CLOSED else {}))
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


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate_max_cents": 9550}, "het maximale tarief € 95,50 per uur wordt"),
        ({"open_to_growth": True}, "je ook mensen toelaat voor wie het een stap omhoog is"),
        ({"starts_on": "2027-01-15"}, "de opdracht start op 15 januari 2027"),
        ({"onsite_days": 0}, "het werk helemaal op afstand te doen is"),
        ({"onsite_days": 1}, "het werk 1 dag per week op locatie te doen is"),
        ({"required_specialisms": FACTS.required_specialisms[1:]}, "niet meer verplicht is"),
        ({"something_new": 1}, "je een eis soepeler maakt"),
    ],
)
def test_advice_is_put_into_words(change: dict[str, object], words: str) -> None:
    assert words in dutch.change(change, FACTS)


def test_the_closing_moment_is_a_calendars() -> None:
    mail = message_from_bytes(written(Kind.MATCH), policy=policy.default)
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
    notice = due(Kind.MATCH)
    assert notice.opdracht is not None
    facts = notice.opdracht.facts.model_copy(update={"title": title})
    opdracht = replace(notice.opdracht, facts=facts)
    notice = replace(notice, opdracht=opdracht, matches=[replace(notice.matches[0], opdracht=opdracht)])
    mails = Mails(environment(), LINKS, "Opdrachten <post@opdrachten.example.org>")
    raw = mails.write(notice, NOW).content
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    subject = message_from_bytes(raw, policy=policy.default)["Subject"]
    assert " ".join(str(subject).split()) == " ".join(f"{title} bij {facts.organisation.name}".split())


def test_no_header_holds_a_line_break() -> None:
    with pytest.raises(ValueError, match="line break in the header Subject"):
        mime.message({"Subject": "x\r\nBcc: iedereen@example.org"}, b"")
