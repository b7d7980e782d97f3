"""The closing moment of an opdracht, and the first day of work, as a calendar file (RFC 5545).

A calendar is often shared, so nothing in it opens anything: whoever wants to answer is sent to the mail. An
opdracht has one entry, whoever gets it and however often: a later file takes the place of an earlier one.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from contracts.events import PlacementAgreed
from icalendar import Alarm, Calendar, Event
from words.legible import clean

from notifications.domain.match import Assignment
from notifications.words import subjects

METHOD = "PUBLISH"
FILENAME = "reageren-kan-tot.ics"
FIRST_DAY = "eerste-dag.ics"
LONG = timedelta(minutes=30)
REMIND = timedelta(days=-1)


def closing_moment(assignment: Assignment, domain: str, now: datetime) -> str:
    """Return the last half hour in which one can respond, with a reminder a day before.

    SEQUENCE rises with the assignment's version.
    """
    uid = f"{assignment.assignment_id}@{domain}"
    hour = now.replace(minute=0, second=0, microsecond=0)
    client = clean(assignment.facts.organisation.name)
    moment = subjects.closing_moment(assignment)
    return _calendar(uid, assignment.version - 1, moment, client, assignment.facts.respond_by, hour)


def first_day(terms: PlacementAgreed, assignment: Assignment, domain: str, now: datetime) -> str:
    """Return the first day of somebody's work. SEQUENCE rises with the placement's version."""
    event = Event()
    event.add("uid", f"{terms.placement_id}@{domain}")
    event.add("sequence", terms.version - 1)
    event.add("dtstamp", now.replace(minute=0, second=0, microsecond=0))
    event.add("dtstart", terms.starts_on)
    event.add("dtend", terms.starts_on + timedelta(days=1))
    event.add("summary", f"Eerste dag: {clean(assignment.facts.title)}")
    event.add("description", f"{clean(assignment.facts.organisation.name)}.")
    event.add("transp", "TRANSPARENT")
    return _written(event)


@lru_cache(maxsize=64)  # an opdracht goes to many
def _calendar(
    uid: str, sequence: int, moment: str, client: str, respond_by: datetime, written_at: datetime
) -> str:
    until = respond_by.astimezone(UTC)
    event = Event()
    event.add("uid", uid)
    event.add("sequence", sequence)
    event.add("dtstamp", written_at)
    event.add("dtstart", until - LONG)
    event.add("dtend", until)
    event.add("summary", moment)
    event.add("description", f"{client}. Antwoorden doe je vanuit de mail over deze opdracht.")
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", moment)
    alarm.add("trigger", REMIND)
    event.add_component(alarm)
    return _written(event)


def _written(event: Event) -> str:
    calendar = Calendar()
    calendar.add("prodid", "-//Opdrachten//NL")
    calendar.add("version", "2.0")
    calendar.add("method", METHOD)
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written.decode()
