"""What recruiters are told, by their own preferences, over all their opdrachten; as cases by hand."""

from typing import Any

import pytest
from contracts.vocabulary import Rule, WithdrawalReason
from support.mailboxes.mail_server import Refused
from support.stories import Story


def a_story(start: str = "2027-02-02 12:00", respond_by: str = "2027-02-20 12:00", **wishes: Any) -> Story:
    """Rik, as he prefers his mail; anna and bram; and opdrachten A and B."""
    story = Story(start)
    story.recruiter_prefers("rik", **wishes)
    story.person("anna")
    story.person("bram")
    story.opens("A", respond_by=respond_by)
    story.opens("B", respond_by=respond_by)
    return story


def rik(story: Story) -> list[str]:
    return story.mailbox("rik", "expiring")


# Summaries


def test_new_matches_are_gathered_for_a_minute_over_all_opdrachten_of_a_recruiter() -> None:
    story = a_story()
    story.opens("C", respond_by="2027-02-20 12:00", recruiter="eva")
    story.matches("A", "anna")
    story.at("2027-02-02 12:00:59")
    story.matches("B", "anna")
    story.matches("C", "anna")
    story.at("2027-02-02 12:01:01")
    story.matches("A", "bram")
    assert rik(story) == ["2027-02-02 12:01 summary A/anna B/anna", "2027-02-02 12:02:01 summary A/bram"]
    assert story.mailbox("eva", "expiring") == ["2027-02-02 12:01:59 summary C/anna"]


@pytest.mark.parametrize(
    ("summary", "start", "at"),
    [
        ("direct", "2027-02-02 12:20", ["2027-02-02 12:21"]),
        ("hourly", "2027-02-02 12:20", ["2027-02-02 13:00"]),
        ("hourly", "2027-02-02 13:00", ["2027-02-02 14:00"]),
        ("daily", "2027-02-02 12:20", ["2027-02-03 07:30"]),
        ("daily", "2027-03-27 12:20", ["2027-03-28 07:30"]),
        ("daily", "2027-10-30 12:20", ["2027-10-31 07:30"]),
        ("hourly", "2027-10-31 02:20", ["2027-10-31 02:00 again"]),
        ("hourly", "2027-03-28 01:20", ["2027-03-28 03:00"]),
        ("none", "2027-02-02 12:20", []),
    ],
)
def test_a_summary_comes_as_often_as_its_recruiter_likes(summary: str, start: str, at: list[str]) -> None:
    story = a_story(start, "2027-11-20 12:00", summary=summary)
    story.matches("A", "anna", "bram")
    assert rik(story) == [f"{moment} summary A/anna A/bram" for moment in at]


def test_an_hourly_summary_holds_an_hour_and_a_daily_one_a_day() -> None:
    for summary, mails in (("hourly", 2), ("daily", 1)):
        story = a_story(summary=summary)
        story.matches("A", "anna")
        story.at("2027-02-02 12:59")
        story.matches("B", "anna")
        story.at("2027-02-02 13:01")
        story.matches("A", "bram")
        assert len(rik(story)) == mails


def test_the_same_person_again_within_the_hour_is_no_news() -> None:
    story = a_story()
    for proposed, withdrawn in (
        ("12:00", "12:02"),
        ("12:03", "12:05"),
        ("13:01", "13:03"),
        ("14:01", "14:03"),
    ):
        story.at(f"2027-02-02 {proposed}")
        story.matches("A", "anna")
        story.at(f"2027-02-02 {withdrawn}")
        story.falls_off("A", "anna")
    # shown at 12:01; 13:01 is an hour after that, and 14:01 is less than an hour after 13:02
    assert rik(story) == ["2027-02-02 12:01 summary A/anna", "2027-02-02 13:02 summary A/anna"]


def test_who_fell_off_before_the_summary_left_is_not_in_it() -> None:
    story = a_story()
    story.matches("A", "anna", "bram")
    story.at("2027-02-02 12:00:30")
    story.falls_off("A", "anna")
    assert rik(story) == ["2027-02-02 12:01 summary A/bram"]
    story.falls_off("A", "bram")
    assert rik(story) == []


def test_a_revision_is_no_news() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 14:00")
    story.matches("A", "anna", score=90)
    assert rik(story) == ["2027-02-02 12:01 summary A/anna"]


def test_there_is_no_summary_of_whose_interest_was_mailed() -> None:
    story = a_story()
    story.matches("A", "anna", "bram")
    story.at("2027-02-02 12:00:40")
    story.says("anna", "yes", "A")
    assert rik(story) == ["2027-02-02 12:00:40 interest A/anna", "2027-02-02 12:01 summary A/bram"]


