"""What mails say and how they are made, kind by kind: as clients and servers read them."""

import re
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from os import environ
from pathlib import Path
from typing import Any

import icalendar
import pytest
from contracts.events import Appointment
from contracts.vocabulary import Answer, Decision, ReasonCode
from notifications.answers.links import Links, Purpose
from notifications.domain.address import in_ascii
from notifications.domain.mail_id import MailId, MailIds
from notifications.domain.match import Answered, Match
from notifications.domain.notice import (
    MOST_IN_A_DIGEST,
    NEWS,
    OF_A_PLACEMENT,
    OF_AN_ADDRESS,
    TO_RECRUITERS,
    Kind,
)
from notifications.domain.outbound import Send
from notifications.mail.compose import Composer
from support.mails import (
    COMPOSER,
    EVERY_MAIL,
    EXPLANATION,
    NOW,
    OPDRACHT,
    a_digest,
    a_sample,
    an_opdracht,
    decided,
    many,
    the_match,
)
from support.notifying import OF_NO_OPDRACHT, SECRET, a_recipient, read
from words import nl

APPROVED = Path(__file__).parent / "approved"  # written anew with APPROVE=1 in the environment
TO_ONE_PROFESSIONAL = [
    name
    for name, send in EVERY_MAIL.items()
    if send.notice.kind not in TO_RECRUITERS | OF_AN_ADDRESS | OF_NO_OPDRACHT
]
CONTROLS = re.compile("[\u202a-\u202e\u2066\u2067]")
FSI, PDI = "\u2068", "\u2069"


def written(kind: Kind) -> EmailMessage:
    return mail_of(a_sample(kind))


def mail_of(send: Send) -> EmailMessage:
    return read(COMPOSER.write(send, NOW))


