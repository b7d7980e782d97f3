"""Three direct mails a day to an address, and what becomes of the fourth: as cases worked out by hand."""

from typing import Any

from support.mailboxes.mail_server import TryLater
from support.stories import Story


def a_story(
    start: str = "2027-02-02 12:00", respond_by: str = "2027-02-20 12:00", **preferences: Any
) -> Story:
    """Anna, as she prefers to be told, and an opdracht A."""
    story = Story(start)
    story.person("anna", **preferences)
    story.opens("A", respond_by=respond_by)
    return story


def four(story: Story, *, urgent: str = "", respond_by: str = "2027-02-20 12:00") -> None:
    """Opdrachten B, C, D and E open and match anna, a minute apart."""
    hour = "2027-02-02 13"
    for minute, title in enumerate("BCDE"):
        story.at(f"{hour}:{minute:02}")
        story.opens(title, respond_by=respond_by, urgency="spoed" if title in urgent else "normaal")
        story.matches(title, "anna")


def test_the_fourth_direct_mail_of_a_day_goes_in_the_next_mornings_digest() -> None:
    story = a_story()
    four(story)
    assert story.mailbox("anna") == [
        "2027-02-02 13:00 match B",
        "2027-02-02 13:01 match C",
        "2027-02-02 13:02 match D",
        "2027-02-03 07:30 digest E",
    ]


def test_the_fourth_goes_at_once_where_the_next_morning_is_too_late() -> None:
    story = a_story()
    four(story, respond_by="2027-02-03 07:30")
    assert story.mailbox("anna")[3:] == ["2027-02-02 13:03 match E"]


def test_urgent_work_passes_the_limit_but_counts() -> None:
    story = a_story()
    four(story, urgent="BCE")
    assert story.mailbox("anna")[3:] == ["2027-02-02 13:03 match E"]
    story.opens("F", respond_by="2027-02-20 12:00")
    story.matches("F", "anna")
    assert story.mailbox("anna")[4:] == ["2027-02-03 07:30 digest F"]


def test_urgent_work_does_not_pass_the_quiet_hours() -> None:
    story = Story("2027-02-02 22:00")
    story.person("anna", quiet=True)
    story.opens("A", respond_by="2027-02-20 12:00", urgency="spoed")
    story.matches("A", "anna")
    assert story.mailbox("anna") == ["2027-02-03 07:00 match A"]


def test_the_day_begins_at_midnight() -> None:
    story = a_story("2027-02-02 23:50")
    for title in "BCDE":
        story.opens(title, respond_by="2027-02-20 12:00")
    story.matches("A", "anna")
    story.matches("B", "anna")
    story.matches("C", "anna")
    story.at("2027-02-03 00:00")
    story.matches("D", "anna")
    story.at("2027-02-03 07:29")
    story.matches("E", "anna")
    assert [line[11:16] for line in story.mailbox("anna")] == ["23:50", "23:50", "23:50", "00:00", "07:29"]


def test_the_limit_is_of_an_address_over_its_profiles_however_it_is_written() -> None:
    story = a_story()
    story.person("anna-zzp", email="ANNA@Example.org")
    four(story)
    story.matches("A", "anna-zzp")
    assert story.mailbox("anna")[3:] == ["2027-02-03 07:30 digest E", "2027-02-03 07:30 digest A"]


def test_what_was_held_for_seven_counts_on_that_day_and_its_fourth_goes_at_half_past() -> None:
    story = a_story("2027-02-02 22:00", quiet=True)
    for title in "BCD":
        story.opens(title, respond_by="2027-02-20 12:00")
    for title in "ABCD":
        story.matches(title, "anna")
    assert story.mailbox("anna") == [
        "2027-02-03 07:00 match A",
        "2027-02-03 07:00 match B",
        "2027-02-03 07:00 match C",
        "2027-02-03 07:30 digest D",
    ]


def test_urgent_work_that_waited_goes_first() -> None:
    story = a_story("2027-02-02 22:00", quiet=True)
    for title in "BCD":
        story.opens(title, respond_by="2027-02-20 12:00", urgency="spoed" if title == "D" else "normaal")
    for title in "ABCD":
        story.matches(title, "anna")
    assert [line[11:] for line in story.mailbox("anna")] == [
        "07:00 match D",
        "07:00 match A",
        "07:00 match B",
        "07:30 digest C",
    ]


def test_a_mail_that_was_withdrawn_unsent_does_not_count() -> None:
    story = a_story()
    story.server_says(TryLater(), "2027-02-02 12:00", "2027-02-02 12:30")
    story.matches("A", "anna")
    story.at("2027-02-02 12:10")
    story.falls_off("A", "anna")
    four(story)
    assert [line[17:] for line in story.mailbox("anna")] == ["match B", "match C", "match D", "digest E"]


def test_a_mail_in_the_air_counts() -> None:
    story = a_story()
    story.server_says(TryLater(), "2027-02-02 13:00", "2027-02-02 14:00")
    four(story)
    assert [line[:16] for line in story.mailbox("anna")][3:] == ["2027-02-03 07:30"]


def test_a_digest_does_not_count() -> None:
    story = a_story(frequency="daily")
    story.matches("A", "anna")
    story.at("2027-02-03 08:00")
    story.chooses("anna", frequency="direct")
    for title in "BCD":
        story.opens(title, respond_by="2027-02-20 12:00")
        story.matches(title, "anna")
    assert [line[17:] for line in story.mailbox("anna")] == ["digest A", "match B", "match C", "match D"]
