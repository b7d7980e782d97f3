"""What is told of decisions and of the closing; as cases worked out by hand."""

import pytest
from contracts.vocabulary import Decision, ReasonCode
from support.stories import Story

NEW = ("match", "digest")


def a_yes(*, quiet: bool = False) -> Story:
    """Anna was told of A on Tuesday at 12:00 and said yes at 13:00."""
    story = Story("2027-02-02 12:00")
    story.person("anna", quiet=quiet)
    story.opens("A", respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    story.says("anna", "yes", "A")
    return story


def news(story: Story) -> list[str]:
    return story.mailbox("anna", *NEW, "answered")


# Decisions


@pytest.mark.parametrize("decision", ["invited", "nominated", "rejected"])
def test_a_decision_is_told_after_half_a_minute_to_who_says_yes(decision: str) -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.decides(decision, "A", "anna", message="Fijn je te spreken.", reason_code=ReasonCode.ERVARING)
    assert news(story) == [f"2027-02-03 10:00:30 {decision} A"]
    assert story.mail("anna", decision).tells == {
        "message": "Fijn je te spreken.",
        "reason_code": ReasonCode.ERVARING,
    }


@pytest.mark.parametrize(
    ("answer", "tell", "told"),
    [
        (None, None, False),
        (None, True, True),
        (None, False, False),
        ("yes", False, False),
        ("yes", True, True),
    ],
)
def test_the_recruiter_may_tell_others_or_keep_silent(
    answer: str | None, tell: bool | None, told: bool
) -> None:
    story = Story("2027-02-02 12:00")
    story.person("anna")
    story.opens("A", respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    story.at("2027-02-02 13:00")
    if answer is not None:
        story.says("anna", answer, "A")
    story.at("2027-02-03 10:00")
    story.decides("rejected", "A", "anna", tell=tell)
    assert news(story) == (["2027-02-03 10:00:30 rejected A"] if told else [])


def test_a_decision_that_is_taken_back_in_time_is_not_told() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.decides("rejected", "A", "anna")
    story.at("2027-02-03 10:00:29")
    story.decides("reopened", "A", "anna")
    assert news(story) == []


def test_after_it_left_a_correction_follows() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.decides("rejected", "A", "anna")
    story.at("2027-02-03 10:01")
    story.decides("reopened", "A", "anna")
    assert news(story) == ["2027-02-03 10:00:30 rejected A", "2027-02-03 10:01 reopened A"]
    assert story.mail("anna", "reopened").tells == {"takes_back": Decision.REJECTED}


def test_of_what_was_not_told_no_correction_follows() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.decides("nominated", "A", "anna", tell=False)
    story.at("2027-02-03 11:00")
    story.decides("reopened", "A", "anna")
    assert news(story) == []


def test_a_second_decision_replaces_one_that_has_not_left() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.decides("invited", "A", "anna")
    story.at("2027-02-03 10:00:20")
    story.decides("nominated", "A", "anna")
    assert news(story) == ["2027-02-03 10:00:50 nominated A"]


def test_a_decision_of_the_night_waits_for_seven_whatever_becomes_of_the_match() -> None:
    story = a_yes(quiet=True)
    story.at("2027-02-03 22:00")
    story.decides("nominated", "A", "anna")
    story.at("2027-02-03 23:59")
    story.closes("A", "filled", "anna")
    assert news(story) == ["2027-02-04 07:00 nominated A", "2027-02-04 07:00 closed A"]


def test_who_steps_back_first_is_not_told_of_an_invitation() -> None:
    story = a_yes(quiet=True)
    story.at("2027-02-03 22:00")
    story.decides("invited", "A", "anna")
    story.at("2027-02-03 22:30")
    story.says("anna", "no", "A")
    assert news(story) == []


# Closing


@pytest.mark.parametrize("reason", ["filled", "withdrawn", "expired"])
def test_who_says_yes_hears_how_it_ended(reason: str) -> None:
    story = a_yes()
    story.person("bram")
    story.matches("A", "bram")
    story.at("2027-02-03 10:00")
    story.closes("A", reason, "anna", "bram")
    assert news(story) == ["2027-02-03 10:00:30 closed A"]
    assert story.mail("anna", "closed").tells == {"reason": reason}
    assert story.mailbox("bram", *NEW) == []


def test_who_fell_off_hears_it_too_and_who_said_no_does_not() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.falls_off("A", "anna")
    story.at("2027-02-04 10:00")
    story.closes("A")
    assert news(story) == ["2027-02-03 10:00 dropped A", "2027-02-04 10:00:30 closed A"]
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.says("anna", "no", "A")
    story.closes("A")
    assert news(story) == []


@pytest.mark.parametrize("closed_at", ["2027-02-03 10:00:10", "2027-02-03 12:00"])
def test_who_is_told_of_a_rejection_is_not_told_of_the_closing(closed_at: str) -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.decides("rejected", "A", "anna")
    story.at(closed_at)
    story.closes("A")
    assert news(story) == ["2027-02-03 10:00:30 rejected A"]


def test_who_was_rejected_in_silence_hears_of_the_closing() -> None:
    story = a_yes()
    story.at("2027-02-03 10:00")
    story.decides("rejected", "A", "anna", tell=False)
    story.at("2027-02-03 12:00")
    story.closes("A")
    assert news(story) == ["2027-02-03 12:00:30 closed A"]
