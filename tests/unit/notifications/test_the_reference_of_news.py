"""What is told after an answer: confirmed, changed, fallen off; and who ends that too: cases by hand."""

from typing import Any

import pytest
from contracts.vocabulary import Rule, WithdrawalReason
from support.mailboxes import wall_clock
from support.mailboxes.mail_server import Refused, TryLater
from support.stories import Story

NEW = ("match", "digest")


def a_yes(respond_by: str = "2027-02-20 12:00", **wishes: Any) -> Story:
    """Anna was told of A on Tuesday at 12:00 and said yes at 13:00."""
    story = Story("2027-02-02 12:00")
    story.person("anna", **wishes)
    story.opens("A", respond_by=respond_by)
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    return story


def news(story: Story) -> list[str]:
    return story.mailbox("anna", *NEW, "answered")


# A yes is confirmed


def test_a_yes_is_confirmed_at_once_and_a_later_no_on_the_page_only() -> None:
    story = a_yes()
    story.at("2027-02-02 14:00")
    story.says("anna", "no", "A")
    assert story.mailbox("anna", *NEW) == ["2027-02-02 13:00 answered A"]


def test_the_same_yes_is_confirmed_once_and_a_new_one_after_a_no_again() -> None:
    story = a_yes()
    story.at("2027-02-02 14:00")
    story.says("anna", "yes", "A", "Graag!")
    story.at("2027-02-02 15:00")
    story.says("anna", "no", "A")
    story.at("2027-02-02 16:00")
    story.says("anna", "yes", "A")
    assert story.mailbox("anna", *NEW) == ["2027-02-02 13:00 answered A", "2027-02-02 16:00 answered A"]


def test_news_waits_for_seven_and_for_nothing_else() -> None:
    story = a_yes(quiet=True, min_score=0)
    story.chooses("anna", frequency="none", min_score=100, quiet=True)
    for minute in range(4):
        story.at(f"2027-02-02 22:0{minute}")
        story.says("anna", "no", "A")
        story.says("anna", "yes", "A")
    assert story.mailbox("anna") == [
        "2027-02-02 12:00 match A",
        "2027-02-02 13:00 answered A",
        "2027-02-03 07:00 answered A",
    ]


def test_a_yes_that_was_taken_back_before_its_confirmation_left_is_not_confirmed() -> None:
    story = a_yes(quiet=True)
    story.at("2027-02-02 22:00")
    story.says("anna", "no", "A")
    story.says("anna", "yes", "A")
    story.at("2027-02-02 22:01")
    story.says("anna", "no", "A")
    assert news(story) == []
    assert story.mailbox("anna", *NEW) == ["2027-02-02 13:00 answered A"]


# Changes


def test_a_changed_fact_is_told_ten_minutes_later_old_and_new() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.changes("A", rate_max_cents=8900)
    assert news(story) == ["2027-02-03 10:10 changed A"]
    assert story.mail("anna", "changed").tells == {"changes": {"rate_max_cents": (9500, 8900)}}


def test_changes_are_gathered_from_the_first_and_told_as_one() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.changes("A", rate_max_cents=8900)
    story.at("2027-02-03 10:09")
    story.changes("A", rate_max_cents=9000, onsite_days=4)
    story.at("2027-02-03 10:11")
    story.changes("A", description="Anders.")
    story.changes("A", hours_max=36)
    assert news(story) == ["2027-02-03 10:10 changed A", "2027-02-03 10:21 changed A"]
    first = story.told.of("anna@example.org")[-2]
    assert first.tells == {"changes": {"rate_max_cents": (9500, 9000), "onsite_days": (2, 4)}}
    assert story.mail("anna", "changed").tells == {"changes": {"hours_max": (32, 36)}}


