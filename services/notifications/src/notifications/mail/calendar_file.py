"""The closing moment of an opdracht as a calendar file (RFC 5545)."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from icalendar import Alarm, Calendar, Event

from notifications.domain.match import Assignment
from notifications.words import nl_sentences

LONG = timedelta(minutes=30)
REMIND = timedelta(days=-1)
ALARM = "BEGIN:VALARM"
FOLD = 74  # octets on a line, beside the blank before it (RFC 5545, 3.1); a link has ASCII only


def closing_moment(assignment: Assignment, domain: str, link: str, now: datetime) -> str:
    """Return the last half hour in which one can respond, with a reminder a day before."""
    facts = assignment.facts
    uid = f"{assignment.assignment_id}@{domain}"
    hour = now.replace(minute=0, second=0, microsecond=0)
    calendar = _calendar(uid, facts.title, facts.organisation.name, facts.respond_by, hour)
    url = f"URL:{link}"
    folded = "\r\n ".join(url[start : start + FOLD] for start in range(0, len(url), FOLD))
    return calendar.replace(ALARM, f"{folded}\r\n{ALARM}", 1)


@lru_cache(maxsize=64)  # an opdracht goes to many, each with a link of their own
def _calendar(uid: str, title: str, organisation: str, respond_by: datetime, written_at: datetime) -> str:
    until = respond_by.astimezone(UTC)
    moment = nl_sentences.closing_moment(title)
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", written_at)
    event.add("dtstart", until - LONG)
    event.add("dtend", until)
    event.add("summary", moment)
    event.add("description", organisation)
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", moment)
    alarm.add("trigger", REMIND)
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//Opdrachten//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written.decode()
