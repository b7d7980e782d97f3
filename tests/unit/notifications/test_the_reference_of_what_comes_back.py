"""What could not be told is told when its cause goes, and what a mail server says decides: cases by hand."""

from typing import Any

import pytest
from support.mailboxes.addresses import normalised
from support.mailboxes.mail_server import Refused, TryLater
from support.stories import Story

OUR_FAULT = Refused(550, "5.7.26", "data")
NO_SUCH_ADDRESS = Refused(550, "5.1.1", "rcpt")
ALWAYS = ("2027-02-01 00:00", "2027-06-01 00:00")


def a_story(start: str = "2027-02-02 12:00", respond_by: str = "2027-02-20 12:00", **wishes: Any) -> Story:
    """Anna, and an opdracht A that matches her."""
    story = Story(start)
    story.person("anna", **wishes)
    story.opens("A", respond_by=respond_by)
    return story


# Unwanted


def test_who_wants_no_mail_gets_none_until_they_want_some() -> None:
    story = a_story(frequency="none")
    story.matches("A", "anna")
    assert story.outcome("A", "anna") == "unwanted"
    story.at("2027-02-05 10:00")
    story.person("anna", frequency="direct")
    assert story.mailbox("anna") == ["2027-02-05 10:00 match A"]


@pytest.mark.parametrize(("score", "mailbox"), [(60, ["2027-02-05 10:00 match A"]), (59.99, [])])
def test_a_score_that_rises_to_the_minimum_is_told(score: float, mailbox: list[str]) -> None:
    story = a_story(min_score=60)
    story.matches("A", "anna", score=50)
    story.at("2027-02-05 10:00")
    story.matches("A", "anna", score=score)
    assert story.mailbox("anna") == mailbox


def test_a_lower_minimum_brings_what_it_kept_away() -> None:
    story = a_story(min_score=60)
    story.matches("A", "anna", score=50)
    story.at("2027-02-05 10:00")
    story.chooses("anna", min_score=50, frequency="daily")
    assert story.mailbox("anna") == ["2027-02-06 07:30 digest A"]


@pytest.mark.parametrize("end", ["withdrawn", "answered", "closed", "respond_by"])
def test_nothing_comes_back_once_it_is_no_more_to_be_told(end: str) -> None:
    story = a_story(frequency="none")
    story.matches("A", "anna")
    story.at("2027-02-03 10:00")
    match end:
        case "withdrawn":
            story.falls_off("A", "anna")
        case "answered":
            story.says("anna", "yes", "A")
        case "closed":
            story.closes("A", "withdrawn", "anna")
        case _:
            story.at("2027-02-20 12:00")
    story.chooses("anna", frequency="direct")
    assert not [line for line in story.mailbox("anna") if "match" in line]


def test_what_became_wanted_while_its_match_was_withdrawn_is_told_when_it_is_back() -> None:
    story = a_story(frequency="none")
    story.matches("A", "anna")
    story.at("2027-02-03 10:00")
    story.falls_off("A", "anna")
    story.chooses("anna", frequency="direct")
    story.at("2027-02-04 10:00")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-02-04 10:00 match A"]


# Missed


def test_a_later_respond_by_brings_what_was_missed() -> None:
    story = a_story("2027-02-02 22:00", "2027-02-03 06:30", quiet=True)
    story.matches("A", "anna")
    story.at("2027-02-02 23:00")
    story.changes("A", respond_by="2027-02-03 17:00")
    assert story.mailbox("anna") == ["2027-02-03 07:00 match A"]


def test_so_do_preferences_that_leave_a_moment_before_it() -> None:
    story = a_story("2027-02-02 22:00", "2027-02-03 06:30", quiet=True)
    story.matches("A", "anna")
    story.at("2027-02-02 23:00")
    story.chooses("anna", quiet=False)
    assert story.mailbox("anna") == ["2027-02-02 23:00 match A"]


def test_the_reacting_phase_that_opens_again_tells_who_was_missed() -> None:
    story = a_story(respond_by="2027-02-02 12:00")
    story.matches("A", "anna")
    story.at("2027-02-10 12:00")
    story.changes("A", respond_by="2027-02-24 12:00")
    assert story.mailbox("anna") == ["2027-02-10 12:00 match A"]


# Refused and returned: an address that does not exist