def test_a_change_that_was_undone_is_not_told() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.changes("A", rate_max_cents=8900)
    story.at("2027-02-03 10:05")
    story.changes("A", rate_max_cents=9500)
    assert news(story) == []
    assert story.outcome("A", "anna", "changed") == "cancelled"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"level": "senior"}, True),
        ({"hours_min": 24}, True),
        ({"place": {"name": "Amersfoort", "latitude": 52.16, "longitude": 5.39}}, True),
        ({"place": {"name": "Utrecht", "latitude": 52.0901, "longitude": 5.12}}, False),
        ({"starts_on": "2027-12-15"}, True),
        ({"ends_on": "2028-07-01"}, True),
        ({"contract_forms": ["zzp", "detachering"]}, True),
        ({"description": "Anders."}, False),
        ({"desired_specialisms": ["redactie"]}, False),
        ({"positions": 2}, False),
        ({"urgency": "spoed"}, False),
    ],
)
def test_only_facts_that_a_mail_told_are_told_when_they_change(changes: dict[str, Any], told: bool) -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.changes("A", **changes)
    assert news(story) == (["2027-02-03 10:10 changed A"] if told else [])


@pytest.mark.parametrize(
    ("respond_by", "at"),
    [
        ("2027-02-03 10:10", "2027-02-03 10:00"),
        ("2027-02-03 10:10:01", "2027-02-03 10:10"),
        ("2027-02-27 12:00", "2027-02-03 10:10"),
    ],
)
def test_a_respond_by_within_ten_minutes_is_told_at_once(respond_by: str, at: str) -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.changes("A", respond_by=respond_by)
    assert news(story) == [f"{at} changed A"]
    old, new = story.mail("anna", "changed").tells["changes"]["respond_by"]
    assert (wall_clock.written(old), wall_clock.written(new)) == ("2027-02-20 12:00", respond_by)


def test_whoever_did_not_say_yes_is_not_bothered_with_changes() -> None:
    story = a_yes()
    story.person("bram")
    story.person("chris")
    story.matches("A", "bram", "chris")
    story.at("2027-02-02 14:00")
    story.says("chris", "no", "A")
    story.at("2027-02-03 10:00")
    story.changes("A", rate_max_cents=8900)
    assert story.mailbox("bram", *NEW) == []
    assert story.mailbox("chris", *NEW) == []


def test_what_changed_is_told_against_the_mail_that_they_had() -> None:
    story = Story("2027-02-02 12:00")
    story.person("anna")
    story.opens("A", respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.changes("A", rate_max_cents=8900)
    story.at("2027-02-02 14:00")
    story.says("anna", "yes", "A")
    story.at("2027-02-02 15:00")
    story.changes("A", onsite_days=3)
    assert news(story) == ["2027-02-02 15:10 changed A"]
    assert story.mail("anna", "changed").tells == {
        "changes": {"rate_max_cents": (9500, 8900), "onsite_days": (2, 3)}
    }


def test_who_says_yes_while_changes_are_gathered_is_told_of_them_too() -> None:
    story = Story("2027-02-02 12:00")
    story.person("anna")
    story.opens("A", respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    story.at("2027-02-03 10:00")
    story.changes("A", rate_max_cents=8900)
    story.at("2027-02-03 10:05")
    story.says("anna", "yes", "A")
    assert news(story) == ["2027-02-03 10:10 changed A"]


@pytest.mark.parametrize("decision", ["invited", "nominated"])
def test_who_is_invited_or_nominated_is_told_of_changes_while_the_recruiter_selects(decision: str) -> None:
    story = a_yes("2027-02-05 12:00")
    story.at("2027-02-06 10:00")
    story.decides(decision, "A", "anna", tell=False)
    story.at("2027-02-07 10:00")
    story.changes("A", starts_on="2027-12-15")
    assert news(story) == ["2027-02-07 10:10 changed A"]


def test_changes_of_a_night_are_one_mail_at_seven() -> None:
    story = a_yes(quiet=True)
    story.at("2027-02-03 22:00")
    story.changes("A", rate_max_cents=8900)
    story.at("2027-02-04 02:00")
    story.changes("A", onsite_days=3)
    assert news(story) == ["2027-02-04 07:00 changed A"]


# Fallen off


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (WithdrawalReason.ASSIGNMENT_CHANGED, True),
        (WithdrawalReason.PROFILE_CHANGED, True),
        (WithdrawalReason.POLICY_CHANGED, True),
        (WithdrawalReason.ASSIGNMENT_CLOSED, False),
        (WithdrawalReason.PROFILE_ERASED, False),
    ],
)
def test_who_said_yes_and_fell_off_is_told_the_rules(reason: WithdrawalReason, told: bool) -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.falls_off("A", "anna", reason, Rule.RATE, Rule.HOURS)
    assert news(story) == (["2027-02-03 10:00 dropped A"] if told else [])
    if told:
        assert story.mail("anna", "dropped").tells == {"rules": (Rule.RATE, Rule.HOURS)}


