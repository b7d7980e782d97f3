"""A change that another site makes the browser send is none of ours."""

import pytest
from desk.sign_in.refusing import Refusal
from desk.sign_in.same_site import LONGEST, comes_from_us, judge
from starlette.datastructures import Headers

HOST = {"host": "desk.example"}


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "https://desk.example"},
        {"sec-fetch-site": "same-origin", "origin": "https://desk.example"},
        {"sec-fetch-site": "same-origin", "origin": "null"},
        {"referer": "https://desk.example/mails?x=https://evil.example"},
    ],
)
def test_a_change_of_our_own_page_or_of_a_script_is_let_through(sent: dict[str, str]) -> None:
    assert comes_from_us(Headers(HOST | sent))


@pytest.mark.parametrize(
    "sent",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "origin": "https://desk.example"},
        {"sec-fetch-site": "same-origin", "origin": "https://evil.example"},
        {"origin": "https://evil.example"},
        {"origin": "https://desk.example.evil.example"},
        {"origin": "https://desk.example:8443"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "https://["},
        {"referer": "https://evil.example/desk.example"},
        {"referer": "https://desk.example@evil.example/"},
        {"referer": "https://["},
        {"referer": ""},
        {"origin": "https://desk.example", "referer": "https://evil.example/"},
    ],
)
def test_a_change_of_another_site_is_refused(sent: dict[str, str]) -> None:
    assert not comes_from_us(Headers(HOST | sent))


FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({}, None),
        (FORM, None),
        ({"content-type": "multipart/form-data; boundary=x", "content-length": "9"}, None),
        (FORM | {"content-length": str(LONGEST)}, None),
        (FORM | {"content-length": str(LONGEST + 1)}, Refusal.TOO_LONG),
        (FORM | {"content-length": "-1"}, Refusal.TOO_LONG),
        (FORM | {"transfer-encoding": "chunked"}, Refusal.LENGTH_UNKNOWN),
        ({"content-length": "1"}, Refusal.NO_FORM),
        ({"content-type": ""}, Refusal.NO_FORM),
        ({"content-type": "text/plain", "content-length": "0"}, Refusal.NO_FORM),
        ({"content-type": "application/json", "content-length": "2"}, Refusal.NO_FORM),
        ({"content-type": "application/x-www-form-urlencoded-not"}, Refusal.NO_FORM),
        ({"content-type": "text/plain", "origin": "https://evil.example"}, Refusal.OTHER_SITE),
    ],
)
def test_a_change_is_a_form_of_a_bounded_length(sent: dict[str, str], refusal: Refusal | None) -> None:
    assert judge(Headers(HOST | sent)) is refusal
