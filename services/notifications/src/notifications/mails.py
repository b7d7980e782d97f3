"""Mails in Dutch, each as HTML and as text, from `templates/`."""

from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from notifications import mime
from notifications.calendars import closing_moment
from notifications.domain import dutch
from notifications.domain.notice import NEWS, Kind, Match, Recipient, verdict_on_match
from notifications.links import Links
from notifications.mime import Mail
from notifications.store.outgoing import Due

NEWS_SUBJECTS = {
    Kind.ANSWERED: "Je antwoord is binnen",
    Kind.NOMINATED: "Je bent voorgedragen",
    Kind.REJECTED: "Niet verder voor deze opdracht",
    Kind.CLOSED: "De opdracht is gesloten",
}
MISSED = 3  # criteria that a rejection names


def environment() -> Environment:
    """Return the templates, which know Dutch."""
    templates = Environment(
        loader=PackageLoader("notifications", "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["nl"] = dutch
    return templates


def ascii_address(address: str) -> str:
    """Write an address whose domain has letters beyond ASCII as every mail server takes it."""
    if address.isascii():
        return address
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.encode('idna').decode()}"


class Mails:
    """Writes mails."""

    def __init__(self, templates: Environment, links: Links, sender: str) -> None:
        self._templates = templates
        self._links = links
        self._from = formataddr(parseaddr(sender))
        self._sender = parseaddr(sender)[1]
        self._domain = self._sender.rpartition("@")[2]

    def write(self, due: Due, now: datetime) -> Mail:
        """Write the mail of a notice that is due."""
        if due.kind is Kind.SUMMARY:
            return self._summary(due, now)
        if due.kind is Kind.INTEREST:
            return self._interest(due, now)
        if due.kind is Kind.WARNING:
            return self._warning(due, now)
        assert due.recipient is not None
        if due.kind is Kind.DIGEST:
            return self._digest(due, due.recipient, now)
        (match,) = due.matches
        facts = match.opdracht.facts
        link = self._links.match(match.match_id)
        context = {"name": due.recipient.name, "match": match, "facts": facts, "link": link}
        if due.kind in NEWS:
            subject = f"{NEWS_SUBJECTS[due.kind]}: {facts.title}"
            closed_reason = match.opdracht.closed_reason
            context |= {"kind": due.kind, "closed_reason": closed_reason, "missed": _missed(match)}
            return self._mail(due, due.recipient.email, subject, "news", context, now)
        urgent = "Spoed: " if facts.urgency == "spoed" else ""
        subject = f"{urgent}{facts.title} bij {facts.organisation.name}"
        context |= {"interested": f"{link}?answer=interested", "declined": f"{link}?answer=declined"}
        context |= {"later": f"{link}?answer=later"}
        calendar = closing_moment(match.opdracht, self._domain, link, now)
        return self._mail(due, due.recipient.email, subject, "match", context, now, calendar)

    def _digest(self, due: Due, recipient: Recipient, now: datetime) -> Mail:
        told = [match for match in due.matches if verdict_on_match(match, recipient, now) is None]
        count = "1 opdracht" if len(told) == 1 else f"{len(told)} opdrachten"
        fits = "past" if len(told) == 1 else "passen"
        subject = f"{count} die bij je {fits}"
        context = {"name": recipient.name, "matches": told, "link": self._links.match}
        return self._mail(due, recipient.email, subject, "digest", context, now)

    def _summary(self, due: Due, now: datetime) -> Mail:
        assert due.opdracht is not None
        facts = due.opdracht.facts
        live = [match for match in due.matches if match.live]
        count = "1 nieuwe match" if len(live) == 1 else f"{len(live)} nieuwe matches"
        context = {
            "name": facts.recruiter.name,
            "count": count,
            "matches": live,
            "facts": facts,
            "link": self._links.assignment(due.opdracht.assignment_id),
        }
        return self._mail(due, facts.recruiter.email, f"{count} voor {facts.title}", "summary", context, now)

    def _interest(self, due: Due, now: datetime) -> Mail:
        (match,) = due.matches
        facts = match.opdracht.facts
        who = match.name or "Iemand"
        link = self._links.assignment(match.opdracht.assignment_id)
        context = {"name": facts.recruiter.name, "who": who, "match": match, "facts": facts, "link": link}
        subject = f"{who} heeft interesse: {facts.title}"
        return self._mail(due, facts.recruiter.email, subject, "interest", context, now)

    def _warning(self, due: Due, now: datetime) -> Mail:
        assert due.opdracht is not None
        facts = due.opdracht.facts
        link = self._links.assignment(due.opdracht.assignment_id)
        context = {"name": facts.recruiter.name, "facts": facts, "advice": due.advice, "link": link}
        subject = f"Nog geen interesse: {facts.title}"
        return self._mail(due, facts.recruiter.email, subject, "warning", context, now)

    def _mail(
        self,
        due: Due,
        to: str,
        subject: str,
        template: str,
        context: dict[str, Any],
        now: datetime,
        calendar: str | None = None,
    ) -> Mail:
        everything = {"subject": subject, **context}
        headers = {
            "From": self._from,
            "To": ascii_address(to),
            "Subject": subject,
            "Date": format_datetime(now),
            "Message-ID": f"<{due.notice_id}@{self._domain}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": "nl",
        }
        if due.opdracht is not None:  # all mails on one opdracht hang together
            headers["References"] = f"<{due.opdracht.assignment_id}@{self._domain}>"
        if due.profile_id is not None:
            unsubscribe = self._links.unsubscribe(due.profile_id)
            everything |= {"preferences": self._links.preferences(due.profile_id), "unsubscribe": unsubscribe}
            headers["List-Unsubscribe"] = f"<{unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        forms = [
            mime.text(subtype, self._templates.get_template(f"mail_{template}.{form}").render(everything))
            for form, subtype in (("txt", "plain"), ("html", "html"))
        ]
        body = mime.multipart("alternative", forms, due.notice_id.hex)
        if calendar is not None:
            attached = mime.text("calendar", calendar, "reageren-tot.ics")
            body = mime.multipart("mixed", [body, attached], due.notice_id.hex)
        return Mail(self._sender, headers["To"], mime.message(headers, body))


def _missed(match: Match) -> list[dict[str, Any]]:
    """Return the criteria that cost most points, the greatest loss first."""
    losses = [
        (float(str(item["max_points"])) - float(str(item["points"])), place)
        for place, item in enumerate(match.explanation)
    ]
    worst = [place for loss, place in sorted(losses, reverse=True)[:MISSED] if loss >= 1]
    return [match.explanation[place] for place in worst]
