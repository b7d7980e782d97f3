"""Mails in Dutch, each as HTML and as text, from `templates/`."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from notifications.domain import dutch
from notifications.domain.notice import Kind
from notifications.links import Links
from notifications.store.notices import Due


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
        match = due.matches[0]
        assert due.recipient is not None
        urgent = "Spoed: " if due.facts.urgency == "spoed" else ""
        subject = f"{urgent}{due.facts.title} bij {due.facts.organisation.name}"
        context = {
            "name": due.recipient.name,
            "match": match,
            "link": self._links.match(match.match_id),
            "interested": f"{self._links.match(match.match_id)}?answer=interested",
            "declined": f"{self._links.match(match.match_id)}?answer=declined",
        }
        return self._mail(due, due.recipient.email, subject, "match", context, now)

    def _summary(self, due: Due, now: datetime) -> EmailMessage:
        live = [match for match in due.matches if match.live]
        count = "1 nieuwe match" if len(live) == 1 else f"{len(live)} nieuwe matches"
        context = {
            "name": due.facts.recruiter.name,
            "count": count,
            "matches": live,
            "link": self._links.assignment(due.assignment_id),
        }
        subject = f"{count} voor {due.facts.title}"
        return self._mail(due, due.facts.recruiter.email, subject, "summary", context, now)

    def _mail(
        self, due: Due, to: str, subject: str, template: str, context: dict[str, Any], now: datetime
    ) -> EmailMessage:
        everything = {"facts": due.facts, "subject": subject, **context}
        mail = EmailMessage()
        mail["From"] = self._sender
        mail["To"] = ascii_address(to)
        mail["Subject"] = subject
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = f"<{due.notice_id}@{self._domain}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["Content-Language"] = "nl"
        mail.set_content(self._templates.get_template(f"mail_{template}.txt").render(everything))
        mail.add_alternative(
            self._templates.get_template(f"mail_{template}.html").render(everything), subtype="html"
        )
        return mail
