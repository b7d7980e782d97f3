"""What is said to the mail server in fewer steps is what its client's own commands would say."""

import re

import pytest
from aiosmtplib.email import quote_address
from aiosmtplib.protocol import PERIOD_REGEX, normalize_message_line_endings
from hypothesis import given
from hypothesis import strategies as st
from notifications.mail.smtp import PLAIN_ADDRESS, _as_data, _Connection, _in_brackets

LOCAL_PARTS = st.text("ab9_.!#$%&'*+/=?^`{|}~-é", min_size=1)
DOMAINS = st.text("ab9_.-é", min_size=1)


@given(LOCAL_PARTS, DOMAINS)
def test_a_plain_address_is_said_as_it_is_parsed(local_part: str, domain: str) -> None:
    address = f"{local_part}@{domain}"
    assert PLAIN_ADDRESS.fullmatch(address)
    assert _in_brackets(address) == quote_address(address)


@given(st.text('a.@<>" ,:;()[]\\\r\n\té', max_size=12))
def test_any_other_address_is_parsed(text: str) -> None:
    try:
        expected = quote_address(text)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            _in_brackets(text)
    else:
        assert _in_brackets(text) == expected


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a"])).map(b"".join))
def test_content_goes_out_as_its_client_would_send_it(content: bytes) -> None:
    lines = PERIOD_REGEX.sub(b"..", normalize_message_line_endings(content or b"\n"))
    assert _as_data(content) == lines + b".\r\n"


@pytest.mark.parametrize("control", ["\r", "\n", "\0", "\x7f"])
async def test_no_command_is_said_that_another_could_follow_in(control: str) -> None:
    with pytest.raises(ValueError, match="control character"):
        await _Connection()._say(b"RCPT", f"TO:<anna{control}@example.org>".encode())