def test_interest_and_summary_of_one_morning_name_a_person_once() -> None:
    story = a_story(summary="daily", interest="daily")
    story.matches("A", "anna", "bram")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    assert rik(story) == ["2027-02-03 07:30 interest A/anna", "2027-02-03 07:30 summary A/bram"]


def test_a_summary_counts_who_matches_who_was_mailed_and_who_was_not_and_why() -> None:
    story = a_story()
    story.person("c", frequency="none")
    story.person("d", min_score=90)
    story.person("e", frequency="daily")
    story.matches("A", "anna", "bram", "c", "d", "e")
    (numbers,) = story.mail("rik", "summary").tells["numbers"].values()
    assert numbers == {"match": 5, "mailed": 2, "not mailed": {"unwanted": 2, "waiting": 1}}


# Interest and its loss


@pytest.mark.parametrize(("interest", "at"), [("direct", "2027-02-02 13:00"), ("daily", "2027-02-03 07:30")])
def test_interest_is_told_at_once_or_in_the_morning(interest: str, at: str) -> None:
    story = a_story(interest=interest)
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    assert rik(story)[1:] == [f"{at} interest A/anna"]


def test_interest_that_was_taken_back_before_it_was_told_is_not_told_but_the_no_is() -> None:
    story = a_story(interest="daily")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    story.at("2027-02-02 14:00")
    story.says("anna", "no", "A", "Ik heb al iets.")
    assert rik(story)[1:] == ["2027-02-02 14:00 retreat A/anna"]
    assert story.mail("rik", "retreat").tells == {"reason": "Ik heb al iets."}


def test_yes_no_yes_is_interest_retreat_interest() -> None:
    story = a_story()
    story.matches("A", "anna")
    for hour, answer in enumerate(("yes", "no", "yes"), start=13):
        story.at(f"2027-02-02 {hour}:00")
        story.says("anna", answer, "A")
    story.at("2027-02-02 15:00:02")
    story.matches("A", "anna")
    assert [line[11:] for line in rik(story)] == [
        "12:01 summary A/anna",
        "13:00 interest A/anna",
        "14:00 retreat A/anna",
        "15:00 interest A/anna",
    ]


@pytest.mark.parametrize("decision", ["invited", "nominated"])
def test_who_was_chosen_and_steps_back_is_told_even_if_they_never_said_yes(decision: str) -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.decides(decision, "A", "anna", tell=True)
    story.at("2027-02-02 14:00")
    story.says("anna", "no", "A")
    assert rik(story)[1:] == ["2027-02-02 14:00 retreat A/anna"]


def test_who_was_chosen_and_falls_off_is_told_even_if_they_never_said_yes() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.decides("nominated", "A", "anna")
    story.at("2027-02-02 14:00")
    story.falls_off("A", "anna")
    assert rik(story)[1:] == ["2027-02-02 14:00 retreat A/anna"]


def test_back_and_forth_in_a_night_is_told_once_as_it_ended() -> None:
    story = a_story(quiet_hours=True)
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    for hour, answer in (("22", "no"), ("23", "yes")):
        story.at(f"2027-02-02 {hour}:00")
        story.says("anna", answer, "A")
    assert rik(story)[2:] == []
    story.at("2027-02-02 23:30")
    story.says("anna", "no", "A")
    assert rik(story)[2:] == ["2027-02-03 07:00 retreat A/anna"]


def test_a_no_of_who_never_said_yes_is_no_mail() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "no", "A")
    assert rik(story) == ["2027-02-02 12:01 summary A/anna"]


@pytest.mark.parametrize(
    ("reason", "tells"),
    [
        (WithdrawalReason.ASSIGNMENT_CHANGED, {"rules": (Rule.RATE,), "named": True}),
        (WithdrawalReason.PROFILE_CHANGED, {"rules": (Rule.RATE,), "named": True}),
        (WithdrawalReason.POLICY_CHANGED, {"rules": (Rule.RATE,), "named": True}),
        (WithdrawalReason.PROFILE_ERASED, {"rules": (Rule.RATE,), "named": False}),
        (WithdrawalReason.ASSIGNMENT_CLOSED, None),
    ],
)
def test_who_said_yes_and_fell_off_is_told_with_the_rules(
    reason: WithdrawalReason, tells: dict[str, Any] | None
) -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    story.at("2027-02-03 10:00")
    story.falls_off("A", "anna", reason, Rule.RATE)
    assert rik(story)[2:] == ([] if tells is None else ["2027-02-03 10:00 retreat A/anna"])
    if tells is not None:
        assert story.mail("rik", "retreat").tells == tells


