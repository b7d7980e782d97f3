"""An opdracht, a person and all that was said of them, with texts of one's own in every field that takes one:
told through the topics, and by the owners where pages ask those."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from chassis.database import Pool
from contracts.events import AssignmentOpened, ContactUpdated, ProfileUpdated
from contracts.values import BREAKS
from contracts.vocabulary import Answer, CheckIn, Decision, NoticeOutcome, ReasonCode, Rule, WithdrawalReason
from desk.store import notes, templates
from desk.store.notes import Note

from contracts import examples
from support.desks import Pair, a_checkin, a_placement, an_event, tell
from support.notifying import sample
from support.owned import Answering

Write = Callable[[str], str]  # the text of a field, by its name
NOW = datetime.now(UTC)
LATER = NOW + timedelta(days=20)


@dataclass(frozen=True)
class World:
    """What there is, by id. `left`: who fell off."""

    assignment_id: UUID
    profile_id: UUID
    match_id: UUID
    notice_id: UUID
    note_id: UUID
    left: UUID
    placement_id: UUID
    training_id: UUID
    profile: Mapping[str, Any]
    assignment: Mapping[str, Any]

    @property
    def ids(self) -> dict[str, str]:
        """Its ids by the names that paths and queries have for them."""
        return {
            "assignment_id": str(self.assignment_id),
            "profile_id": str(self.profile_id),
            "notice_id": str(self.notice_id),
            "note_id": str(self.note_id),
            "placement_id": str(self.placement_id),
            "training_id": str(self.training_id),
            "opdracht": str(self.assignment_id),
            "persoon": str(self.profile_id),
            "p": str(self.profile_id),
            "token": "of-no-link",
        }


def profile_of(write: Write) -> dict[str, Any]:
    """Return a profile as its owner answers it."""
    contact = examples.PROFILE["contact"] | {
        "name": _line(write, "name"),
        "email": "o'x&planted=1@example.org",
        "phone": _line(write, "phone")[:50],
    }
    facts = examples.PROFILE["facts"] | {"place": _place(write)}
    return {"contact": contact, "facts": facts}


def assignment_of(write: Write) -> dict[str, Any]:
    """Return an opdracht's facts as topics carry them."""
    facts = examples.ASSIGNMENT | {
        "title": _line(write, "title"),
        "description": f"{write('description')}\n\n- {write('item')}\n",
        "organisation": {"name": _line(write, "organisation"), "type": "gemeente"},
        "place": _place(write),
        "reason": write("reason"),
        "respond_by": LATER.isoformat(),
        "recruiter": {
            "name": _line(write, "recruiter"),
            "email": "r'x&planted=1@example.org",
            "phone": _line(write, "recruiter-phone")[:50],
        },
    }
    return {name: value for name, value in facts.items() if name != "open"}


def _line(write: Write, field: str) -> str:
    return BREAKS.sub("", write(field))


def _place(write: Write) -> dict[str, Any]:
    return {**examples.PROFILE["facts"]["place"], "name": _line(write, "place")}


def _written(value: Any, write: Write) -> Any:
    """Return JSON with a text of one's own beside each, so that it still reads as what it is."""
    if isinstance(value, dict):
        return {name: _written(one, write) for name, one in value.items()} | {"words": write("facts")}
    return [_written(one, write) for one in value] if isinstance(value, list) else value