def test_who_did_not_answer_falls_off_in_silence() -> None:
    story = Story("2027-02-02 12:00")
    story.person("anna")
    story.opens("A", respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.falls_off("A", "anna")
    assert story.mailbox("anna") == ["2027-02-02 12:00 match A"]


def test_what_is_back_before_it_was_told_is_not_told() -> None:
    story = a_yes(quiet=True)
    story.at("2027-02-02 22:00")
    story.falls_off("A", "anna")
    story.at("2027-02-03 06:00")
    story.matches("A", "anna")
    assert news(story) == []
    assert story.mailbox("anna", "answered") == ["2027-02-02 12:00 match A"]


# Who wants no mail


def test_no_mail_on_new_opdrachten_leaves_the_news() -> None:
    story = a_yes()
    story.at("2027-02-02 14:00")
    story.unsubscribes("anna")
    story.opens("B", respond_by="2027-02-20 12:00")
    story.matches("B", "anna")
    story.closes("A", "filled", "anna")
    assert story.mailbox("anna")[2:] == ["2027-02-02 14:00:30 closed A"]


def test_a_second_choice_ends_the_news_too_for_everybody_at_the_address() -> None:
    story = a_yes()
    story.person("anna-zzp", email="ANNA@example.org")
    story.at("2027-02-02 14:00")
    story.chooses("anna-zzp", frequency="none", news=False)
    story.closes("A", "filled", "anna")
    assert news(story) == []
    assert story.outcome("A", "anna", "closed") == "unwanted"


def test_unsubscribing_counts_for_everybody_at_the_address_until_they_choose_again() -> None:
    story = Story("2027-02-02 12:00")
    story.person("anna")
    story.person("anna-zzp", email="ANNA@example.org")
    story.opens("A", respond_by="2027-02-20 12:00")
    story.unsubscribes("anna")
    story.matches("A", "anna-zzp")
    assert story.outcome("A", "anna-zzp") == "unwanted"
    story.at("2027-02-03 09:00")
    story.person("anna-zzp", email="ANNA@example.org", quiet=True)
    assert story.mailbox("anna") == []
    story.at("2027-02-03 10:00")
    story.chooses("anna", frequency="weekly")
    assert story.mailbox("anna") == ["2027-02-03 10:00 match A"]


def test_a_suppressed_address_gets_no_news_either() -> None:
    story = a_yes()
    story.server_says(Refused(550, "5.1.1", "rcpt"), "2027-02-03 00:00", "2027-02-03 12:00")
    story.at("2027-02-03 10:00")
    story.decides("nominated", "A", "anna")
    story.at("2027-02-03 14:00")
    story.closes("A", "filled", "anna")
    assert (story.outcome("A", "anna", "nominated"), story.outcome("A", "anna", "closed")) == (
        "refused",
        "suppressed",
    )


def test_news_is_tried_again_for_two_days() -> None:
    story = a_yes()
    story.server_says(TryLater(), "2027-02-03 00:00", "2027-02-03 10:05")
    story.at("2027-02-03 10:00")
    story.closes("A", "filled", "anna")
    assert news(story) == ["2027-02-03 10:05:45 closed A"]
    story.server_says(Refused(550, "5.7.1", "data"), "2027-02-03 10:05", "2027-02-06 00:00")
    assert news(story) == []
    assert story.outcome("A", "anna", "closed") == "refused"
