"""When professionals are told of new matches: the rules, as cases that were worked out by hand.

Each story says what happens, in times on Amsterdam's walls, and the mailbox that follows. The product is
compared with the same reference over six weeks of a whole world.
"""

from typing import Any

import pytest
from support.stories import Story

TUESDAY = "2027-02-02 12:00"


def a_story(start: str = TUESDAY, respond_by: str = "2027-02-20 12:00", **preferences: Any) -> Story:
    """Anna, as she prefers to be told, and an opdracht A."""
    story = Story(start)
    story.person("anna", **preferences)
    story.opens("A", respond_by=respond_by)
    return story


# Once


def test_a_match_is_told_once_whatever_its_revisions() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.matches("A", "anna", score=90)
    assert story.mailbox("anna") == ["2027-02-02 12:00 match A"]


def test_a_match_that_fell_off_without_an_answer_and_came_back_is_not_told_again() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.falls_off("A", "anna")
    story.at("2027-02-03 13:00")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-02-02 12:00 match A"]


def test_another_address_gets_no_second_mail_of_what_arrived_at_the_first() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.person("anna", email="elders@example.org")
    assert story.mailbox("elders@example.org") == []


def test_who_asks_for_it_later_is_told_again() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 12:30")
    story.says("anna", "later", "A")
    assert story.pages() == ["2027-02-03 07:30"]
    assert story.mailbox("anna") == ["2027-02-02 12:00 match A", "2027-02-03 07:30 digest A"]


def test_who_was_told_that_it_fell_off_is_told_when_it_comes_back() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 12:30")
    story.says("anna", "yes", "A")
    story.at("2027-02-04 10:00")
    story.falls_off("A", "anna")
    story.at("2027-02-05 10:00")
    story.matches("A", "anna")
    assert story.mailbox("anna") == [
        "2027-02-02 12:00 match A",
        "2027-02-02 12:30 answered A",
        "2027-02-04 10:00 dropped A",
        "2027-02-05 10:00 match A",
    ]


def test_a_match_that_came_back_is_told_like_a_new_one() -> None:
    story = a_story(frequency="daily")
    story.matches("A", "anna")
    story.at("2027-02-03 12:30")
    story.says("anna", "yes", "A")
    story.at("2027-02-04 10:00")
    story.falls_off("A", "anna")
    story.at("2027-02-05 10:00")
    story.matches("A", "anna")
    assert story.mailbox("anna", "answered") == [
        "2027-02-03 07:30 digest A",
        "2027-02-04 10:00 dropped A",
        "2027-02-06 07:30 digest A",
    ]


# The moment


@pytest.mark.parametrize(
    ("proposed", "frequency", "respond_by", "mailbox"),
    [
        ("2027-02-02 12:00", "daily", "2027-02-20 12:00", ["2027-02-03 07:30 digest A"]),
        ("2027-02-02 07:30", "daily", "2027-02-20 12:00", ["2027-02-03 07:30 digest A"]),
        ("2027-02-02 12:00", "weekly", "2027-02-20 12:00", ["2027-02-08 07:30 digest A"]),
        # a weekly digest would be too late: the next 07:30
        ("2027-02-02 12:00", "weekly", "2027-02-05 12:00", ["2027-02-03 07:30 digest A"]),
        # a moment that equals respond_by is too late
        ("2027-02-02 12:00", "weekly", "2027-02-08 07:30", ["2027-02-03 07:30 digest A"]),
        ("2027-02-02 12:00", "weekly", "2027-02-08 07:31", ["2027-02-08 07:30 digest A"]),
        # so would the next 07:30: at once
        ("2027-02-02 12:00", "weekly", "2027-02-03 07:30", ["2027-02-02 12:00 match A"]),
        ("2027-02-02 12:00", "daily", "2027-02-02 12:40", ["2027-02-02 12:00 match A"]),
        ("2027-02-02 12:00", "direct", "2027-02-02 12:40", ["2027-02-02 12:00 match A"]),
        ("2027-02-02 23:00", "daily", "2027-02-03 06:00", ["2027-02-02 23:00 match A"]),
    ],
)
def test_a_new_match_goes_at_the_chosen_moment_or_the_last_one_before_respond_by(
    proposed: str, frequency: str, respond_by: str, mailbox: list[str]
) -> None:
    story = a_story(proposed, respond_by, frequency=frequency)
    story.matches("A", "anna")
    assert story.mailbox("anna") == mailbox


