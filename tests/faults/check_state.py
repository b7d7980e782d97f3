"""Copies are as their source, matches as the reference says, on both sides and on the pages; the erased are
nowhere."""

import json
from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from contracts.events import MatchAnswered, MatchDecided, MatchProposed, MatchWithdrawn
from contracts.facts import ProfileFacts
from contracts.vocabulary import Answer, Decision
from notifications.answers.links import Purpose
from stack.layout import SERVICES
from support import reference

from faults import state
from faults.deployment import Platform
from faults.findings import Findings
from faults.ledger import Ledger
from faults.state import State
from faults.topics import Log

NOISE = 0.01 + 1e-9


def check_copies(found: State, findings: Findings) -> None:
    """Both copies of each profile and each opdracht are at the source's version."""
    for profile_id, row in found.profiles.items():
        copy, contact = found.matching_profiles.get(profile_id), found.contacts.get(profile_id)
        if copy is None or copy["version"] != row["version"]:
            findings.wrong("stale copy", f"matching has {copy and copy['version']} of {row['version']}")
        elif _facts(ProfileFacts, copy["facts"]) != _facts(ProfileFacts, row["facts"]):
            findings.wrong("stale copy", f"matching has other facts of {profile_id}")
        if contact is None or contact["version"] != row["version"]:
            findings.wrong("stale copy", f"notifications: {contact and contact['version']}, {row['version']}")
    for name, copies in (("matching", found.matching_profiles), ("notifications", found.contacts)):
        for profile_id, row in copies.items():
            if row["erased"] != (profile_id in found.erased):
                findings.wrong("erasure", f"{name}: {profile_id} is erased {row['erased']}")
            if not row["erased"] and profile_id not in found.profiles:
                findings.wrong("ghost", f"{name} knows {profile_id}, whom profiles never stored")
    for assignment_id, row in found.assignments.items():
        for name, held in (
            ("matching", found.matching_assignments),
            ("notifications", found.notified_assignments),
        ):
            known = held.get(assignment_id)
            if known is None or (known["version"], known["open"]) != (row["version"], row["open"]):
                findings.wrong("stale copy", f"{name}: opdracht {assignment_id}")
    for assignment_id in found.matching_assignments.keys() - found.assignments.keys():
        findings.wrong("ghost", f"matching knows opdracht {assignment_id}, which was never stored")


def _facts(model: type[Any], facts: Any) -> Any:
    return model.model_validate(
        {name: facts.get(name) for name in model.model_fields if name in facts}, strict=False
    )


def ended_pairs(log: Log) -> dict[UUID, set[UUID]]:
    """Return by opdracht whose pair is over: by the latest answer, or by the decision that stands."""
    answers: dict[tuple[UUID, UUID], MatchAnswered] = {}
    decisions: dict[tuple[UUID, UUID], list[Decision]] = defaultdict(list)
    for events in log.first("answers").values():
        for event in events:
            data = event.data
            assert isinstance(data, MatchAnswered)
            pair = (data.assignment_id, data.profile_id)
            if pair not in answers or data.answered_at >= answers[pair].answered_at:
                answers[pair] = data
    for events in log.first("matches").values():
        for event in events:
            if isinstance(event.data, MatchDecided):
                pair = (event.data.assignment_id, event.data.profile_id)
                if event.data.decision is Decision.REOPENED:
                    decisions[pair] = decisions[pair][:-1]
                else:
                    decisions[pair].append(event.data.decision)
    over: dict[UUID, set[UUID]] = defaultdict(set)
    for (assignment_id, profile_id), answer in answers.items():
        if answer.answer is Answer.DECLINED:
            over[assignment_id].add(profile_id)
    for (assignment_id, profile_id), standing in decisions.items():
        if standing and standing[-1] is Decision.REJECTED:
            over[assignment_id].add(profile_id)
    return over


