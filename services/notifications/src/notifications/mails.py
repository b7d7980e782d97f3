"""Mails in Dutch, each as HTML and as text, from `templates/`."""

from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from notifications.calendars import closing_moment
from notifications.domain import dutch
from notifications.domain.notice import NEWS, Kind, Match, Recipient, verdict_on_match
from notifications.links import Links
from notifications.store.notices import Due

# A signed link is longer than 78 characters; folded, Python would write it as encoded words, which no mail
# client takes for a link. 998 is what RFC 5322 allows.
LONG_LINES = policy.SMTP.clone(max_line_length=998)
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
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["nl"] = dutch
    return templates


def ascii_address(address: str) -> str:
    """Write an address whose domain has letters beyond ASCII as every mail server takes it."""
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.encode('idna').decode()}"


class Mails:
    """Writes mails."""

    def __init__(self, templates: Environment, links: Links, sender: str) -> None:
        self._templates = templates
        self._links = links
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]

    def write(self, due: Due, now: datetime) -> EmailMessage:
        """Write the mail of a notice that is due."""
        if due.kind is Kind.SUMMARY:
            return self._summary(due, now)
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
        mail = self._mail(due, due.recipient.email, subject, "match", context, now)
        calendar = closing_moment(match, self._domain, link, now)
        mail.add_attachment(calendar, maintype="text", subtype="calendar", filename="reageren-tot.ics")
        return mail

    def _digest(self, due: Due, recipient: Recipient, now: datetime) -> EmailMessage:
        told = [match for match in due.matches if verdict_on_match(match, recipient, now) is None]
        count = "1 opdracht" if len(told) == 1 else f"{len(told)} opdrachten"
        fits = "past" if len(told) == 1 else "passen"
        subject = f"{count} die bij je {fits}"
        context = {"name": recipient.name, "matches": told, "link": self._links.match}
        return self._mail(due, recipient.email, subject, "digest", context, now)

    def _summary(self, due: Due, now: datetime) -> EmailMessage:
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

    def _mail(
        self, due: Due, to: str, subject: str, template: str, context: dict[str, Any], now: datetime
    ) -> EmailMessage:
        everything = {"subject": subject, **context}
        if due.profile_id is not None:
            unsubscribe = self._links.unsubscribe(due.profile_id)
            everything |= {"preferences": self._links.preferences(due.profile_id), "unsubscribe": unsubscribe}
        mail = EmailMessage(LONG_LINES)
        mail["From"] = self._sender
        mail["To"] = ascii_address(to)
        mail["Subject"] = subject
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{due.notice_id}@{self._domain}>"
        if due.opdracht is not None:  # all mails on one opdracht hang together
            mail["References"] = f"<{due.opdracht.assignment_id}@{self._domain}>"
        if due.profile_id is not None:
            mail["List-Unsubscribe"] = f"<{unsubscribe}>"
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = "nl"
        mail.set_content(self._templates.get_template(f"mail_{template}.txt").render(everything))
        mail.add_alternative(
            self._templates.get_template(f"mail_{template}.html").render(everything), subtype="html"
        )
        return mail


def _missed(match: Match) -> list[dict[str, Any]]:
    """Return the criteria that cost most points, the greatest loss first."""
    losses = [
        (float(str(item["max_points"])) - float(str(item["points"])), place)
        for place, item in enumerate(match.explanation)
    ]
    worst = [place for loss, place in sorted(losses, reverse=True)[:MISSED] if loss >= 1]
    return [match.explanation[place] for place in worst]
