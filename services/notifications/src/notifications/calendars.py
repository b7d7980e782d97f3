"""The closing moment of an opdracht as a calendar file (RFC 5545)."""

from datetime import UTC, datetime, timedelta

from icalendar import Alarm, Calendar, Event

from notifications.domain.notice import Match

LONG = timedelta(minutes=30)
REMIND = timedelta(days=-1)


def closing_moment(match: Match, domain: str, link: str, now: datetime) -> bytes:
    """Return the last half hour in which one can respond, with a reminder a day before."""
    facts = match.opdracht.facts
    until = facts.respond_by.astimezone(UTC)
    title = f"Laatste moment om te reageren: {facts.title}"
    event = Event()
    event.add("uid", f"{match.match_id}@{domain}")
    event.add("dtstamp", now)
    event.add("dtstart", until - LONG)
    event.add("dtend", until)
    event.add("summary", title)
    event.add("description", f"{facts.organisation.name}\n{link}")
    event.add("transp", "TRANSPARENT")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", title)
    alarm.add("trigger", REMIND)
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//Opdrachten//NL")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written