def test_who_is_back_before_it_was_told_did_not_retreat() -> None:
    story = a_story(quiet_hours=True)
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    story.at("2027-02-02 22:00")
    story.falls_off("A", "anna")
    story.at("2027-02-02 23:00")
    story.matches("A", "anna")
    assert [line[17:] for line in rik(story)] == ["summary A/anna", "interest A/anna"]


def test_who_is_back_after_it_was_told_is_a_new_match() -> None:
    story = a_story()
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    story.at("2027-02-02 14:00")
    story.falls_off("A", "anna")
    story.at("2027-02-02 15:00")
    story.matches("A", "anna")
    assert rik(story)[2:] == ["2027-02-02 14:00 retreat A/anna", "2027-02-02 15:01 summary A/anna"]


# Warnings and reminders


@pytest.mark.parametrize("end", ["", "interest", "closed"])
def test_that_nobody_is_interested_is_told_at_once_while_it_is_so(end: str) -> None:
    story = a_story(quiet_hours=True)
    story.matches("A", "anna")
    story.at("2027-02-19 22:00")
    story.nobody_is_interested("A")
    story.at("2027-02-19 23:00")
    if end == "interest":
        story.says("anna", "yes", "A")
    elif end == "closed":
        story.closes("A", "withdrawn", "anna")
    warnings = [line for line in rik(story) if "warning" in line]
    assert warnings == ([] if end else ["2027-02-20 07:00 warning A"])


def test_a_warning_counts_the_told() -> None:
    story = a_story()
    story.person("c", frequency="none")
    story.matches("A", "anna", "c")
    story.at("2027-02-19 12:00")
    story.nobody_is_interested("A")
    assert story.mail("rik", "warning").tells["numbers"] == {
        "match": 2,
        "mailed": 1,
        "not mailed": {"unwanted": 1},
    }


def test_a_week_before_it_closes_by_itself_its_recruiter_is_reminded() -> None:
    # respond_by 20 February, closing 30 days later on 22 March
    story = a_story()
    assert [line for line in story.mailbox("rik") if line.endswith("A")] == ["2027-03-15 12:00 expiring A"]
    story.at("2027-03-01 12:00")
    story.changes("A", respond_by="2027-03-10 12:00")
    story.closes("B", "withdrawn")
    # 30 days of which one has 23 hours
    assert story.mailbox("rik") == ["2027-04-02 13:00 expiring A"]


# Quiet hours, and an address that takes no mail


def test_everything_waits_for_the_end_of_a_recruiters_quiet_hours() -> None:
    story = a_story("2027-02-02 21:00", quiet_hours=True)
    story.matches("A", "anna")
    story.at("2027-02-02 21:10")
    story.says("anna", "yes", "A")
    story.at("2027-02-02 23:00")
    story.matches("A", "bram")
    story.matches("B", "anna")
    assert rik(story) == ["2027-02-03 07:00 interest A/anna", "2027-02-03 07:00 summary A/bram B/anna"]


def test_without_quiet_hours_a_recruiter_is_told_at_night() -> None:
    story = a_story("2027-02-02 23:00")
    story.matches("A", "anna")
    assert rik(story) == ["2027-02-02 23:01 summary A/anna"]


def test_an_address_that_does_not_exist_rests_until_it_is_released() -> None:
    story = a_story()
    story.server_says(
        Refused(550, "5.1.1", "rcpt"), "2027-02-02 12:00", "2027-02-02 13:00", "rik@example.org"
    )
    story.matches("A", "anna")
    story.at("2027-02-02 14:00")
    story.says("anna", "yes", "A")
    story.at("2027-02-02 15:00")
    story.releases("Rik@example.org")
    story.matches("A", "bram")
    assert rik(story) == ["2027-02-02 15:01 summary A/bram"]


def test_so_does_one_whose_mail_came_back() -> None:
    story = a_story()
    story.comes_back("rik@example.org", "2027-02-02 12:00", "2027-02-02 12:30", "5.2.1")
    story.matches("A", "anna")
    story.at("2027-02-02 14:00")
    story.says("anna", "yes", "A")
    assert rik(story) == ["2027-02-02 12:01 summary A/anna"]
    assert story.outcome("A", "anna", "interest") == "suppressed"


def test_a_recruiter_is_one_address_however_it_is_written() -> None:
    story = a_story()
    story.opens("C", respond_by="2027-02-20 12:00", recruiter="RIK")
    story.matches("A", "anna")
    story.matches("C", "anna")
    assert rik(story) == ["2027-02-02 12:01 summary A/anna C/anna"]
