"""Mails in Dutch, each as HTML and as text, from `templates/`. What a mail tells was decided before."""

from datetime import datetime
from email.utils import format_datetime, formataddr, parseaddr
from typing import Any

from contracts.values import mailing_address

from notifications.answers.links import Links
from notifications.domain.notice import NEWS, Due, Kind
from notifications.domain.outbound import Send
from notifications.mail import mime
from notifications.mail.calendar_file import closing_moment
from notifications.mail.mime import Mail
from notifications.rendering import environment
from notifications.words import nl_sentences

MISSED = 3  # criteria that a rejection names


def ascii_address(address: str) -> str:
    """Write an address whose domain has letters beyond ASCII as every mail server takes it.

    Doors store addresses in that form; others come from Kafka, or were stored before.
    """
    return address if address.isascii() else mailing_address(address)


class Composer:
    """Writes mails from `sender` (a name and an address) with links to our pages."""

    def __init__(self, links: Links, sender: str) -> None:
        self._templates = environment("notifications.mail")
        self._links = links
        self._from = formataddr(parseaddr(sender))
        self._sender = parseaddr(sender)[1]
        self._domain = self._sender.rpartition("@")[2]

    def write(self, send: Send, now: datetime) -> Mail:
        """Write the mail of a notice that goes out."""
        match send.notice.kind:
            case Kind.MATCH | Kind.LATER:
                return self._match(send, now)
            case Kind.DIGEST:
                return self._digest(send, now)
            case Kind.SUMMARY:
                return self._summary(send, now)
            case Kind.INTEREST:
                return self._interest(send, now)
            case Kind.WARNING:
                return self._warning(send, now)
            case kind:
                assert kind in NEWS
                return self._news(send, now)

    def _match(self, send: Send, now: datetime) -> Mail:
        (match,) = send.told
        facts = match.assignment.facts
        link = self._links.match(match.match_id)
        context = {
            "name": _name(send.notice),
            "match": match,
            "facts": facts,
            "interested": f"{link}?answer=interested",
            "declined": f"{link}?answer=declined",
            "later": f"{link}?answer=later",
        }
        calendar = closing_moment(match.assignment, self._domain, link, now)
        return self._mail(send.notice, nl_sentences.match_subject(facts), "match", context, now, calendar)

    def _digest(self, send: Send, now: datetime) -> Mail:
        context = {"name": _name(send.notice), "matches": send.told, "link": self._links.match}
        return self._mail(send.notice, nl_sentences.digest_subject(send.told), "digest", context, now)

    def _news(self, send: Send, now: datetime) -> Mail:
        (match,) = send.told
        facts = match.assignment.facts
        context = {
            "name": _name(send.notice),
            "match": match,
            "facts": facts,
            "link": self._links.match(match.match_id),
            "kind": send.notice.kind,
            "reason": match.decided and match.decided.reason,
            "closed_reason": match.assignment.closed_reason,
            "missed": match.greatest_losses(MISSED),
        }
        subject = nl_sentences.news_subject(send.notice.kind, facts)
        return self._mail(send.notice, subject, "news", context, now)

    def _summary(self, send: Send, now: datetime) -> Mail:
        context = {
            **self._to_recruiter(send.notice),
            "count": nl_sentences.new_matches(send.told),
            "matches": send.told,
        }
        subject = nl_sentences.summary_subject(send.told, context["facts"])
        return self._mail(send.notice, subject, "summary", context, now)

    def _interest(self, send: Send, now: datetime) -> Mail:
        (match,) = send.told
        context = {**self._to_recruiter(send.notice), "who": nl_sentences.who(match), "match": match}
        return self._mail(send.notice, nl_sentences.interest_subject(match), "interest", context, now)

    def _warning(self, send: Send, now: datetime) -> Mail:
        context = {**self._to_recruiter(send.notice), "no_interest": send.notice.no_interest}
        subject = nl_sentences.warning_subject(context["facts"])
        return self._mail(send.notice, subject, "warning", context, now)

    def _to_recruiter(self, notice: Due) -> dict[str, Any]:
        assert notice.assignment is not None
        facts = notice.assignment.facts
        link = self._links.assignment(notice.assignment.assignment_id)
        return {"name": facts.recruiter.name, "facts": facts, "link": link}

    def _mail(
        self,
        notice: Due,
        subject: str,
        template: str,
        context: dict[str, Any],
        now: datetime,
        calendar: str | None = None,
    ) -> Mail:
        assert notice.address is not None
        everything = {"subject": subject, **context}
        headers = {
            "From": self._from,
            "To": ascii_address(notice.address),
            "Subject": subject,
            "Date": format_datetime(now),
            "Message-ID": f"<{notice.notice_id}@{self._domain}>",
            "Auto-Submitted": "auto-generated",
            "Content-Language": "nl",
        }
        if notice.assignment is not None:  # all mails on one opdracht hang together
            headers["References"] = f"<{notice.assignment.assignment_id}@{self._domain}>"
        if notice.profile_id is not None:
            unsubscribe = self._links.unsubscribe(notice.profile_id)
            everything |= {
                "preferences": self._links.preferences(notice.profile_id),
                "unsubscribe": unsubscribe,
            }
            headers["List-Unsubscribe"] = f"<{unsubscribe}>"
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        forms = [
            mime.text(subtype, self._templates.get_template(f"{template}.{form}").render(everything))
            for form, subtype in (("txt", "plain"), ("html", "html"))
        ]
        body = mime.multipart("alternative", forms, notice.notice_id.hex)
        if calendar is not None:
            attached = mime.text("calendar", calendar, "reageren-tot.ics")
            body = mime.multipart("mixed", [body, attached], notice.notice_id.hex)
        return Mail(self._sender, headers["To"], mime.message(headers, body))


def _name(notice: Due) -> str:
    assert notice.recipient is not None
    return notice.recipient.name
