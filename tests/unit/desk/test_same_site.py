"""A change that another site makes the browser send is none of ours."""

import pytest
from desk.sign_in.same_site import comes_from_us
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
    ],
)
def test_a_change_of_another_site_is_refused(sent: dict[str, str]) -> None:
    assert not comes_from_us(Headers(HOST | sent))