def check_matches(found: State, log: Log, findings: Findings) -> None:
    """Seats are in live, live in candidates, by the reference on the sources' facts; both sides agree."""
    people = {one: row["facts"] for one, row in found.profiles.items()}
    over = ended_pairs(log)
    live: dict[UUID, dict[UUID, Any]] = defaultdict(dict)
    for row in found.matching_matches.values():
        if row["live"]:
            live[row["assignment_id"]][row["profile_id"]] = row
    for assignment_id, opdracht in found.assignments.items():
        ranked = (
            reference.ranked(people, opdracht["facts"], frozenset(over[assignment_id]))
            if opdracht["open"]
            else []
        )
        scores = {one: score for one, score, _ in ranked}
        findings.counts["seats"] += len(reference.seats(ranked))
        for one in reference.seats(ranked) - live[assignment_id].keys():
            findings.wrong("missed", f"{one} has a seat in {assignment_id}, and is not live")
        for one, row in live[assignment_id].items():
            if one not in scores:
                findings.wrong("not withdrawn", f"{one} is live in {assignment_id}, and is no candidate")
            elif abs(scores[one] - row["score"]) > NOISE:
                findings.wrong("stale score", f"{one} in {assignment_id}: {row['score']} not {scores[one]}")
    for match_id, row in found.matching_matches.items():
        other = found.notified_matches.get(match_id)
        if row["profile_id"] in found.erased:
            continue
        if other is not None and other["comes_back"] and other["revision"] == row["revision"]:
            # They said yes after a no, and wait for matching to propose them again: it may have no reason to.
            findings.counts["matches that wait to be proposed again"] += 1
        elif other is None or (other["live"], other["revision"]) != (row["live"], row["revision"]):
            findings.wrong(
                "sides differ",
                f"{match_id}: matching {row['live'], row['revision']}, notifications"
                f" {other and (other['live'], other['revision'])}",
            )


def check_alerts(found: State, log: Log, findings: Findings) -> None:
    """The recruiter's stream shows every proposal, withdrawal and decision once."""
    shown = Counter((row["type"], json.dumps(row["data"], sort_keys=True)) for row in found.alerts)
    for (kind, data), count in shown.items():
        if count > 1:
            findings.wrong("shown twice", f"{count} alerts of one {kind}: {data[:120]}")
    by_match = Counter((row["type"], row["data"].get("match_id")) for row in found.alerts)
    published = Counter(
        (event.type, str(event.data.match_id))
        for events in log.first("matches").values()
        for event in events
        if isinstance(event.data, MatchProposed | MatchWithdrawn | MatchDecided)
        and event.data.profile_id not in found.erased
    )
    for (kind, match_id), count in published.items():
        if by_match[kind, match_id] < count:
            findings.wrong("not shown", f"{count - by_match[kind, match_id]} {kind} of {match_id}")


def check_done_once(found: State, findings: Findings) -> None:
    """Each opdracht has a title of its own; who sent one twice with the same key has made it once."""
    titles = Counter(row["facts"]["title"] for row in found.assignments.values())
    for title, count in titles.items():
        if count > 1:
            findings.wrong("done twice", f"{count} opdrachten are {title}")


async def check_pages(platform: Platform, found: State, findings: Findings) -> None:
    """What matching's API lists is what is live; each live match has a page for its professional."""
    for assignment_id, row in found.assignments.items():
        if not row["open"]:
            continue
        path = f"/assignments/{assignment_id}/matches?limit=200"
        for number in range(len(platform.replicas("matching"))):
            answer = await platform.call("matching", "GET", path, replica=number)
            items = answer.json().get("items", []) if answer.status_code == 200 else []
            listed = {UUID(item["match_id"]) for item in items}
            live = {
                match_id
                for match_id, match in found.matching_matches.items()
                if match["assignment_id"] == assignment_id and match["live"]
            }
            if listed != live:
                findings.wrong("page", f"matching lists {len(listed)} of {len(live)} for {assignment_id}")
        for match_id in sorted(live)[:3]:
            link = platform.links.write(Purpose.MATCH, match_id).rpartition("/")[2]
            page = await platform.call("notifications", "GET", f"/m/{link}")
            if page.status_code != 200 or row["facts"]["title"] not in page.text:
                findings.wrong("page", f"the page of {match_id} answers {page.status_code}")


async def check_erased(platform: Platform, ledger: Ledger, log: Log, findings: Findings) -> None:
    """Nobody who was erased is in a table, is latest on a topic, or got mail after the rest that followed."""
    erased = {one.profile_id: one for one in ledger.people.values() if one.erased_at is not None}
    findings.counts["erased"] = len(erased)
    words = [one.address.partition("@")[0] for one in erased.values()]
    if words:
        for service in SERVICES:
            for table in await state.mentions(platform, service, words):
                findings.wrong("erasure", f"{service} has an erased person in {table}")
    for mail in platform.mail.received:
        for one in erased.values():
            assert one.erased_at is not None
            after = [rest for rest in ledger.rests if rest > one.erased_at]
            if mail.to == one.address and after and mail.at > after[0]:
                findings.wrong("erasure", f"mail to {one.profile_id} after the erasure")
