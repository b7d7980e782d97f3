"""Mails in Dutch, each as HTML and as text, from `templates/`. What a mail tells was decided before."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime, parseaddr
from functools import partial
from typing import Any
from uuid import UUID

from contracts.facts import Recruiter
from words import criteria, nl
from words.legible import short

from notifications.answers.links import Links, Purpose
from notifications.domain import clock, guidance
from notifications.domain.address import in_ascii
from notifications.domain.mail_id import MailIds
from notifications.domain.match import Assignment, Match
from notifications.domain.notice import (
    CHECK_INS,
    GUIDANCE,
    MOST_IN_A_DIGEST,
    NEWS,
    OF_A_MATCH,
    OF_A_PLACEMENT,
    TO_RECRUITERS,
    Asker,
    Body,
    Due,
    Kind,
)
from notifications.domain.outbound import Send
from notifications.domain.staying import day_told
from notifications.mail import calendar_file, mime
from notifications.mail.mime import Mail, Mailbox
from notifications.rendering import environment
from notifications.store.sign_in_links import ToMail
from notifications.words import guidance as guidance_words
from notifications.words import subjects, to_professionals

PLATFORM = "Opdrachten"
LONGEST_NAME = 80  # of whom a mail is to be answered to
WITH_CALENDAR = OF_A_MATCH | {Kind.CHANGED}

# Mail clients cut off what is longer than 102 KB. How many matches a digest shows in full, and how many more
# it only names: the first of these that fits is taken.
DIGEST_BYTES = 95_000
DIGEST_SIZES = ((15, MOST_IN_A_DIGEST - 15), (10, 20), (5, 5), (1, 0))


class Composer:
    """Writes mails from `sender` (a name and an address) with links to our pages. `verp`: whether the
    envelope's sender says which mail it is; `desk_url`: where people sign in."""

    def __init__(
        self, links: Links, ids: MailIds, sender: str, *, verp: bool = True, desk_url: str = ""
    ) -> None:
        self._desk_url = desk_url
        self._templates = environment("notifications.mail")
        self._links = links
        self._ids = ids
        self._verp = verp
        self._from = Mailbox(*parseaddr(sender))
        self._domain = self._from.address.rpartition("@")[2]

    def write(self, send: Send, now: datetime) -> Mail:
        """Write the mail of a notice that goes out."""
        kind = Kind.MATCH if send.notice.kind is Kind.LATER else send.notice.kind
        assignment, recruiter = send.notice.assignment, _answered_by(send)
        subject, what = self._told(send, now)
        context = {
            "subject": subject,
            "platform": self._from.name or PLATFORM,
            "recruiter": recruiter,
            **self._reader(send),
            **what,
        }
        template = _template(kind, send.notice)
        text, html = (
            self._digest(send.told, context) if kind is Kind.DIGEST else self._forms(template, context)
        )
        forms = [mime.text("plain", text), mime.text("html", html)]
        body = mime.multipart("alternative", forms, send.notice.notice_id.hex)
        if kind in WITH_CALENDAR and assignment is not None and assignment.is_answerable(now):
            entry = calendar_file.closing_moment(assignment, self._domain, now)
            attached = mime.calendar(calendar_file.METHOD, entry, calendar_file.FILENAME)
            body = mime.multipart("mixed", [body, attached], send.notice.notice_id.hex)
        assert send.notice.address is not None
        at_work = send.notice.at_work
        if (
            kind is Kind.AGREED
            and assignment is not None
            and at_work is not None
            and at_work.terms.starts_on >= clock.today(now)
        ):
            entry = calendar_file.first_day(at_work.terms, assignment, self._domain, now)
            attached = mime.calendar(calendar_file.METHOD, entry, calendar_file.FIRST_DAY)
            body = mime.multipart("mixed", [body, attached], send.notice.notice_id.hex)
        to = in_ascii(send.notice.address)
        headers = self._headers(send, to, subject, now)
        if recruiter is not None:
            name = short(recruiter.name, LONGEST_NAME)
            headers["Reply-To"] = Mailbox(name, in_ascii(recruiter.email))
        if "unsubscribe" in context:
            headers["List-Unsubscribe"] = f"<{context['unsubscribe']}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        asker = _asker(send)
        if asker is not None:
            headers["Reply-To"] = Mailbox(short(asker.name, LONGEST_NAME), in_ascii(asker.email))
        # what colleagues ask each other is shown to nobody else
        kept = Body(subject, self._links.without_tokens(text), self._links.without_tokens(html))
        sender = self._from.address
        if self._verp:
            sender = self._ids.return_path(send.message_id, sender)
        return Mail(sender, to, mime.message(headers, body), kept if asker is None else None)

    def sign_in(self, link: ToMail, now: datetime) -> Mail:
        """Write the mail with a link to sign in or register with, or to show that an address is one's own.
        Nothing of it is kept."""
        template, subject = "sign_in", subjects.sign_in(is_known=link.name is not None)
        what = {"name": link.name, "link": self._links.sign_in(self._desk_url, link.link_id)}
        if link.is_of_an_address:  # nobody is greeted at an address that may be anybody's
            template, subject = "new_address", subjects.new_address(is_taken=link.is_taken)
            page = None if link.is_taken else self._links.address(self._desk_url, link.link_id)
            what = {"name": None, "link": page}
        context = {"subject": subject, "platform": self._from.name or PLATFORM, "recruiter": None, **what}
        text, html = self._forms(template, context)
        forms = [mime.text("plain", text), mime.text("html", html)]
        headers = self._said(link.link_id, link.address, subject, now)
        body = mime.multipart("alternative", forms, link.link_id.hex)
        return Mail(self._from.address, link.address, mime.message(headers, body))

    def _forms(self, template: str, context: dict[str, Any]) -> tuple[str, str]:
        """Return a mail as text and as HTML."""
        text, html = (self._templates.get_template(f"{template}.{form}") for form in ("txt", "html"))
        return text.render(context), html.render(context)

    def _digest(self, matches: Sequence[Match], context: dict[str, Any]) -> tuple[str, str]:
        for in_full, named in DIGEST_SIZES:
            shown = {
                "matches": matches[:in_full],
                "named": matches[in_full : in_full + named],
                "left": max(0, len(matches) - in_full - named),
            }
            forms = self._forms(Kind.DIGEST, context | shown)
            if sum(len(mime.text("html", form)) for form in forms) <= DIGEST_BYTES:
                break
        return forms

    def _told(self, send: Send, now: datetime) -> tuple[str, dict[str, Any]]:
        """Return the subject of a mail, and what its template needs besides what all need."""
        match send.notice.kind:
            case Kind.MATCH | Kind.LATER:
                explained = _explained(send.told[0], to_you=True)
                return subjects.match(send.told[0].assignment.facts), self._of_a_match(send, now) | explained
            case Kind.DIGEST:
                return subjects.digest(send.told), {"link": partial(self._match_link, send)}
            case Kind.MOVED | Kind.LEFT:
                not_me = self._links.write(Purpose.NOT_ME, send.notice.notice_id)
                return subjects.address(send.notice.kind), {"not_me": not_me}
            case Kind.SUMMARY:
                return subjects.summary(send.told), self._summary(send)
            case Kind.INTEREST:
                explained = _explained(send.told[0], to_you=False)
                return subjects.interest(send.told[0]), self._of_an_assignment(send) | explained
            case Kind.RETREAT:
                return subjects.retreat(send.told[0]), self._of_an_assignment(send)
            case Kind.WARNING:
                what = self._of_an_assignment(send)
                return subjects.warning(what["facts"]), what | {"no_interest": send.notice.no_interest}
            case Kind.EXPIRING:
                assert send.notice.expires_at is not None
                what = self._of_an_assignment(send) | {"expires_at": send.notice.expires_at}
                return subjects.expiring(what["facts"], send.notice.expires_at), what
            case Kind.CONSENT | Kind.STAY:
                return self._asking(send, now)
            case kind if kind in GUIDANCE:
                return self._guidance(send, now)
            case Kind.QUESTION:
                asker = _asker(send)
                assert send.notice.question is not None
                assert asker is not None
                what = {"asker": asker, "question": send.notice.question.text}
                return subjects.question(asker.name), what
            case kind:
                assert kind in NEWS
                return subjects.news(kind, send.told[0]), self._of_a_match(send, now)

    def _of_a_match(self, send: Send, now: datetime) -> dict[str, Any]:
        (match,) = send.told
        facts = match.assignment.facts
        return {
            "match": match,
            "facts": facts,
            "link": self._match_link(send, match.match_id),
            "answerable": match.assignment.is_answerable(now),
            "changes": to_professionals.changed(facts, send.notice.changes) if send.notice.changes else [],
            "corrects": send.notice.corrects,
        }

    def _match_link(self, send: Send, match_id: UUID) -> str:
        assert send.notice.recipient is not None
        return self._links.write(Purpose.MATCH, match_id, send.notice.recipient.links_from)

    def _asking(self, send: Send, now: datetime) -> tuple[str, dict[str, Any]]:
        notice = send.notice
        assert notice.profile_id is not None
        assert notice.recipient is not None
        link = self._links.write(Purpose.CONFIRM, notice.profile_id, notice.recipient.links_from)
        if notice.kind is Kind.CONSENT:
            return subjects.CONSENT, {"link": link}
        assert notice.erased_on is not None
        day = day_told(notice.erased_on, now)
        what = {"since": notice.silent_since, "day": day, "last_day": day - timedelta(days=1), "link": link}
        return subjects.STAY, what

    def _guidance(self, send: Send, now: datetime) -> tuple[str, dict[str, Any]]:
        kind = send.notice.kind
        if kind is Kind.SILENCE:
            levers = guidance_words.levers(send.notice.levers)
            return subjects.SILENCE, {"levers": levers, "link": self._desk("loopbaan")}
        what = self._at_work(send)
        if _is_off(send.notice):
            what["began"] = what["terms"].starts_on < clock.today(now)
            return subjects.work_off(what["facts"], began=what["began"]), what
        if kind is Kind.AGREED and what["changed"]:
            return subjects.work_changed(what["facts"]), what
        if kind in OF_A_PLACEMENT:
            return subjects.work(kind, what["facts"]), what
        subject = subjects.to_a_recruiter_of_work(kind, what["facts"], what["who"])
        return subject, self._of_an_assignment(send) | what

    def _at_work(self, send: Send) -> dict[str, Any]:
        notice = send.notice
        assert notice.at_work is not None
        assert notice.assignment is not None
        what = {
            "kind": notice.kind,
            "facts": notice.assignment.facts,
            "terms": notice.at_work.terms,
            "changed": notice.at_work.changed,
            "rows": guidance_words.rows(notice.at_work.terms),
            "who": notice.at_work.name,
            "who_email": notice.at_work.email,
            "sentence": notice.at_work.sentence,
            "career": self._desk("loopbaan"),
            "profile": self._desk("profiel"),
        }
        if notice.recipient is None:
            return what
        link = self._links.write(Purpose.CHECK_IN, notice.notice_id, notice.recipient.links_from)
        return what | {"check_in": link, "coach": notice.at_work.coach}

    def _desk(self, page: str) -> str:
        """Return one of a professional's own pages at the desk."""
        return f"{self._desk_url.rstrip('/')}/mijn/{page}"

    def _of_an_assignment(self, send: Send) -> dict[str, Any]:
        assert send.notice.assignment is not None
        return {
            "match": send.told[0] if send.told else None,
            "matches": send.told,
            "facts": send.notice.assignment.facts,
            "counts": send.notice.counts.get(send.notice.assignment.assignment_id),
            "link": self._links.assignment(send.notice.assignment.assignment_id),
        }

    def _summary(self, send: Send) -> dict[str, Any]:
        found: dict[UUID, tuple[Assignment, list[Match]]] = {}
        for match in send.told:
            found.setdefault(match.assignment.assignment_id, (match.assignment, []))[1].append(match)
        groups = [
            (
                assignment.facts,
                matches,
                send.notice.counts.get(assignment_id),
                self._links.assignment(assignment_id),
            )
            for assignment_id, (assignment, matches) in found.items()
        ]
        return {"count": len(send.told), "groups": groups}

    def _reader(self, send: Send) -> dict[str, Any]:
        """Return whom a mail speaks to, and how they end such mails."""
        notice = send.notice
        if notice.kind in TO_RECRUITERS:
            assert notice.recruiter is not None
            coach = notice.at_work.coach if notice.kind is Kind.TALK and notice.at_work else None
            return {"name": (coach or notice.recruiter).name}
        assert notice.recipient is not None
        assert notice.profile_id is not None
        name = notice.recipient.called or notice.recipient.name
        if notice.kind is Kind.LEFT:  # whoever reads the former address chooses nothing
            return {"name": name}
        whose = (notice.profile_id, notice.recipient.links_from)
        ends = "?news=end" * (notice.kind in NEWS | OF_A_PLACEMENT)
        return {
            "name": name,
            "preferences": self._links.write(Purpose.PREFERENCES, *whose),
            "unsubscribe": self._links.write(Purpose.UNSUBSCRIBE, *whose) + ends,
            "is_news": notice.kind in NEWS,
            "is_at_work": notice.kind in OF_A_PLACEMENT,
            "is_off": _is_off(notice),
            "privacy": self._links.privacy,
        }

    def _headers(self, send: Send, to: str, subject: str, now: datetime) -> dict[str, str | Mailbox]:
        headers = self._said(send.message_id, to, subject, now)
        assignment = send.notice.assignment
        if assignment is not None:  # all mails on one opdracht hang together
            headers["References"] = f"<{assignment.assignment_id}@{self._domain}>"
        return headers

    def _said(self, mail_id: UUID, to: str, subject: str, now: datetime) -> dict[str, str | Mailbox]:
        """Return the headers of every mail."""
        return {
            "From": self._from,
            "To": to,
            "Subject": subject,
            "Date": format_datetime(now),
            "Message-ID": self._ids.message_id(mail_id, self._domain),
            "Auto-Submitted": "auto-generated",
            "Content-Language": "nl",
        }


