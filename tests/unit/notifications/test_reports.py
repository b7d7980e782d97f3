"""What mail servers send back, as they write it."""

from uuid import UUID

import pytest
from notifications.domain.notice import Ending, NoticeState
from notifications.domain.report import Report, read

NOTICE = UUID("01a20f82-ba2f-7328-b1d8-d7908c7ee2af")
MAIL = f"Message-ID: <{NOTICE}@opdrachten.example.org>\nSubject: Adviseur\n"


def bounce(action: str, status: str, *, returned: str = "message/rfc822", mail: str = MAIL) -> bytes:
    return f"""\
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
Message-Id: <20261125011500.4ABC@mx.example.org>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
Arrival-Date: Wed, 25 Nov 2026 01:15:00 +0100

Final-Recipient: rfc822; weg@example.org
Original-Recipient: rfc822;weg@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <weg@example.org>: user unknown

--x
Content-Type: {returned}

{mail}
Hallo
--x--
""".encode()


COMPLAINT = f"""\
From: <feedback@provider.example>
Message-ID: <complaint-1@provider.example>
Content-Type: multipart/report; report-type=feedback-report; boundary="x"

--x
Content-Type: text/plain

This is an email abuse report.

--x
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1

--x
Content-Type: message/rfc822

{MAIL}
Hallo
--x--
""".encode()


@pytest.mark.parametrize("returned", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
def test_a_mail_that_came_back_is_known_by_its_id(returned: str) -> None:
    report = read(bounce("failed", "5.1.1", returned=returned))
    assert report == Report(NOTICE, Ending(NoticeState.BOUNCED, "the mail came back: 5.1.1"), lasting=True)


def test_one_that_was_tried_too_long_says_nothing_on_the_address() -> None:
    report = read(bounce("failed", "4.4.7 (delivery time expired)"))
    assert report == Report(NOTICE, Ending(NoticeState.BOUNCED, "the mail came back: 4.4.7"), lasting=False)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
def test_a_delay_or_a_delivery_changes_nothing(action: str) -> None:
    assert read(bounce(action, "4.4.1")) is None


def test_a_complaint_is_known_by_the_mails_id() -> None:
    report = read(COMPLAINT)
    assert report is not None
    assert (report.message_id, report.ending.state, report.lasting) == (NOTICE, NoticeState.COMPLAINED, True)


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
    ],
)
def test_only_what_is_said_of_the_mailbox_ends_it(status: str, lasting: bool) -> None:
    report = read(bounce("failed", status))
    assert report == Report(
        NOTICE, Ending(NoticeState.BOUNCED, f"the mail came back: {status}"), lasting=lasting
    )


@pytest.mark.parametrize("returned", ["message/global", "message/global-headers"])
def test_a_report_in_unicode_is_read_alike(returned: str) -> None:
    """RFC 6533."""
    content = bounce("failed", "5.1.1", returned=returned)
    content = content.replace(b"message/delivery-status", b"message/global-delivery-status")
    content = content.replace(b"rfc822; weg@example.org", "utf-8; wég@example.org".encode())
    report = read(content)
    assert report == Report(NOTICE, Ending(NoticeState.BOUNCED, "the mail came back: 5.1.1"), lasting=True)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\x00 no mail at all",
        b"Subject: Afwezig\n\nIk ben met vakantie.",
        f"Subject: Re: Adviseur\nIn-Reply-To: <{NOTICE}@opdrachten.example.org>\n\nDank!".encode(),
        bounce("failed", "5.1.1", mail="Message-ID: <someone-elses@example.org>\n"),
        bounce("failed", "5.1.1").replace(b"message/delivery-status", b"text/plain"),
    ],
)
def test_what_is_no_report_of_a_mail_of_ours_says_nothing(content: bytes) -> None:
    assert read(content) is None


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
    "an id that is none": bounce("failed", "5.1.1", mail=f"Message-ID: <{'-' * 36}@x>\n"),
    "bytes of no charset": bytes(range(256)) * 100,
    "a charset that is none": b"Content-Type: multipart/report; report-type*=no''%00; boundary*=x''%ff\n\nx",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_what_is_larger_or_deeper_than_a_report_is_none(content: bytes) -> None:
    assert read(content) is None


def test_a_report_that_returns_a_mail_of_many_lines_is_read() -> None:
    lines = "\n".join(["QUJD" * 19] * 13_000)
    assert read(bounce("failed", "5.1.1", mail=f"{MAIL}\n{lines}")) is not None
