"""Signed links: bound to one match or person and one purpose, across a change of secret."""

import time
from uuid import uuid4

import pytest
from itsdangerous import URLSafeTimedSerializer
from notifications.answers.links import PREFERENCES_SECONDS, Links

OLD, NEW = "the-secret-of-last-year", "the-secret-of-this-year"
LINKS = Links("https://opdrachten.example.org/", OLD)
PURPOSES = ["match", "preferences", "unsubscribe"]


def token(links: Links, purpose: str, subject: object) -> str:
    return str(getattr(links, purpose)(subject)).rpartition("/")[2]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_says_whose_it_is_and_survives_a_change_of_secret(purpose: str) -> None:
    subject = uuid4()
    written = token(LINKS, purpose, subject)
    for reader in (LINKS, Links("https://elders.example.org", f"{NEW},{OLD}")):
        assert getattr(reader, f"read_{purpose}")(written) == subject
    renewed = token(Links("https://x.example.org", f"{NEW},{OLD}"), purpose, subject)
    assert getattr(Links("https://x.example.org", NEW), f"read_{purpose}")(renewed) == subject
    assert getattr(LINKS, f"read_{purpose}")(renewed) is None


@pytest.mark.parametrize("purpose", PURPOSES)
def test_one_that_is_forged_or_for_another_purpose_is_nobodys(purpose: str) -> None:
    written = token(LINKS, purpose, uuid4())
    head, _, signature = written.rpartition(".")
    for forged in (written[:-3] + "abc", head, f"{written}.{signature}", "", "é", "a.b.c", written[1:]):
        assert getattr(LINKS, f"read_{purpose}")(forged) is None
    for other in set(PURPOSES) - {purpose}:
        assert getattr(LINKS, f"read_{other}")(written) is None


@pytest.mark.parametrize(
    ("purpose", "is_for_ever"), [("match", True), ("preferences", False), ("unsubscribe", True)]
)
def test_only_one_to_preferences_ends_by_itself_after_half_a_year(
    purpose: str, is_for_ever: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, now = uuid4(), time.time()
    written = token(LINKS, purpose, subject)
    monkeypatch.setattr(time, "time", lambda: now + PREFERENCES_SECONDS - 60)
    assert getattr(LINKS, f"read_{purpose}")(written) == subject
    monkeypatch.setattr(time, "time", lambda: now + PREFERENCES_SECONDS + 60)
    assert getattr(LINKS, f"read_{purpose}")(written) == (subject if is_for_ever else None)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_one_that_names_nobody_is_nobodys(purpose: str) -> None:
    not_a_person = URLSafeTimedSerializer([OLD], salt=purpose).dumps("everybody")
    assert getattr(LINKS, f"read_{purpose}")(not_a_person) is None