def test_an_address_that_does_not_exist_gets_nothing_more_but_another_one_does() -> None:
    story = a_story()
    story.opens("B", respond_by="2027-02-20 12:00")
    story.server_says(NO_SUCH_ADDRESS, *ALWAYS, "anna@example.org")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.matches("B", "anna")
    assert (story.outcome("A", "anna"), story.outcome("B", "anna")) == ("refused", "suppressed")
    assert [to for _, to in story.told.attempts].count("anna@example.org") == 1
    story.at("2027-02-03 10:00")
    story.person("anna", email="anna@example.net")
    assert story.mailbox("anna@example.net") == ["2027-02-03 10:00 match A", "2027-02-03 10:00 match B"]


def test_other_letter_case_is_the_same_address() -> None:
    story = a_story()
    story.server_says(NO_SUCH_ADDRESS, *ALWAYS, "anna@example.org")
    story.matches("A", "anna")
    story.at("2027-02-03 10:00")
    story.person("anna", email="Anna@EXAMPLE.org")
    assert story.mailbox("anna") == []


def test_what_holds_for_an_address_holds_for_everybody_at_it() -> None:
    story = a_story()
    story.person("anna-zzp", email="ANNA@example.org")
    story.server_says(NO_SUCH_ADDRESS, *ALWAYS, "anna@example.org")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.matches("A", "anna-zzp")
    assert story.outcome("A", "anna-zzp") == "suppressed"


def test_a_released_address_gets_what_was_refused_and_what_was_suppressed() -> None:
    story = a_story()
    story.opens("B", respond_by="2027-02-20 12:00")
    story.server_says(NO_SUCH_ADDRESS, "2027-02-02 12:00", "2027-02-03 12:00", "anna@example.org")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.matches("B", "anna")
    story.at("2027-02-04 22:00")
    story.releases("ANNA@example.org")
    assert story.mailbox("anna") == ["2027-02-04 22:00 match A", "2027-02-04 22:00 match B"]


@pytest.mark.parametrize("cure", ["another address", "released"])
def test_a_mail_that_came_back_told_nothing(cure: str) -> None:
    story = a_story()
    story.comes_back("anna@example.org", "2027-02-02 12:00", "2027-02-02 13:00", "5.1.1")
    story.matches("A", "anna")
    assert story.outcome("A", "anna") == "bounced"
    story.at("2027-02-03 10:00")
    if cure == "released":
        story.releases("anna@example.org")
        assert story.mailbox("anna")[1:] == ["2027-02-03 10:00 match A"]
    else:
        story.person("anna", email="anna@example.net")
        assert story.mailbox("anna@example.net") == ["2027-02-03 10:00 match A"]


def test_one_that_came_back_for_another_cause_leaves_its_address() -> None:
    story = a_story()
    story.opens("B", respond_by="2027-02-20 12:00")
    story.comes_back("anna@example.org", "2027-02-02 12:00", "2027-02-02 13:00", "5.2.2")
    story.matches("A", "anna")
    story.at("2027-02-03 10:00")
    story.matches("B", "anna")
    assert story.outcome("A", "anna") == "bounced"
    assert story.mailbox("anna")[1:] == ["2027-02-03 10:00 match B"]


def test_who_complained_gets_no_more_and_what_they_complained_of_is_not_sent_again() -> None:
    story = a_story()
    story.opens("B", respond_by="2027-02-20 12:00")
    story.comes_back("anna@example.org", "2027-02-02 12:00", "2027-02-02 13:00", "complaint")
    story.matches("A", "anna")
    story.at("2027-02-02 14:00")
    story.matches("B", "anna")
    story.at("2027-02-03 10:00")
    story.releases("anna@example.org")
    assert story.mailbox("anna") == ["2027-02-02 12:00 match A", "2027-02-03 10:00 match B"]


# Our own fault, and temporary failures


def test_what_was_refused_for_our_fault_is_tried_again_hourly_and_suppresses_nobody() -> None:
    story = a_story()
    story.server_says(OUR_FAULT, "2027-02-02 12:00", "2027-02-02 14:30")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-02-02 15:00 match A"]


def test_a_digest_that_was_refused_for_our_fault_is_gathered_again_an_hour_later() -> None:
    story = a_story(frequency="daily")
    story.opens("B", respond_by="2027-02-20 12:00")
    story.server_says(OUR_FAULT, "2027-02-03 07:00", "2027-02-03 08:00")
    story.matches("A", "anna")
    story.matches("B", "anna")
    story.at("2027-02-03 08:10")
    story.falls_off("B", "anna")
    assert story.mailbox("anna") == ["2027-02-03 08:30 digest A"]


