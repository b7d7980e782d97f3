"""The probe finds its mail by IMAP, and deletes it there."""

import re
import socketserver
import threading
from collections.abc import Iterator

import pytest
from opdrachtctl.mailbox import MailboxFailed, open_mailbox
from opdrachtctl.probe_settings import ProbeSettings
from pydantic import ValidationError

GIVEN = {
    "profiles_url": "http://profiles",
    "assignments_url": "http://assignments",
    "matching_url": "http://matching",
    "probe_address": "proef@example.org",
    "probe_mailbox": "imaps://proef%40example.org@mail.example.org",
    "probe_token_url": "https://login.example.org/token",
}


class Imap(socketserver.ThreadingTCPServer):
    """As much of an IMAP server (RFC 9051) as the probe uses; `mails`: subjects by their UIDs."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mails: dict[str, str] = {}
        self.deleted: set[str] = set()
        self.said: list[str] = []


class Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Imap)
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, _, command = line.decode().rstrip().partition(" ")
            self.server.said.append(command)
            status = "OK"
            for answer in self.answers(self.server, command):
                if answer == "NO":
                    status = "NO"
                else:
                    self.wfile.write(f"* {answer}\r\n".encode())
            self.wfile.write(f"{tag} {status} done\r\n".encode())

    def answers(self, imap: Imap, command: str) -> Iterator[str]:
        if command == "CAPABILITY":
            yield "CAPABILITY IMAP4rev1"
        elif command.startswith("LOGIN"):
            if command.replace('"', "") != "LOGIN proef@example.org right":
                yield "NO"
        elif command.startswith("SELECT"):
            yield f"{len(imap.mails)} EXISTS"
        elif found := re.fullmatch(r'UID SEARCH SUBJECT "(.*)"', command):
            numbers = [number for number, subject in imap.mails.items() if found[1] in subject]
            yield " ".join(["SEARCH", *numbers])
        elif found := re.fullmatch(r"UID STORE (\d+) \+FLAGS\.SILENT \(\\Deleted\)", command):
            imap.deleted.add(found[1])
        elif command == "EXPUNGE":
            for number in imap.deleted:
                del imap.mails[number]
            imap.deleted.clear()


@pytest.fixture
def imap() -> Iterator[Imap]:
    with Imap() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def address(imap: Imap) -> str:
    return f"imap://proef%40example.org@127.0.0.1:{imap.server_address[1]}/Proeven"


def test_the_mail_with_the_words_is_taken_and_no_other(imap: Imap) -> None:
    imap.mails = {"7": "Proef van het platform, spoed: Proef abc", "8": "Proef van het platform: Proef def"}
    with open_mailbox(address(imap), "right") as mailbox:
        assert not mailbox.take("nothing")
        assert mailbox.take("abc")
        assert not mailbox.take("abc")
    assert imap.mails == {"8": "Proef van het platform: Proef def"}
    assert 'SELECT "Proeven"' in imap.said


def test_a_mailbox_that_lets_nobody_in_or_is_not_there_fails_without_its_password(imap: Imap) -> None:
    with pytest.raises(MailboxFailed) as refused, open_mailbox(address(imap), "wrong"):
        pass
    assert "wrong" not in str(refused.value)
    with pytest.raises(MailboxFailed), open_mailbox("imap://proef@127.0.0.1:9", "right"):
        pass


@pytest.mark.parametrize(
    "changed",
    [
        {"probe_mailbox": "imap://proef@mail.example.org"},
        {"probe_mailbox": "https:///"},
        {"probe_mailbox": "pop3s://mail.example.org"},
        {"probe_token_url": "http://login.example.org/token"},
        {"probe_token_url": None},
        {"probe_token": "beside an address to get one"},
    ],
)
def test_what_is_outside_is_reached_by_tls_and_a_token_is_had_in_one_way(changed: dict[str, str]) -> None:
    assert ProbeSettings(**GIVEN)  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        ProbeSettings(**GIVEN | changed)  # type: ignore[arg-type]
