"""Headers as they go over the wire."""

from email import message_from_bytes, policy

import pytest
from notifications.mail import mime
from notifications.mail.mime import Mailbox


def test_no_header_holds_a_line_break() -> None:
    for value in ("x\r\nBcc: iedereen@example.org", Mailbox("x\r\nBcc: iedereen", "x@example.org")):
        with pytest.raises(ValueError, match="line break in the header Subject"):
            mime.message({"Subject": value}, b"")


@pytest.mark.parametrize(
    "name",
    [
        "Sanne de Wit",
        'Bureau "Voorbeeld", Zwolle',
        "Zoë Ëlse",
        "محمد علي",
        "é" * 80,
        "=?utf-8?q?x?=",
        "a\\b",
        "",
    ],
)
def test_a_mailbox_keeps_its_name_and_address(name: str) -> None:
    raw = mime.message({"Reply-To": Mailbox(name, "sanne@example.org")}, b"\r\n")
    assert max(map(len, raw.splitlines())) <= 78
    (read,) = message_from_bytes(raw, policy=policy.default)["Reply-To"].addresses
    # Python's parser puts blanks between encoded words, which RFC 2047 leaves out.
    shown = read.display_name if len(name) < 40 else read.display_name.replace(" ", "")
    assert (shown, read.addr_spec) == (name, "sanne@example.org")
