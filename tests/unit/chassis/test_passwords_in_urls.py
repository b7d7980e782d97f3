"""A password with characters that mean something in a URL: told at the start, never taken for a host."""

import pytest
from chassis.settings import DatabaseSettings
from notifications.settings import NotificationsSettings
from pydantic import ValidationError
from support.openapi import SETTINGS

BROKEN = ["p#q", "p/q", "p?q", "12#q", "/", "a@b#c"]


@pytest.mark.parametrize("password", BROKEN)
def test_a_password_that_ends_where_it_should_not_is_refused_and_not_shown(password: str) -> None:
    with pytest.raises(ValidationError, match="percent-encoded") as refused:
        DatabaseSettings(database_url=f"postgresql://matching:{password}@host/matching")
    assert password not in str(refused.value).replace("%23 for #", "")
    with pytest.raises(ValidationError, match="percent-encoded"):
        NotificationsSettings(**{**SETTINGS, "smtp_url": f"smtps://user:{password}@mail.example.org"})


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://matching:p%23q%2F@host/matching?sslmode=verify-full",  # pragma: allowlist secret
        "postgresql://matching:p@q@host/matching",  # the last @ counts
        "postgresql://postgres-rw:5432/matching?sslmode=verify-full&sslrootcert=/etc/a@b/ca.crt",
        "postgresql://postgres-rw/matching?sslrootcert=/etc/a@b/ca.crt",
    ],
)
def test_what_is_whole_is_taken(url: str) -> None:
    assert DatabaseSettings(database_url=url).database_url == url