def form(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    assert body is not None
    return "\n".join(body.get_content().splitlines()) + "\n"


def test_every_kind_has_a_sample() -> None:
    assert {send.notice.kind for send in EVERY_MAIL.values()} == set(Kind)


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_a_mail_reads_as_it_was_approved(name: str) -> None:
    mail = mail_of(EVERY_MAIL[name])
    pages = "m|preferences|unsubscribe|not-me|confirm|check-in"
    text = re.sub(rf"/({pages})/[^\s?]+", r"/\1/…", form(mail, "plain"))
    shown = f"Subject: {mail['Subject']}\nReply-To: {mail['Reply-To']}\n\n{text}"
    approved = APPROVED / f"{name}.txt"
    if environ.get("APPROVE"):
        approved.write_text(shown)
    assert shown == approved.read_text()


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_a_mail_is_whole(name: str) -> None:
    send = EVERY_MAIL[name]
    raw = COMPOSER.write(send, NOW).content
    assert len(raw) < 100_000
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    mail = mail_of(send)
    assert len(str(mail["Subject"])) < 70
    is_of_a_client = send.notice.kind not in OF_AN_ADDRESS | {
        Kind.CONSENT,
        Kind.STAY,
        Kind.SILENCE,
        Kind.QUESTION,
    }
    assert str(mail["Subject"]).startswith("Gemeente Meppel") is is_of_a_client
    html = form(mail, "html")
    assert "<style" not in html
    assert "<img" not in html
    for shown in (form(mail, "plain"), html):
        assert "None" not in shown
        assert "INTERN" not in shown  # a decision's reason
        assert "Hartelijke groet," in shown


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_a_professional_can_end_a_kind_of_mail_by_one_click_and_a_recruiters_mail_has_none(name: str) -> None:
    send = EVERY_MAIL[name]
    mail = mail_of(send)
    if send.notice.kind in TO_RECRUITERS:
        assert mail["List-Unsubscribe"] is None
        assert "/?assignment=" in form(mail, "plain")
        return
    if send.notice.kind is Kind.LEFT:
        return
    ends = mail["List-Unsubscribe"].removeprefix("<").removesuffix(">")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert ends.startswith("https://opdrachten.example.org/unsubscribe/")
    assert ends.endswith("?news=end") is (send.notice.kind in NEWS | OF_A_PLACEMENT)
    for shown in (form(mail, "plain"), form(mail, "html")):
        assert ends in shown
        assert "/preferences/" in shown


@pytest.mark.parametrize("name", TO_ONE_PROFESSIONAL)
def test_a_mail_on_one_opdracht_is_answered_to_its_recruiter_who_signs_it_and_can_be_reached(
    name: str,
) -> None:
    mail = mail_of(EVERY_MAIL[name])
    (reader,) = mail["Reply-To"].addresses
    assert (reader.display_name, reader.addr_spec) == ("Sanne de Wit", "sanne@bureau.example.org")
    assert "Hartelijke groet,\nSanne de Wit\n06 12345678\nsanne@bureau.example.org\n" in form(mail, "plain")
    html = form(mail, "html")
    assert '<a href="tel:0612345678"' in html
    assert '<a href="mailto:sanne@bureau.example.org"' in html


def test_a_former_address_can_do_nothing_but_contradict_and_neither_is_told_the_other() -> None:
    left, moved = mail_of(EVERY_MAIL["left"]), mail_of(EVERY_MAIL["moved"])
    assert (left["To"], moved["To"]) == ("oud@example.org", "anna@example.org")
    assert left["List-Unsubscribe"] is None
    for shown in (form(left, "plain"), form(left, "html")):
        assert re.findall(r"opdrachten\.example\.org/([a-z-]+)/", shown) == ["not-me"]
        assert "anna@" not in shown
    assert "oud@" not in form(moved, "plain") + form(moved, "html")


def test_a_mails_envelope_says_which_one_it_is_unless_that_is_not_wanted() -> None:
    send = EVERY_MAIL["match"]
    mail = COMPOSER.write(send, NOW)
    ids = MailIds(SECRET)
    assert ids.in_return_paths(mail.sender) == MailId(send.message_id)
    assert ids.in_message_ids(str(read(mail)["Message-ID"])) == MailId(send.message_id)
    links = Links("https://opdrachten.example.org", SECRET)
    plain = Composer(links, ids, "post@opdrachten.example.org", verp=False)
    assert plain.write(send, NOW).sender == "post@opdrachten.example.org"


def test_links_are_written_in_the_generation_of_whom_they_are_to() -> None:
    moved = replace(EVERY_MAIL["match"].notice, recipient=replace(a_recipient(), links_from=7))
    text = form(mail_of(replace(EVERY_MAIL["match"], notice=moved)), "plain")
    links = Links("https://opdrachten.example.org", SECRET)
    found = re.findall(r"opdrachten\.example\.org/(m|preferences|unsubscribe)/([\w.-]+)", text)
    assert {purpose for purpose, _ in found} == {"m", "preferences", "unsubscribe"}
    for purpose, token in found:
        link = links.read(Purpose(purpose), token)
        assert link is not None
        assert link.generation == 7


def test_a_digest_names_the_recruiter_of_each_opdracht_and_the_platform_signs_it() -> None:
    mail = mail_of(EVERY_MAIL["digest"])
    assert mail["Reply-To"] is None  # they are of several recruiters
    text = form(mail, "plain")
    assert "Vragen? Sanne de Wit, 06 12345678, sanne@bureau.example.org" in text
    assert "Vragen? Rik Jansen, rik@example.org" in text
    assert "Hartelijke groet,\nOpdrachten\n" in text
    of_one = mail_of(EVERY_MAIL["digest-of-one"])
    assert of_one["Reply-To"].addresses[0].addr_spec == "sanne@bureau.example.org"


def test_lines_and_lists_of_a_description_survive_in_both_forms() -> None:
    mail = written(Kind.MATCH)
    assert "Wat ga je doen?\n- bewonersavonden voorbereiden en begeleiden\n" in form(mail, "plain")
    assert "2. begrijpelijk schrijven & spreken" in form(mail, "plain")
    html = form(mail, "html")
    assert "<li>bewonersavonden voorbereiden en begeleiden</li>" in html
    assert "<li>begrijpelijk schrijven &amp; spreken</li>" in html
    assert "&lt;" not in html


def test_html_in_a_line_is_reduced_and_never_escaped_twice() -> None:
    title = "Adviseur <b>R&amp;D</b> & meer"
    mail = mail_of(a_sample(Kind.MATCH, the_match(assignment=an_opdracht(title=title))))
    assert mail["Subject"] == "Gemeente Meppel: Adviseur R&D & meer"
    assert "\nAdviseur R&D & meer\n" in form(mail, "plain")
    assert ">Adviseur R&amp;D &amp; meer</h1>" in form(mail, "html")


def spoilt(send: Send, text: str) -> Send:
    """Return a mail in which everything that people write holds a text."""

    def spoil(match: Match) -> Match:
        facts = match.assignment.facts
        recruiter = {"name": f"Sanne {text}", "phone": f"06 {text} 12"}
        changes: dict[str, Any] = {
            "title": f"Adviseur {text} water",
            "description": f"Je werkt aan {text}.\n- water {text}",
            "organisation": facts.organisation.model_copy(update={"name": f"Gemeente {text}"}),
            "place": facts.place.model_copy(update={"name": f"Meppel {text}"}),
            "recruiter": facts.recruiter.model_copy(update=recruiter),
        }
        assignment = replace(match.assignment, facts=facts.model_copy(update=changes))
        words: dict[str, Any] = {
            "message": f"Dag {text} Anna",
            "appointment": Appointment(at=NOW, where=f"kamer {text} 2"),
        }
        return replace(
            match,
            assignment=assignment,
            name=match.name and f"Anna {text}",
            answered=match.answered and replace(match.answered, reason=f"te ver {text}"),
            decided=match.decided and replace(match.decided, **words),
        )

    told = tuple(spoil(match) for match in send.told)
    recipient = send.notice.recipient and replace(send.notice.recipient, name=f"Anna {text}")
    assignment = send.notice.assignment and (told or (spoil(the_match()),))[0].assignment
    at_work = send.notice.at_work and replace(
        send.notice.at_work,
        name=f"Anna {text}",
        sentence=send.notice.at_work.sentence and f"Ik {text} loop vast",
        coach=send.notice.at_work.coach
        and send.notice.at_work.coach.model_copy(update={"name": f"Petra {text}"}),
    )
    notice = replace(send.notice, matches=told, assignment=assignment, recipient=recipient, at_work=at_work)
    return replace(send, told=told, notice=notice)


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_nothing_that_people_write_turns_a_line_round(name: str) -> None:
    mail = mail_of(spoilt(EVERY_MAIL[name], "\u202e85\u2066 \u2068x"))
    text, html = form(mail, "plain"), form(mail, "html")
    for shown in (str(mail["Subject"]), str(mail["Reply-To"]), text, html):
        assert not CONTROLS.search(shown)
        assert shown.count(FSI) == shown.count(PDI) == 0


@pytest.mark.parametrize("name", EVERY_MAIL)
def test_right_to_left_names_are_isolated_in_text_and_subject_and_by_elements_in_html(name: str) -> None:
    mail = mail_of(spoilt(EVERY_MAIL[name], "محمد علي"))
    text, html = form(mail, "plain"), form(mail, "html")
    assert len(str(mail["Subject"])) < 70
    title, _, body = html.partition("</title>")
    for line in (str(mail["Subject"]), *text.splitlines(), title):
        assert line.count(FSI) == line.count(PDI)
    assert re.search(f"Dag {FSI}(Anna|Sanne|Petra) محمد علي{PDI},", text)
    assert re.search("Dag <bdi>(Anna|Sanne|Petra) محمد علي</bdi>,", html)
    assert FSI not in body
    assert body.count("<bdi>") == body.count("</bdi>")
    for line in text.splitlines():  # what is not isolated stands alone on its line, or is a longer text's
        bare = re.sub(f"{FSI}[^{PDI}]*{PDI}", "", line)
        assert "محمد" not in bare or line.startswith(("Je werkt aan", "- water", "Dag ", "te ver", "Ik "))


def test_the_closing_moment_is_a_calendars_and_opens_nothing() -> None:
    mail = written(Kind.MATCH)
    (attached,) = mail.iter_attachments()
    assert attached.get_content_type() == "text/calendar"
    assert attached["Content-Type"].params["method"] == "PUBLISH"
    content = attached.get_content()
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar["method"] == "PUBLISH"
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    assert OPDRACHT.respond_by == event.DTEND
    assert event["summary"] == f"Reageren kan tot 09:00 uur: {OPDRACHT.title}"
    assert "http" not in content.replace("\r\n ", "")
    (alarm,) = calendar.walk("VALARM")
    assert OPDRACHT.title in str(alarm["description"])
    assert max(map(len, content.encode().splitlines())) <= 75


def entry(mail: EmailMessage) -> icalendar.Event:
    (attached,) = mail.iter_attachments()
    (event,) = icalendar.Calendar.from_ical(attached.get_content()).walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


def test_an_opdracht_has_one_calendar_entry_whose_sequence_rises_with_its_version() -> None:
    first = replace(an_opdracht(), version=1)
    later = replace(an_opdracht(respond_by=OPDRACHT.respond_by + timedelta(days=2)), version=4)
    told = entry(mail_of(a_sample(Kind.MATCH, the_match(assignment=first))))
    changed = entry(mail_of(a_sample(Kind.CHANGED, the_match(assignment=later))))
    assert told["uid"] == changed["uid"] == f"{first.assignment_id}@opdrachten.example.org"
    assert (told["sequence"], changed["sequence"]) == (0, 3)
    assert told.DTEND + timedelta(days=2) == changed.DTEND


def test_no_title_makes_parts_of_the_calendar() -> None:
    title = "BEGIN:VALARM en meer; ATTENDEE:a,b END:VEVENT"
    mail = mail_of(a_sample(Kind.MATCH, the_match(assignment=replace(an_opdracht(title=title), version=1))))
    (attached,) = mail.iter_attachments()
    calendar = icalendar.Calendar.from_ical(attached.get_content())
    assert [len(calendar.walk(part)) for part in ("VEVENT", "VALARM")] == [1, 1]
    assert str(entry(mail)["summary"]).endswith(title)


def test_a_change_while_the_recruiter_selects_brings_no_calendar_entry() -> None:
    assert list(mail_of(EVERY_MAIL["changed-while-selecting"]).iter_attachments()) == []


def test_the_message_of_a_rejection_takes_the_place_of_the_reasons_sentence() -> None:
    with_both = decided(Decision.REJECTED, message="Dank je wel.", reason_code=ReasonCode.TARIEF)
    text = form(mail_of(a_sample(Kind.REJECTED, the_match(decided=with_both))), "plain")
    assert "Dit schrijft Sanne de Wit:\n\nDank je wel.\n" in text
    assert "budget" not in text


@pytest.mark.parametrize("code", ReasonCode)
def test_a_rejection_names_only_what_one_can_work_on(code: ReasonCode) -> None:
    nothing = [item.model_copy(update={"points": 0.0}) for item in EXPLANATION]
    match = the_match(explanation=nothing, decided=decided(Decision.REJECTED, reason_code=code))
    text = form(mail_of(a_sample(Kind.REJECTED, match)), "plain")
    (told,) = re.findall(r"HIER KUN JE IETS MEE\n(.*)\n", text)
    assert (
        told == "Dit werd gevraagd en staat nog niet in je profiel: begrijpelijke taal en energietransitie."
    )
    words = re.sub(r"Gemeente Meppel|https://\S+", "", text)
    assert not re.search(r"km|€|niveau|ambitie|van de 100|gemeente", words)


def test_whoever_never_answered_is_not_told_that_they_did() -> None:
    match = the_match(decided=decided(Decision.INVITED))
    unanswered = Send(replace(a_sample(Kind.INVITED, match).notice, matches=(match,)), (match,), counts=False)
    assert "omdat deze opdracht bij je past." in form(mail_of(unanswered), "plain")
    answered = replace(match, answered=Answered(Answer.INTERESTED, None, NOW))
    assert "omdat je op deze opdracht reageerde." in form(mail_of(a_sample(Kind.INVITED, answered)), "plain")


@pytest.mark.parametrize("count", [1, 15, 16, 60, 61, 500])
@pytest.mark.parametrize("text", ["water", "&" * 300, "🌊" * 300, "è " * 200])
def test_a_digest_stays_under_100_kb_whatever_its_number(count: int, text: str) -> None:
    send = spoilt(a_digest(many(count)), text)
    raw = COMPOSER.write(send, NOW).content
    assert len(raw) < 100_000
    mail = read(COMPOSER.write(send, NOW))
    assert len(str(mail["Subject"])) < 70
    shown = form(mail, "plain")
    named = len(re.findall(r"/m/", shown))
    left = re.findall(r"En nog (\d+) opdracht", shown)
    assert named + sum(map(int, left)) == count
    if text == "water":
        assert named == min(count, MOST_IN_A_DIGEST)


def test_a_digest_names_shortly_what_it_does_not_show() -> None:
    mail = mail_of(a_digest(many(17)))
    text, html = form(mail, "plain"), form(mail, "html")
    assert text.count("Je score is") == html.count("Je score is") == 15
    assert "OOK DEZE OPDRACHTEN PASSEN BIJ JE" in text
    assert text.count("- Gemeente Meppel: Communicatieadviseur participatie energietransitie\n") == 2


@pytest.mark.parametrize(
    "title",
    ["Crisis in Coëvorden", "é" * 3000, "x" * 3000, "a " * 3000, "=?utf-8?q?x?=", "Een. Twee\u2028Drie"],
)
@pytest.mark.parametrize(
    "kind",
    sorted(set(Kind) - {Kind.EXPIRING, Kind.CONSENT, Kind.STAY, Kind.SILENCE, Kind.QUESTION} - OF_AN_ADDRESS),
)
def test_any_title_makes_a_subject_that_fits(kind: Kind, title: str) -> None:
    match = the_match(name=title, assignment=an_opdracht(title=title))
    raw = COMPOSER.write(a_sample(kind, match), NOW).content
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    subject = str(mail_of(a_sample(kind, match))["Subject"])
    assert len(subject) < 70
    assert subject.startswith("Gemeente Meppel")


def test_a_professionals_moments_are_those_of_the_opdracht() -> None:
    for kind in (Kind.MATCH, Kind.ANSWERED, Kind.DIGEST):
        assert nl.moment(OPDRACHT.respond_by) in form(written(kind), "plain")


def test_a_domain_beyond_ascii_is_written_as_it_was_checked() -> None:
    assert in_ascii("anna@example.org") == "anna@example.org"
    assert in_ascii("anna@coöperatie.nl") == "anna@xn--coperatie-17a.nl"
    assert in_ascii("anke@faß.example") == "anke@xn--fa-hia.example"  # not fass.example
    assert in_ascii("anke@ὀδυσσεύς.example") == "anke@xn--pxac3bcak3d8526a.example"
