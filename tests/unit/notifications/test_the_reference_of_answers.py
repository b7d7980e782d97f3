"""What an answer does, when one is too late, and until when a mail's links work; as cases by hand."""

import pytest
from support.mailboxes import links, wall_clock
from support.stories import Story

TAKEN, REPEATED, LATE = "taken", "the same answer stands already", "too late"


def a_story(respond_by: str = "2027-02-20 12:00", frequency: str = "direct") -> Story:
    story = Story("2027-02-02 12:00")
    story.person("anna", frequency=frequency)
    story.opens("A", respond_by=respond_by)
    story.matches("A", "anna")
    return story


def answers(story: Story, *said: str) -> list[str]:
    """Say these, an hour apart, from Wednesday at 10:00 on; matching proposes anew who came back."""
    for hour, answer in enumerate(said, start=10):
        story.at(f"2027-02-03 {hour}:00")
        story.says("anna", answer, "A")
    return story.pages()


@pytest.mark.parametrize(
    ("said", "pages"),
    [
        (["yes", "no", "yes", "no"], [TAKEN] * 4),
        (["no", "yes", "no"], [TAKEN] * 3),
        (["yes", "yes"], [TAKEN, REPEATED]),
        (["yes", "later"], [TAKEN, "it already stands as interested"]),
        (["no", "later"], [TAKEN, LATE]),
        (["later", "yes"], ["2027-02-04 07:30", TAKEN]),
    ],
)
def test_until_a_decision_the_latest_answer_counts_in_any_order(said: list[str], pages: list[str]) -> None:
    assert answers(a_story(), *said) == pages


def test_at_respond_by_a_yes_is_too_late() -> None:
    story = a_story("2027-02-03 10:00")
    assert answers(story, "yes") == [LATE]


def test_who_did_not_answer_by_then_cannot_say_no_either() -> None:
    assert answers(a_story("2027-02-03 09:00"), "no") == [LATE]


@pytest.mark.parametrize("chosen", ["", "invited", "nominated"])
def test_stepping_back_is_possible_until_the_opdracht_closes(chosen: str) -> None:
    story = a_story("2027-02-03 12:00")
    story.at("2027-02-03 11:00")
    story.says("anna", "yes", "A")
    story.at("2027-02-05 11:00")
    if chosen:
        story.decides(chosen, "A", "anna")
    story.at("2027-02-06 11:00")
    story.says("anna", "no", "A")
    story.says("anna", "yes", "A")
    assert story.pages() == [TAKEN, TAKEN, LATE]


def test_after_it_closed_nothing_can_be_answered() -> None:
    story = a_story()
    story.at("2027-02-03 11:00")
    story.says("anna", "yes", "A")
    story.closes("A", "filled", "anna")
    story.says("anna", "no", "A")
    assert story.pages() == [TAKEN, LATE]


@pytest.mark.parametrize("decision", ["invited", "nominated", "rejected"])
def test_a_decision_ends_a_yes(decision: str) -> None:
    story = a_story()
    story.at("2027-02-03 11:00")
    story.decides(decision, "A", "anna")
    story.says("anna", "yes", "A")
    assert story.pages() == [LATE]


def test_who_was_rejected_can_answer_again_once_it_was_taken_back() -> None:
    story = a_story()
    story.at("2027-02-03 11:00")
    story.decides("rejected", "A", "anna")
    story.says("anna", "no", "A")
    story.decides("reopened", "A", "anna")
    story.matches("A", "anna")
    story.says("anna", "yes", "A")
    assert story.pages() == [LATE, TAKEN]


def test_what_fell_off_can_no_longer_be_answered() -> None:
    story = a_story()
    story.at("2027-02-03 11:00")
    story.falls_off("A", "anna")
    story.says("anna", "yes", "A")
    story.says("anna", "later", "A")
    assert story.pages() == [LATE, LATE]


def test_ten_answers_a_match_are_taken() -> None:
    pages = answers(a_story(), *(["yes", "no"] * 6))
    assert pages == [TAKEN] * 10 + ["answered too often", REPEATED]


@pytest.mark.parametrize(
    ("frequency", "respond_by", "page"),
    [
        ("direct", "2027-02-20 12:00", "2027-02-04 07:30"),
        ("daily", "2027-02-20 12:00", "2027-02-04 07:30"),
        ("weekly", "2027-02-20 12:00", "2027-02-08 07:30"),
        ("weekly", "2027-02-06 12:00", "2027-02-04 07:30"),
        ("weekly", "2027-02-04 07:30", LATE),
        ("direct", "2027-02-03 17:00", LATE),
    ],
)
def test_later_is_the_next_digest_before_respond_by(frequency: str, respond_by: str, page: str) -> None:
    story = a_story(respond_by, frequency)
    assert answers(story, "later") == [page]


def test_who_wants_no_mail_cannot_be_told_later() -> None:
    story = a_story()
    story.at("2027-02-03 09:00")
    story.unsubscribes("anna")
    assert answers(story, "later") == [LATE]


def test_later_is_told_as_often_as_it_is_asked_and_not_after_an_answer() -> None:
    story = a_story()
    answers(story, "later")
    story.at("2027-02-04 10:00")
    story.says("anna", "later", "A")
    story.at("2027-02-05 10:00")
    story.says("anna", "later", "A")
    story.says("anna", "yes", "A")
    assert story.mailbox("anna", "answered") == [
        "2027-02-02 12:00 match A",
        "2027-02-04 07:30 digest A",
        "2027-02-05 07:30 digest A",
    ]


def test_later_gives_way_to_an_earlier_respond_by() -> None:
    story = a_story()
    story.at("2027-02-02 13:00")
    story.chooses("anna", frequency="weekly")
    answers(story, "later")
    story.at("2027-02-05 10:00")
    story.changes("A", respond_by="2027-02-07 12:00")
    story.at("2027-02-05 20:00")
    story.changes("A", respond_by="2027-02-06 06:00")
    assert story.mailbox("anna")[1:] == ["2027-02-05 20:00 later A"]


def test_later_revives_what_could_not_be_told() -> None:
    story = Story("2027-02-02 12:00")
    story.person("anna", frequency="none")
    story.opens("A", respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    story.at("2027-02-03 10:00")
    story.chooses("anna", frequency="direct", min_score=90)
    assert story.outcome("A", "anna") == "unwanted"
    story.at("2027-02-03 11:00")
    story.chooses("anna", frequency="weekly")
    story.says("anna", "later", "A")
    assert story.mailbox("anna") == ["2027-02-08 07:30 digest A"]


# Links


def test_a_link_to_answer_works_until_thirty_days_after_the_closing() -> None:
    closed = wall_clock.read("2027-02-02 12:00")
    assert links.answer_link_works(wall_clock.read("2030-02-02 12:00"), None)
    assert links.answer_link_works(wall_clock.read("2027-03-04 11:59"), closed)
    assert not links.answer_link_works(wall_clock.read("2027-03-04 12:00"), closed)
    assert not links.answer_link_works(closed, None, erased=True)


def test_a_link_to_preferences_works_for_a_hundred_and_eighty_days() -> None:
    signed = wall_clock.read("2027-01-01 12:00")
    assert links.preferences_link_works(wall_clock.read("2027-06-30 12:59"), signed)
    assert not links.preferences_link_works(wall_clock.read("2027-06-30 13:00"), signed)
    assert not links.preferences_link_works(signed, signed, erased=True)


def test_a_link_to_unsubscribe_never_ends_but_with_its_person() -> None:
    assert links.unsubscribe_link_works()
    assert not links.unsubscribe_link_works(erased=True)
