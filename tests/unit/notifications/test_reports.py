"""What comes back by mail, as mail servers, machines and people write it (`tests/support/returned`)."""

import asyncio
import threading
from pathlib import Path
from uuid import UUID

import pytest
from notifications import api
from notifications.domain.mail_id import MailId, MailIds
from notifications.domain.report import (
    Arrived,
    Automatic,
    Bounced,
    Complained,
    Delayed,
    Foreign,
    Reply,
    Returned,
    TooLarge,
    read,
)

SAMPLES = Path(__file__).parents[2] / "support/returned"
NOTICE = UUID("01a20f82-ba2f-7328-b1d8-d7908c7ee2af")
IDS = MailIds("a-secret-of-the-tests")
MAIL = MailId(NOTICE)
POST = "post@opdrachten.example.org"
DOMAIN = "opdrachten.example.org"


def came(sample: str, ids: MailIds = IDS, message_id: str | None = None) -> bytes:
    """Return a sample on our mail, sealed with `ids`, or with another Message-ID."""
    text = (SAMPLES / f"{sample}.eml").read_text()
    sealed = message_id or ids.message_id(NOTICE, DOMAIN)
    return (
        text.replace("{message_id}", sealed).replace("{return_path}", ids.return_path(NOTICE, POST)).encode()
    )


UNKNOWN = Bounced(MAIL, "5.1.1", lasting=True)
EXPECTED: dict[str, Returned] = {
    "postfix": UNKNOWN,
    "postfix-headers-alone": UNKNOWN,
    "postfix-smtputf8": UNKNOWN,
    "postfix-policy": Bounced(MAIL, "5.7.1", lasting=False),
    "postfix-delayed": Delayed(MAIL, "4.4.1"),
    "postfix-delivered": Arrived(),
    "gmail": UNKNOWN,
    "gmail-quota": Bounced(MAIL, "5.2.2", lasting=False),
    "exchange": Bounced(MAIL, "5.1.10", lasting=True),
    "exchange-without-the-mail": Bounced(MAIL, "5.2.1", lasting=True),
    "exim": Bounced(MAIL, "5.0.0", lasting=False),
    "exim-of-before": Bounced(MAIL, "5.0.0", lasting=False),
    "exim-of-before-without-the-mail": Bounced(MAIL, "5.0.0", lasting=False),
    "complaint": Complained(MAIL),
    "complaint-without-the-mail": Complained(MAIL),
    "exchange-away": Automatic(),
    "gmail-away": Automatic(),
    "sieve-away": Automatic(),
    "old-away": Automatic(),
    "read": Automatic(),
    "reply": Reply(),
    "reply-forwards-the-mail": Reply(),
}
BY_RETURN_PATH = {one for one in EXPECTED if "without-the-mail" in one}
ON_OURS = [one for one, what in EXPECTED.items() if isinstance(what, Bounced | Complained | Delayed)]


def test_every_sample_is_expected_to_be_something() -> None:
    assert {file.stem for file in SAMPLES.iterdir()} == EXPECTED.keys()


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("sample", EXPECTED)
def test_what_comes_back_is_told_apart(sample: str, line_end: bytes) -> None:
    assert read(came(sample).replace(b"\n", line_end), IDS) == EXPECTED[sample]


@pytest.mark.parametrize("sample", ON_OURS)
def test_a_report_with_a_seal_of_somebody_else_is_on_no_sealed_mail_of_ours(sample: str) -> None:
    what = read(came(sample, MailIds("a-secret-of-somebody-else")), IDS)
    if sample in BY_RETURN_PATH:
        assert what == Foreign()
    else:
        assert isinstance(what, Bounced | Complained | Delayed)
        assert what.mail == MailId(NOTICE, sealed=False)


@pytest.mark.parametrize("sample", sorted(set(ON_OURS) - BY_RETURN_PATH))
def test_a_mail_of_the_last_release_is_known_by_its_id_and_said_to_have_no_seal(sample: str) -> None:
    what = read(came(sample, message_id=f"<{NOTICE}@communicatiehuis.example>"), IDS)
    assert isinstance(what, Bounced | Complained | Delayed)
    assert what.mail == MailId(NOTICE, sealed=False)


@pytest.mark.parametrize("sample", sorted(set(ON_OURS) - BY_RETURN_PATH))
def test_a_report_on_somebody_elses_mail_is_foreign(sample: str) -> None:
    assert read(came(sample, message_id="<someone-elses@example.org>"), IDS) == Foreign()


