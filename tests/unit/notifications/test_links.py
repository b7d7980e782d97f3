"""Signed links: bound to one match, person or notice, to one purpose and to a generation, across a change of
secret."""

import time
from uuid import UUID, uuid4

import pytest
from itsdangerous import URLSafeTimedSerializer
from notifications.answers.links import SECONDS, Link, Links, Purpose

OLD, NEW = "the-secret-of-last-year", "the-secret-of-this-year"
LINKS = Links("https://opdrachten.example.org/", OLD)
SALTS_OF_THE_LAST_RELEASE = {
    Purpose.MATCH: "match",
    Purpose.PREFERENCES: "preferences",
    Purpose.UNSUBSCRIBE: "unsubscribe",
}


def token(links: Links, purpose: Purpose, link: Link) -> str:
    return links.write(purpose, link.subject, link.generation).rpartition("/")[2]


@pytest.mark.parametrize("generation", [1, 7])
@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_says_whose_it_is_and_survives_a_change_of_secret(purpose: Purpose, generation: int) -> None:
    link = Link(uuid4(), generation)
    written = token(LINKS, purpose, link)
    for reader in (LINKS, Links("https://elders.example.org", f"{NEW},{OLD}")):
        assert reader.read(purpose, written) == link
    renewed = token(Links("https://x.example.org", f"{NEW},{OLD}"), purpose, link)
    assert Links("https://x.example.org", NEW).read(purpose, renewed) == link
    assert LINKS.read(purpose, renewed) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_one_that_is_forged_or_for_another_purpose_is_nobodys(purpose: Purpose) -> None:
    written = token(LINKS, purpose, Link(uuid4(), 3))
    head, _, signature = written.rpartition(".")
    for forged in (written[:-3] + "abc", head, f"{written}.{signature}", "", "é", "a.b.c", written[1:]):
        assert LINKS.read(purpose, forged) is None
    for other in set(Purpose) - {purpose}:
        assert LINKS.read(other, written) is None


def test_only_those_to_preferences_to_confirm_and_to_check_in_end_by_themselves_after_half_a_year(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link, now = Link(uuid4()), time.time()
    purposes = set(Purpose) - {Purpose.SIGN_IN, Purpose.ADDRESS}  # which end within the hour
    written = {purpose: token(LINKS, purpose, link) for purpose in purposes}
    half_a_year = SECONDS[Purpose.PREFERENCES]
    monkeypatch.setattr(time, "time", lambda: now + half_a_year - 60)
    assert [LINKS.read(*one) for one in written.items()] == [link] * len(purposes)
    monkeypatch.setattr(time, "time", lambda: now + half_a_year + 60)
    alive = {purpose for purpose, one in written.items() if LINKS.read(purpose, one) == link}
    assert alive == purposes - {Purpose.PREFERENCES, Purpose.CONFIRM, Purpose.CHECK_IN}


@pytest.mark.parametrize("said", ["everybody", f"{UUID(int=7)}.first", 7, None, [str(UUID(int=7))]])
@pytest.mark.parametrize("purpose", SALTS_OF_THE_LAST_RELEASE)
def test_one_that_names_nobody_is_nobodys(purpose: Purpose, said: object) -> None:
    salt = SALTS_OF_THE_LAST_RELEASE[purpose]
    assert LINKS.read(purpose, URLSafeTimedSerializer([OLD], salt=salt).dumps(said)) is None


@pytest.mark.parametrize("purpose", SALTS_OF_THE_LAST_RELEASE)
def test_one_of_the_last_release_is_of_the_first_generation(purpose: Purpose) -> None:
    subject, salt = uuid4(), SALTS_OF_THE_LAST_RELEASE[purpose]
    written = URLSafeTimedSerializer([OLD], salt=salt).dumps(str(subject))
    assert LINKS.read(purpose, written) == Link(subject, 1)
    mine = token(LINKS, purpose, Link(subject))  # which that release still reads
    assert URLSafeTimedSerializer([OLD], salt=salt).loads(mine) == str(subject)


def test_a_link_holds_until_a_later_generation_begins() -> None:
    link = Link(uuid4(), 3)
    assert [link.holds(links_from) for links_from in (1, 3, 4)] == [True, True, False]