@pytest.mark.parametrize(
    ("proposed", "frequency", "respond_by", "mailbox"),
    [
        ("2027-02-02 20:59:59", "direct", "2027-02-20 12:00", ["2027-02-02 20:59:59 match A"]),
        ("2027-02-02 21:00", "direct", "2027-02-20 12:00", ["2027-02-03 07:00 match A"]),
        ("2027-02-03 06:59:59", "direct", "2027-02-20 12:00", ["2027-02-03 07:00 match A"]),
        ("2027-02-03 07:00", "direct", "2027-02-20 12:00", ["2027-02-03 07:00 match A"]),
        ("2027-02-02 22:00", "daily", "2027-02-03 07:30", ["2027-02-03 07:00 match A"]),
        ("2027-02-02 22:00", "weekly", "2027-02-03 12:00", ["2027-02-03 07:30 digest A"]),
    ],
)
def test_in_the_quiet_hours_it_waits_for_seven(
    proposed: str, frequency: str, respond_by: str, mailbox: list[str]
) -> None:
    story = a_story(proposed, respond_by, frequency=frequency, quiet=True)
    story.matches("A", "anna")
    assert story.mailbox("anna") == mailbox


@pytest.mark.parametrize("frequency", ["direct", "daily", "weekly"])
def test_what_closes_before_the_quiet_hours_end_is_missed_and_that_is_known_at_once(frequency: str) -> None:
    story = a_story("2027-02-02 22:00", "2027-02-03 06:30", frequency=frequency, quiet=True)
    story.matches("A", "anna")
    assert story.mailbox("anna") == []
    assert story.outcome("A", "anna") == "missed"
    (notice,) = [one for one in story.told.notices if one.kind == "match"]
    assert notice.due is None


def test_after_respond_by_nobody_is_told_of_a_new_match() -> None:
    story = a_story("2027-02-02 12:00", "2027-02-02 12:30")
    story.at("2027-02-02 12:30")
    story.matches("A", "anna")
    assert story.mailbox("anna") == []
    assert story.outcome("A", "anna") == "missed"


