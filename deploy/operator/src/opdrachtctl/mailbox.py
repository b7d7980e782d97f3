"""The mailbox that the probe's mail comes to: by IMAP (RFC 9051), or the one-machine stack's mail catcher."""

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import httpx

SECONDS = 10.0
IMAP_PORT, IMAPS_PORT = 143, 993


class MailboxFailed(Exception):
    """The mailbox does not answer, or not as it should."""


class Mailbox(Protocol):
    """A mailbox that nobody else writes to or reads."""

    def take(self, words: str) -> bool:
        """Tell whether a mail is there with these words (ASCII, no quotes) in its subject, and delete it."""
        ...


def open_mailbox(url: str, password: str) -> AbstractContextManager[Mailbox]:
    """Open the mailbox at a URL, as the settings have it; raises MailboxFailed."""
    return _imap(url, password) if url.startswith("imap") else _caught(url)


@contextmanager
def _imap(url: str, password: str) -> Iterator[Mailbox]:
    parts = urlsplit(url)
    host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
    try:
        if parts.scheme == "imaps":
            server: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                host,
                parts.port or IMAPS_PORT,
                ssl_context=ssl.create_default_context(),
                timeout=SECONDS,
            )
        else:
            server = imaplib.IMAP4(host, parts.port or IMAP_PORT, timeout=SECONDS)
        with server:  # logs out
            server.login(unquote(parts.username or ""), password)
            _done(server.select(f'"{folder}"'))
            yield _Imap(server)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxFailed(f"IMAP: {type(error).__name__}") from error


class _Imap:
    def __init__(self, server: imaplib.IMAP4) -> None:
        self._server = server

    def take(self, words: str) -> bool:
        """Tell whether a mail is there with these words in its subject, and delete it."""
        _done(self._server.noop())  # what came since is found
        (found,) = _done(self._server.uid("SEARCH", "SUBJECT", f'"{words}"'))
        numbers = re.findall(rb"\d+", found or b"")
        for number in numbers:
            _done(self._server.uid("STORE", number.decode(), "+FLAGS.SILENT", r"(\Deleted)"))
        if numbers:
            _done(self._server.expunge())
        return bool(numbers)


def _done(answer: tuple[str, list[Any]]) -> list[Any]:
    status, content = answer
    if status != "OK":
        raise MailboxFailed(f"IMAP: {status}")
    return content


@contextmanager
def _caught(url: str) -> Iterator[Mailbox]:
    with httpx.Client(base_url=url, timeout=SECONDS) as http:
        try:
            yield _Caught(http)
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise MailboxFailed(f"the mail catcher: {type(error).__name__}") from error


class _Caught:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def take(self, words: str) -> bool:
        """Tell whether a mail is there with these words in its subject, and delete it."""
        answer = self._http.get("/api/messages/").raise_for_status().json()
        found = [one["id"] for one in answer["data"] if words in (one["subject"] or "")]
        for number in found:
            self._http.delete(f"/api/messages/{number}").raise_for_status()
        return bool(found)