async def plant(pool: Pool, write: Write = str) -> World:
    """Let the desk know it all."""
    assignment_id, profile_id, left = uuid4(), uuid4(), uuid4()
    profile, assignment = profile_of(write), assignment_of(write)
    pair, gone = Pair(assignment_id, profile_id), Pair(assignment_id, left)
    explained = [_written(one, write) for one in sample("MatchProposed.v1.1.json")["explanation"]]

    def at(minutes: float) -> datetime:
        return NOW - timedelta(hours=2) + timedelta(minutes=minutes)

    def read(model: Any, identity: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
        return model.model_validate_json(json.dumps({"version": 1, **body, **identity}))

    people = [
        event
        for one in (profile_id, left)
        for event in (
            read(ContactUpdated, {"profile_id": str(one)}, profile["contact"]),
            read(ProfileUpdated, {"profile_id": str(one)}, profile["facts"]),
        )
    ]
    proposed = pair.proposed(at(1)).model_copy(update={"policy": _line(write, "policy")})
    proposed = type(proposed).model_validate_json(
        json.dumps({**json.loads(proposed.model_dump_json()), "explanation": explained})
    )
    withdrawn = gone.withdrawn(at(3), WithdrawalReason.PROFILE_CHANGED)
    answered = pair.answered(at(4), Answer.INTERESTED).model_copy(update={"reason": write("answer")})
    decided = pair.decided(at(5), Decision.INVITED).model_copy(
        update={
            "reason": write("decision"),
            "message": write("message"),
            "decided_by": _line(write, "decided-by"),
        }
    )
    settled = pair.settled(at(2), NoticeOutcome.BOUNCED)
    opened = read(AssignmentOpened, {"assignment_id": str(assignment_id)}, assignment)
    placement_id = uuid4()
    working = Pair(uuid4(), profile_id)  # beside, at an opdracht of the same words
    elsewhere = read(AssignmentOpened, {"assignment_id": str(working.ids["assignment_id"])}, assignment)
    said = a_checkin(working, placement_id, at(6), CheckIn.WIL_PRATEN)
    placed = [
        a_placement(working, placement_id, ends_on=NOW.date().isoformat()),
        said.model_copy(update={"sentence": write("sentence")}),
    ]
    told = [*people, opened, proposed, settled, answered, decided, gone.proposed(at(1)), withdrawn]
    told += [elsewhere, *placed]
    await tell(pool, [an_event(data, at(number)) for number, data in enumerate(told)])
    note_id = uuid4()
    async with pool.acquire() as connection:
        note = Note(note_id, assignment_id, write("note"), write("note-by"), "rosa", NOW)
        await notes.write(connection, profile_id, note)
        await templates.write(connection, {ReasonCode.TARIEF: write("template")}, write("template-by"), NOW)
    return World(
        *(assignment_id, profile_id, pair.match_id, settled.notice_id, note_id, left, placement_id, uuid4()),
        profile,
        assignment,
    )


def answering(world: World, write: Write = str) -> Answering:
    """Return owners that know it too, and a draft besides under the same id."""
    owners = Answering()
    for method, path, body in _answers(world, write):
        owners.tell(method, path, body, headers={"ETag": '"1"'})
    return owners


def _answers(world: World, write: Write) -> Iterator[tuple[str, str, Any]]:
    moment = NOW.isoformat()
    draft = {
        "draft_id": str(world.assignment_id),
        "version": 1,
        "fields": world.assignment,
        "missing": [],
        "errors": [{"pointer": "/title", "detail": write("error")}],
        "updated_at": (NOW - timedelta(days=9)).isoformat(),
    }
    assignment = {**world.assignment, "version": 1, "state": "open"}
    yield "GET", "/drafts", {"items": [draft], "next": None}
    yield "GET", "/draft-count", {"count": 1}
    yield "GET", f"/drafts/{world.assignment_id}", draft
    yield "GET", f"/assignments/{world.assignment_id}", assignment
    place = world.assignment["place"]
    yield "GET", "/places", {"items": [place], "found": [write("place-by")]}
    yield "GET", f"/profiles/{world.profile_id}", {"profile_id": str(world.profile_id), **world.profile}
    yield "GET", f"/profiles/{world.profile_id}/export", world.profile
    yield "GET", f"/profiles/{world.profile_id}/held", {"held": {"table": [{"column": write("held")}]}}
    broken = {"rule": "rate", "facts": {"rate_min_cents": 9500, "rate_max_cents": 9000, "x": write("rule")}}
    near = {"profile_id": str(world.left), "missing": [broken], "score_if": 61.0}
    path = f"/assignments/{world.assignment_id}"
    yield "GET", f"{path}/near", {"items": [near], "next": None}
    rules = [{"rule": rule, "rejected": 2, "only": 1} for rule in Rule if rule is not Rule.PROBE]
    eased = [{"change": {"rate_max_cents": 9900, "x": write("relaxation")}, "adds": 1}]
    reach = {"population": 3, "candidates": 1, "rules": rules, "relaxations": eased}
    yield "GET", f"{path}/reach", reach
    yield "POST", "/reach", reach
    why = {
        "candidate": True,
        "live": True,
        "score": 70.0,
        "rules": [{**broken, "holds": False}],
        "explanation": sample("MatchProposed.v1.1.json")["explanation"],
    }
    yield "GET", f"{path}/why-not/{world.profile_id}", why
    delivery = {
        "notice_id": str(world.notice_id),
        "kind": "match",
        "to": write("to"),
        "assignment_id": str(world.assignment_id),
        "profile_id": str(world.profile_id),
        "outcome": "bounced",
        "detail": write("detail"),
        "created_at": moment,
        "settled_at": moment,
        "due_at": None,
    }
    yield "GET", "/deliveries", {"items": [delivery], "next": write("cursor")}
    mail = {
        "kind": "match",
        "to": write("to"),
        "sent_at": moment,
        "subject": write("subject"),
        "text": write("text"),
        "html": write("html"),
    }
    yield "GET", f"/deliveries/{world.notice_id}/body", mail
    suppression = {
        "suppression_id": str(uuid4()),
        "profile_id": str(world.profile_id),
        "email": write("suppressed"),
        "cause": "bounced",
        "reason": write("suppressed-reason"),
        "at": moment,
    }
    yield "GET", "/suppressions", {"items": [suppression], "next": None}
    rate = {"group": "province", "value": write("province"), "professionals": 50, "proposed": 9, "rate": 0.2}
    yield "GET", "/selection", {"rates": [rate | {"of_highest": 0.5}]}
    training = {
        **{"training_id": str(world.training_id), "version": 1, "days": 2, "price_cents": 95000},
        **{"title": write("training"), "provider": write("provider"), "url": "https://opdrachten.example/x"},
        "gives": {"specialisms": ["woordvoering"], "certificates": []},
    }
    yield "GET", "/trainings", {"items": [training], "next": None}
    yield "GET", f"/trainings/{world.training_id}", training
    yield "GET", "/recruiter-preferences", {"summary": "direct", "interest": "daily", "quiet_hours": True}
