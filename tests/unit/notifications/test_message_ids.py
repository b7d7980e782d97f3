"""A mail's Message-ID follows from what the mail is: the same after a restore, another for other news."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from notifications.domain.message_id import message_id
from notifications.domain.notice import GUIDANCE, OF_AN_ADDRESS, Due, Kind
from support.mails import many, the_match
from support.notifying import a_notice, a_recipient
from uuid_utils.compat import uuid7

GATHERING = (Kind.DIGEST, Kind.SUMMARY)


def one_of(kind: Kind) -> Due:
    return a_notice(kind, *(many(3) if kind in GATHERING else [the_match()]))


def id_of(notice: Due) -> UUID:
    return message_id(notice, notice.matches)


@pytest.mark.parametrize("kind", sorted(set(Kind) - OF_AN_ADDRESS - GUIDANCE - {Kind.CONSENT, Kind.QUESTION}))
def test_what_is_written_anew_has_the_same_id(kind: Kind) -> None:
    notice = one_of(kind)
    assert id_of(replace(notice, notice_id=uuid7(), traceparent="another")) == id_of(notice)


@pytest.mark.parametrize("kind", sorted(OF_AN_ADDRESS | GUIDANCE | {Kind.QUESTION}))
def test_a_mail_on_an_address_on_work_or_with_a_question_has_that_of_its_notice_whose_own_says_what_it_tells(
    kind: Kind,
) -> None:
    notice = one_of(kind)
    assert id_of(replace(notice, traceparent="another")) == id_of(notice)
    assert id_of(replace(notice, notice_id=uuid7())) != id_of(notice)


def test_every_kind_has_another() -> None:
    assert len({id_of(one_of(kind)) for kind in Kind}) == len(Kind)


def test_a_mailbox_is_one_however_it_is_written_and_another_gets_another_mail() -> None:
    notice = a_notice(Kind.MATCH, the_match(), recipient=a_recipient(email="Anna@Example.org"))
    same = replace(notice, recipient=a_recipient(email="anna@EXAMPLE.org"))
    other = replace(notice, recipient=a_recipient(email="anna@example.com"))
    assert id_of(same) == id_of(notice) != id_of(other)


@pytest.mark.parametrize(
    "kind",
    sorted(
        set(Kind)
        - {*GATHERING, *OF_AN_ADDRESS, *GUIDANCE, Kind.CHANGED, Kind.CONSENT, Kind.STAY, Kind.QUESTION}
    ),
)
def test_what_is_told_a_second_time_has_another(kind: Kind) -> None:
    notice = one_of(kind)
    assert id_of(replace(notice, told_before=1)) != id_of(notice)


def test_who_is_asked_again_another_year_gets_another() -> None:
    notice = one_of(Kind.STAY)
    assert id_of(replace(notice, erased_on=date(2028, 1, 1))) != id_of(notice)


@pytest.mark.parametrize("kind", GATHERING)
def test_what_gathers_others_or_on_another_day_has_another(kind: Kind) -> None:
    notice = one_of(kind)
    ids = {
        id_of(notice),
        message_id(notice, notice.matches[:2]),
        id_of(replace(notice, caused_at=notice.caused_at + timedelta(days=1))),
    }
    assert len(ids) == 3
    assert message_id(notice, notice.matches[::-1]) == id_of(notice)


def test_another_change_has_another_and_a_second_attempt_the_first_ones() -> None:
    match = the_match()
    later = replace(match, assignment=replace(match.assignment, version=match.assignment.version + 1))
    first = a_notice(Kind.CHANGED, match)
    second = replace(first, matches=(later,))
    assert id_of(second) != id_of(first)
    assert id_of(replace(second, tried_as=id_of(first))) == id_of(first)