def test_hourly_ends_at_seven_and_at_respond_by() -> None:
    story = a_story("2027-02-02 20:30", quiet=True)
    story.server_says(OUR_FAULT, "2027-02-02 20:00", "2027-02-03 02:00")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-02-03 07:00 match A"]
    story = a_story(respond_by="2027-02-02 13:30")
    story.server_says(OUR_FAULT, "2027-02-02 12:00", "2027-02-02 13:10")
    story.matches("A", "anna")
    assert (story.mailbox("anna"), story.outcome("A", "anna")) == ([], "refused")


def test_a_temporary_failure_is_tried_again_until_it_works() -> None:
    story = a_story()
    story.server_says(TryLater(), "2027-02-02 12:00", "2027-02-02 12:01")
    story.matches("A", "anna")
    # 5, 10, 20 and 40 seconds after one another
    assert story.mailbox("anna") == ["2027-02-02 12:01:15 match A"]


def test_a_second_attempt_waits_for_the_end_of_the_quiet_hours_too() -> None:
    story = a_story("2027-02-02 20:59", quiet=True)
    story.server_says(TryLater(), "2027-02-02 20:00", "2027-02-02 21:30")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-02-03 07:00 match A"]
    assert [str(at)[11:16] for at, to in story.told.attempts if to == "anna@example.org"][-2:] == [
        "19:59",
        "06:00",
    ]


def test_so_does_a_digest_and_what_closes_before_that_is_missed() -> None:
    story = a_story(frequency="daily", quiet=True)
    story.opens("B", respond_by="2027-02-04 06:00")
    story.server_says(TryLater(), "2027-02-03 00:00", "2027-02-04 03:00")
    story.matches("A", "anna")
    story.matches("B", "anna")
    assert story.mailbox("anna") == ["2027-02-04 07:00 digest A"]
    assert story.outcome("B", "anna") == "missed"


def test_a_mail_in_the_air_that_is_no_more_to_be_told_does_not_leave() -> None:
    story = a_story()
    story.server_says(TryLater(), "2027-02-02 12:00", "2027-02-02 13:00")
    story.matches("A", "anna")
    story.at("2027-02-02 12:30")
    story.chooses("anna", frequency="none")
    assert (story.mailbox("anna"), story.outcome("A", "anna")) == ([], "unwanted")


def test_it_is_given_up_two_days_after_the_first_attempt() -> None:
    story = a_story(frequency="weekly")
    story.server_says(TryLater(), "2027-02-08 00:00", "2027-02-12 00:00")
    story.matches("A", "anna")
    assert (story.mailbox("anna"), story.outcome("A", "anna")) == ([], "expired")


@pytest.mark.parametrize(
    ("refusal", "about_the_recipient"),
    [
        (Refused(550, "5.1.1", "rcpt"), True),
        (Refused(550, "5.1.1", "data"), True),
        (Refused(550, "5.1.2", "rcpt"), True),
        (Refused(550, "5.2.1", "rcpt"), True),
        (Refused(550, None, "rcpt"), True),
        (Refused(553, None, "rcpt"), True),
        (Refused(550, None, "data"), False),
        (Refused(554, None, "rcpt"), False),
        (Refused(552, "5.2.2", "rcpt"), False),
        (Refused(523, "5.3.4", "data"), False),
        (Refused(550, "5.4.6", "rcpt"), False),
        (Refused(550, "5.7.1", "rcpt"), False),
        (Refused(550, "5.7.26", "data"), False),
        # the sender's address, which is ours
        (Refused(550, "5.1.7", "rcpt"), False),
        (Refused(550, "5.1.8", "rcpt"), False),
    ],
)
def test_only_what_says_that_an_address_does_not_exist_is_about_the_recipient(
    refusal: Refused, about_the_recipient: bool
) -> None:
    assert refusal.is_about_the_recipient is about_the_recipient


@pytest.mark.parametrize(
    ("written", "mailbox"),
    [
        ("Anna@Example.ORG", "anna@example.org"),
        ("anke@faß.example", "anke@xn--fa-hia.example"),
        ("νίκος@παράδειγμα.example", "νίκοσ@xn--hxajbheg2az3al.example"),
    ],
)
def test_an_address_is_known_by_its_mailbox(written: str, mailbox: str) -> None:
    assert normalised(written) == mailbox
