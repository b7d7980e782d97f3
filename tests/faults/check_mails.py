"""Whoever should have been told was told, nobody more often than a crash may bring, and nobody else."""

from collections import Counter, defaultdict
from uuid import UUID

from contracts.events import MatchAnswered, MatchDecided
from contracts.vocabulary import Answer, Decision
from notifications.answers.links import Purpose

from faults.deployment import Platform
from faults.findings import Findings
from faults.ledger import Kind, Ledger
from faults.mail_server import Received
from faults.state import State
from faults.topics import Log

IN_THE_AIR = 16  # a sender has 8 connections, and writes down at once what came of the mails before
IN_THE_AIR_SECONDS = 30
DISTURBS_MAIL = ("notifications", "postgres", "mail", "clock", "disk")


def check(platform: Platform, ledger: Ledger, found: State, log: Log, findings: Findings) -> None:
    mails: dict[str, list[Received]] = defaultdict(list)
    for mail in platform.mail.received:
        mails[mail.message_id].append(mail)
    findings.counts["mails"] = len(mails)
    _outcomes(found, ledger, mails, findings)
    _doubles(ledger, mails, findings)
    _told_of_matches(platform, ledger, found, findings)
    _told_of_decisions(ledger, found, log, platform.mail.received, findings)


def _outcomes(found: State, ledger: Ledger, mails: dict[str, list[Received]], findings: Findings) -> None:
    """What is written down as accepted was taken, and what was taken is written down."""
    # Of the erased no Message-ID is kept.
    notices = {str(row["message_id"]): row for row in found.notices if row["message_id"] is not None}
    for notice_id, row in notices.items():
        if row["state"] == "accepted" and notice_id not in mails:
            findings.wrong("not sent", f"{row['kind']} {notice_id} is accepted, and no mail came")
        if row["state"] in ("refused", "suppressed", "expired"):
            findings.wrong("not sent", f"{row['kind']} {notice_id} ended as {row['state']}: {row['detail']}")
    erased = {one.address for one in ledger.people.values() if one.erased_at is not None}
    for notice_id, taken in mails.items():
        if notice_id not in notices:
            if taken[0].to not in erased:
                findings.wrong("unknown mail", f"no notice has the Message-ID {notice_id}")
            continue
        row = notices[notice_id]
        if row["state"] not in ("accepted", "sending") and any(mail.told for mail in taken):
            # Its sender died, and before another had sent it again it was no longer true.
            findings.counts["mails whose outcome a crash took"] += 1
            if not _in_the_air(ledger, taken[-1].at):
                findings.wrong("outcome lost", f"{row['kind']} {notice_id} was sent, and is {row['state']}")


def _in_the_air(ledger: Ledger, at: float) -> bool:
    """Tell whether a sender, or what it stands on, was disturbed near the moment when a mail came."""
    return any(
        made.start - IN_THE_AIR_SECONDS <= at <= (made.end or at) + IN_THE_AIR_SECONDS
        for made in ledger.faults
        if any(word in made.name for word in DISTURBS_MAIL)
    )


def _doubles(ledger: Ledger, mails: dict[str, list[Received]], findings: Findings) -> None:
    """A mail comes twice only where its sender died, or could not write down that it went."""
    disturbances = [made for made in ledger.faults if any(word in made.name for word in DISTURBS_MAIL)]
    doubles = 0
    for notice_id, taken in mails.items():
        told = [mail for mail in taken if mail.told]
        doubles += max(0, len(told) - 1)
        for mail in told[:-1]:
            if not _in_the_air(ledger, mail.at):
                findings.wrong("mailed twice", f"{notice_id} to {mail.to}, and no fault was near")
    findings.counts["mails doubled"] = doubles
    findings.counts["mails that may be doubled"] = len(disturbances) * IN_THE_AIR
    if doubles > len(disturbances) * IN_THE_AIR:
        findings.wrong("mailed twice", f"{doubles} mails, and {len(disturbances)} faults were near")


def _told_of_matches(platform: Platform, ledger: Ledger, found: State, findings: Findings) -> None:
    """Each live match is known to its professional, if they want mail; by one, unless it had fallen off."""
    links = platform.links
    told: dict[UUID, set[str]] = defaultdict(set)
    subjects: dict[UUID, set[str]] = defaultdict(set)
    kinds = {str(row["message_id"]): row["kind"] for row in found.notices}
    for mail in platform.mail.received:
        if not mail.to.startswith("person"):
            continue
        for token in mail.tokens():
            link = links.read(Purpose.MATCH, token)
            if link is not None:
                match_id = link.subject
                subjects[match_id].add(mail.to)
                if kinds.get(mail.message_id) == "match":
                    told[match_id].add(mail.message_id)
    dropped = Counter(
        row["match_id"] for row in found.notices if row["kind"] == "dropped" and row["state"] == "accepted"
    )
    for match_id, row in found.matching_matches.items():
        person = ledger.people.get(row["profile_id"])
        if person is None or person.erased_at is not None:
            continue
        wants = person.body["contact"]["preferences"]["frequency"] == "direct"
        if row["live"] and wants and person.address not in subjects[match_id]:
            findings.wrong("not told", f"{row['profile_id']} of their match {match_id}")
        if told[match_id] and not wants:
            findings.wrong("told unwanted", f"{row['profile_id']} wants no mail")
        if len(told[match_id]) > 1 + dropped[match_id]:
            findings.wrong("told again", f"{match_id}: {len(told[match_id])} mails of its own")
        findings.counts["matches told"] += bool(told[match_id])


def _told_of_decisions(
    ledger: Ledger, found: State, log: Log, received: list[Received], findings: Findings
) -> None:
    """The latest decision on a match reached its professional in the recruiter's words."""
    answers: dict[UUID, MatchAnswered] = {}
    for events in log.first("answers").values():
        for event in events:
            assert isinstance(event.data, MatchAnswered)
            answers[event.data.match_id] = event.data
    latest: dict[UUID, MatchDecided] = {}
    for events in log.first("matches").values():
        for event in events:
            if isinstance(event.data, MatchDecided):
                latest[event.data.match_id] = event.data
    texts: dict[str, str] = defaultdict(str)
    for mail in received:
        if mail.to.startswith("person"):
            texts[mail.to] += mail.text()
    acknowledged = {write.mark for write in ledger.of(Kind.DECISION)}
    for match_id, decided in latest.items():
        person = ledger.people.get(decided.profile_id)
        answer = answers.get(match_id)
        declined = answer is not None and answer.answer is Answer.DECLINED
        is_open = found.assignments[decided.assignment_id]["open"]
        if (
            decided.decision is Decision.REOPENED
            or person is None
            or person.erased_at is not None
            or not is_open
            or declined
        ):
            continue
        findings.counts["decisions told"] += 1
        if f"Bericht {decided.reason}." not in texts[person.address]:
            note = "" if decided.reason in acknowledged else " (never acknowledged)"
            findings.wrong("not told", f"{decided.decision} of {match_id}{note}")
