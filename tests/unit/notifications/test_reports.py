"""What mail servers send back, as they write it."""

from uuid import UUID

import pytest
from notifications.domain.notice import Ending, NoticeState
from notifications.domain.report import NoReport, Report, read

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
    assert (report.notice_id, report.ending.state, report.lasting) == (NOTICE, NoticeState.COMPLAINED, True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "multipart/report"),
        (b"\xff\x00 no mail at all", "multipart/report"),
        (b"Subject: Afwezig\n\nIk ben met vakantie.", "multipart/report"),
        (
            bounce("failed", "5.1.1", mail="Message-ID: <someone-elses@example.org>\n"),
            "does not return the mail",
        ),
        (
            bounce("failed", "5.1.1").replace(b"message/delivery-status", b"text/plain"),
            "delivery-status part",
        ),
    ],
)
def test_anything_else_is_told_to_be_no_report(content: bytes, why: str) -> None:
    with pytest.raises(NoReport, match=why):
        read(content)