def test_a_seal_survives_a_change_of_secret_and_of_letter_case() -> None:
    renewed = MailIds("a-secret-of-this-year,a-secret-of-the-tests")
    assert read(came("postfix"), renewed) == UNKNOWN
    for sample in ("postfix", "exchange-without-the-mail"):
        shouted = came(sample).replace(IDS.message_id(NOTICE, DOMAIN).encode(), b"<MESSAGE-ID>")
        shouted = shouted.replace(IDS.return_path(NOTICE, POST).encode(), b"<RETURN-PATH>")
        shouted = shouted.replace(b"<MESSAGE-ID>", IDS.message_id(NOTICE, DOMAIN).upper().encode())
        shouted = shouted.replace(b"<RETURN-PATH>", IDS.return_path(NOTICE, POST).upper().encode())
        assert read(shouted, IDS) == EXPECTED[sample]


def test_the_address_that_reports_go_to_says_which_mail_it_is_if_that_fits() -> None:
    path = IDS.return_path(NOTICE, POST)
    assert path.startswith("post+")
    assert path.endswith("@opdrachten.example.org")
    assert len(path.partition("@")[0]) <= 64
    assert IDS.in_return_paths(path) == MAIL
    assert IDS.return_path(NOTICE, f"{'p' * 30}@example.org") == f"{'p' * 30}@example.org"
    assert IDS.in_return_paths(path.replace("+", "+a")) is None
    assert IDS.in_return_paths(f"post+{'a' * 42}@example.org") is None


def test_a_message_id_begins_with_the_mails_id() -> None:
    assert IDS.message_id(NOTICE, "example.org").startswith(f"<{NOTICE}@")


@pytest.mark.parametrize(
    ("status", "lasting"),
    [
        ("5.1.1", True),
        ("5.1.10", True),
        ("5.2.1", True),
        ("5.1.7", False),  # our own address is meant
        ("5.1.8", False),
        ("5.2.2", False),
        ("5.3.4", False),
        ("5.4.6", False),
        ("5.7.1", False),
        ("5.7.26", False),
        ("5.0.0", False),
        ("4.1.1", False),
        ("4.4.7", False),
    ],
)
def test_only_what_is_said_of_the_mailbox_ends_it(status: str, lasting: bool) -> None:
    report = came("postfix").replace(b"Status: 5.1.1", f"Status: {status} (words)".encode())
    assert read(report, IDS) == Bounced(MAIL, status, lasting)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00 no mail at all",
        b"Subject: hallo\n\n",
        came("postfix").replace(b"message/delivery-status", b"text/plain"),
        came("postfix").replace(b"Action: failed", b"Action: dreamed"),
    ],
)
def test_what_says_nothing_is_foreign(content: bytes) -> None:
    assert read(content, IDS) == Foreign()


HOSTILE = {
    "a type with 150,000 parameters": b"Content-Type: multipart/report" + b"; a=b" * 150_000 + b"\n\nx",
    "the same, folded": b"Content-Type: multipart/report;\n" + b" a=b;\n" * 15_000 + b" c=d\n\nx",
    "the same, by carriage returns": b"X: y\rContent-Type: multipart/report;\r"
    + b" a=b;\r" * 15_000
    + b"\r\rx",
    "parts in parts": b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (level, level) for level in range(3_000)
    ),
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 3_000,
    "digests in digests": b'Content-Type: multipart/digest; boundary="x"\n\n--x\n\n' * 3_000,
    "a hundred thousand headers": b"X: y\n" * 100_000,
    "a hundred thousand blocks": b"Content-Type: message/delivery-status\n\n"
    + b"Action: failed\n\n" * 100_000,
}
UNREADABLE = {
    "an id that is none": came("postfix", message_id=f"<{'-' * 36}@x>"),
    "a seal that is none": came("postfix", message_id=f"<{'-' * 36}@{'ß' * 16}.x>"),
    "bytes of no charset": bytes(range(256)) * 100,
    "a charset that is none": b"Content-Type: multipart/report; report-type*=no''%00; boundary*=x''%ff\n\nx",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_larger_or_deeper_than_a_report_is_not_read(content: bytes) -> None:
    assert read(content, IDS) == TooLarge()


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_foreign(content: bytes) -> None:
    assert read(content, IDS) == Foreign()


def test_a_report_that_returns_a_mail_of_many_lines_is_read() -> None:
    lines = b"\n".join([b"QUJD" * 19] * 13_000)
    assert read(came("postfix").replace(b"Dag Anna,", lines), IDS) == UNKNOWN


async def test_reading_takes_a_thread_beside_everything_else_and_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given_up = threading.Event()

    def endless(_content: bytes, _ids: MailIds) -> Returned:
        given_up.wait(30)
        return Reply()

    monkeypatch.setattr(api, "read_report", endless)
    monkeypatch.setattr(api, "REPORT_SECONDS", 0.01)
    reading = asyncio.create_task(api._told(b"", IDS))
    await asyncio.sleep(0)  # everything else goes on
    assert await reading == TooLarge()
    given_up.set()