def test_a_weekly_digest_holds_what_a_week_brought_and_what_it_cannot_wait_for_goes_before() -> None:
    story = a_story(frequency="weekly")
    story.opens("B", respond_by="2027-02-05 17:00")
    story.opens("C", respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    story.matches("B", "anna")
    story.at("2027-02-07 22:00")
    story.matches("C", "anna")
    assert story.mailbox("anna") == ["2027-02-03 07:30 digest B", "2027-02-08 07:30 digest A C"]


# Clock changes: the night of Sunday 28 March 2027 has no 02:30, that of 31 October has it twice


@pytest.mark.parametrize(
    ("proposed", "preferences", "mailbox"),
    [
        ("2027-03-27 12:00", {"frequency": "daily"}, ["2027-03-28 07:30 digest A"]),
        ("2027-03-28 01:59", {"quiet": True}, ["2027-03-28 07:00 match A"]),
        ("2027-03-28 03:00", {"quiet": True}, ["2027-03-28 07:00 match A"]),
        ("2027-03-27 12:00", {"frequency": "weekly"}, ["2027-03-29 07:30 digest A"]),
        ("2027-10-30 12:00", {"frequency": "daily"}, ["2027-10-31 07:30 digest A"]),
        ("2027-10-31 02:30", {"quiet": True}, ["2027-10-31 07:00 match A"]),
        ("2027-10-31 02:30 again", {"quiet": True}, ["2027-10-31 07:00 match A"]),
        ("2027-10-31 02:30", {}, ["2027-10-31 02:30 match A"]),
        ("2027-10-31 02:30 again", {}, ["2027-10-31 02:30 again match A"]),
    ],
)
def test_mornings_are_those_of_the_clock_on_the_wall(
    proposed: str, preferences: dict[str, object], mailbox: list[str]
) -> None:
    story = a_story(proposed, "2027-11-20 12:00", **preferences)
    story.matches("A", "anna")
    assert story.mailbox("anna") == mailbox


def test_an_hour_that_comes_twice_is_an_hour_more_before_respond_by() -> None:
    story = a_story("2027-10-31 02:59", "2027-10-31 02:10 again")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-10-31 02:59 match A"]


# Planned again when what it waits for changes


@pytest.mark.parametrize(
    ("frequency", "mailbox"),
    [
        ("direct", ["2027-02-02 18:00 match A"]),
        ("daily", ["2027-02-03 07:30 digest A"]),
        ("none", []),
    ],
)
def test_other_preferences_count_for_what_waits(frequency: str, mailbox: list[str]) -> None:
    story = a_story(frequency="weekly")
    story.matches("A", "anna")
    story.at("2027-02-02 18:00")
    story.chooses("anna", frequency=frequency)
    assert story.mailbox("anna") == mailbox


def test_another_respond_by_counts_for_what_waits() -> None:
    story = a_story(frequency="weekly")
    story.matches("A", "anna")
    story.at("2027-02-04 09:00")
    story.changes("A", respond_by="2027-02-06 12:00")
    story.at("2027-02-04 21:00")
    story.changes("A", respond_by="2027-02-05 06:00")
    assert story.mailbox("anna") == ["2027-02-04 21:00 match A"]


def test_a_digest_planned_again_never_goes_in_the_quiet_hours() -> None:
    story = a_story(frequency="weekly", quiet=True)
    story.matches("A", "anna")
    story.at("2027-02-04 23:30")
    story.changes("A", respond_by="2027-02-05 07:10")
    assert story.mailbox("anna") == ["2027-02-05 07:00 match A"]


def test_a_score_that_falls_below_the_minimum_is_not_told_any_more() -> None:
    story = a_story(frequency="daily", min_score=60)
    story.matches("A", "anna", score=60)
    story.at("2027-02-02 13:00")
    story.matches("A", "anna", score=59.99)
    assert story.mailbox("anna") == []
    assert story.outcome("A", "anna") == "unwanted"


@pytest.mark.parametrize("end", ["withdrawn", "declined", "rejected", "closed", "erased"])
def test_what_ended_before_it_left_is_cancelled(end: str) -> None:
    story = a_story(frequency="daily")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    match end:
        case "withdrawn":
            story.falls_off("A", "anna")
        case "declined":
            story.says("anna", "no", "A")
        case "rejected":
            story.decides("rejected", "A", "anna")
        case "closed":
            story.closes("A", "withdrawn", "anna")
        case _:
            story.erased("anna", "A")
    assert story.mailbox("anna") == []
    assert story.outcome("A", "anna") == "cancelled"


def test_a_withdrawal_that_was_overtaken_by_a_next_proposal_changes_nothing() -> None:
    story = a_story(frequency="daily")
    story.matches("A", "anna")
    story.matches("A", "anna")
    story.falls_off("A", "anna", revision=1)
    assert story.mailbox("anna") == ["2027-02-03 07:30 digest A"]


def test_what_was_cancelled_is_told_when_it_comes_back() -> None:
    story = a_story(frequency="daily")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.falls_off("A", "anna")
    story.at("2027-02-03 13:00")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-02-04 07:30 digest A"]