def _is_off(notice: Due) -> bool:
    """Tell whether a mail says that somebody's work is off."""
    at_work = notice.at_work
    return notice.kind is Kind.ENDED and at_work is not None and guidance.is_cancelled(at_work.terms)


def _template(kind: Kind, notice: Due) -> str:
    """Return the name of the template of a notice whose mail reads as one of this kind."""
    if kind in CHECK_INS:
        return "check_in"
    return "off" if _is_off(notice) else kind


def _asker(send: Send) -> Asker | None:
    return None if send.notice.question is None else send.notice.question.asker


def _explained(match: Match, *, to_you: bool) -> dict[str, Any]:
    fits, minds = criteria.fits, criteria.minds
    rows = nl.fact_rows(match.assignment.facts)
    return {
        "rows": rows,
        "fits": fits(match.explanation, to_you=to_you),
        "minds": minds(match.explanation, to_you=to_you),
    }


def _answered_by(send: Send) -> Recruiter | None:
    """Return who reads what a professional answers to a mail; None where it is on opdrachten of several."""
    if send.notice.kind in TO_RECRUITERS:
        return None
    if send.notice.kind in OF_A_PLACEMENT:
        return send.notice.recruiter
    recruiters = [match.assignment.facts.recruiter for match in send.told]
    same = len({recruiter.email for recruiter in recruiters}) == 1
    return recruiters[0] if same else None
