"""A form of an opdracht as it is shown: what was typed, what is wrong in it, and what it reaches."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID, uuid4

from chassis.database import Pool
from chassis.http.resources import Database
from contracts.events import Relaxation
from contracts.facts import AssignmentFacts
from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from desk.domain import form as forms
from desk.domain.form import Fields, Typed
from desk.domain.judging import judged
from desk.owners import assignments, matching
from desk.owners.api import Owners, Unreachable
from desk.owners.assignments import State, Stored
from desk.owners.matching import Reach, RuleCount
from desk.pages import fields as words
from desk.pages import intake_mail
from desk.pages.shell import AskOwners, PageShell, Shell
from desk.sign_in.session import Recruiter, SignedIn
from desk.store import opdracht

MOST_RELAXATIONS = 6
NOON = "12:00"  # when one can react until, unless it is typed otherwise
CONFLICT = "Iemand anders heeft dit net gewijzigd. Bekijk het verschil, en verstuur het dan nog eens."


@dataclass(frozen=True)
class ReachPart:
    """What an opdracht reaches. `lacking`: the fields that are still needed to tell; `reach` null: matching
    does not answer."""

    reach: Reach | None = None
    facts: AssignmentFacts | None = None
    lacking: Sequence[str] = ()

    @property
    def blocking(self) -> list[RuleCount]:
        """The rules that keep people out who meet all others, the one that most miss first."""
        rules = self.reach.rules if self.reach else ()
        return sorted((rule for rule in rules if rule.only), key=lambda rule: -rule.only)

    @property
    def relaxations(self) -> list[tuple[Relaxation, str]]:
        """What would bring people, each with its change as the form sends it."""
        found = [one for one in (self.reach.relaxations if self.reach else ()) if one.adds]
        best = sorted(found, key=lambda one: -one.adds)[:MOST_RELAXATIONS]
        return [(one, json.dumps(dict(one.change), separators=(",", ":"))) for one in best]


@dataclass(frozen=True)
class Sheet:
    """What is shown in a form. `faults`: sentences by field; `trouble`: what went wrong as a whole; `note`:
    what went well; `conflict`: the fields that somebody else has now otherwise, as they have them and as they
    were typed here."""

    form: Typed
    stored: Stored | None = None
    assignment_id: UUID | None = None
    version: str = ""
    state: State = State.DRAFT
    key: str = field(default_factory=lambda: str(uuid4()))
    faults: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""
    note: str = ""
    conflict: Sequence[tuple[forms.Field, str, str]] = ()
    part: ReachPart | None = None

    @staticmethod
    def of(sent: Typed, assignment_id: UUID | None) -> "Sheet":
        """Read a form that was sent."""
        return Sheet(
            form=sent,
            assignment_id=assignment_id,
            version="".join(sent.get("version", ())),
            state=State.OPEN if sent.get("staat") == [State.OPEN] else State.DRAFT,
            key="".join(sent.get("key", ()))[:200] or str(uuid4()),
        )


@dataclass(frozen=True)
class At:
    """Who works on a form, and with what. `partial`: only the reach is asked for."""

    who: SignedIn
    owners: Owners
    pool: Pool
    shell: PageShell
    partial: bool

    async def find(self, assignment_id: UUID) -> Stored | None:
        """Return an opdracht to look at: as the topics told it last where its owner is away, which raises
        Unreachable for what they do not tell (drafts)."""
        try:
            return await assignments.find(self.owners, self.who.token, assignment_id)
        except Unreachable:
            async with self.pool.acquire() as connection:
                known = await opdracht.get(connection, assignment_id)
            if known is None:
                raise
            state = State.OPEN if known.open else State.CLOSED
            facts = known.facts.model_dump(mode="json")
            return Stored(assignment_id, str(known.version), state, facts, is_told=True)

    def page(self, sheet: Sheet, status: int = 200) -> HTMLResponse:
        """Show a form."""
        stored = sheet.stored
        address = sheet.assignment_id or (stored and stored.assignment_id)
        return self.shell.page(
            "intake.html",
            status=status,
            sheet=sheet,
            form=sheet.form,
            version=sheet.version or (stored.version if stored else ""),
            state=stored.state if stored else sheet.state,
            address=f"/opdrachten/{address}" if address else None,
            **WORDS,
            part=sheet.part,
            mail=intake_mail.shown(sheet.form),
            mail_text=intake_mail.text_of(sheet.form),
            points=words.points(sheet.form),
            stored=stored,
        )

    def conflict(self, sheet: Sheet) -> HTMLResponse:
        """Show the form beside what somebody else has made of the opdracht; saved again, it replaces that."""
        stored = sheet.stored
        assert stored is not None
        mine = forms.read(sheet.form, stored.fields, {})
        differing = [
            (one, words.told(one, stored.fields), words.told(one, mine))
            for one in forms.changed(stored.fields, mine)
        ]
        return self.page(
            Sheet(
                sheet.form,
                stored,
                sheet.assignment_id,
                stored.version,
                key=sheet.key,
                trouble=CONFLICT,
                conflict=differing,
            ),
            409,
        )


WORDS = {
    "groups": words.GROUPS,
    "labels": words.LABELS,
    "label": words.label,
    "hints": words.HINTS,
    "choices": words.CHOICES,
    "autocomplete": words.AUTOCOMPLETE,
    "fields": forms.BY_NAME,
    "KIND": forms.Kind,
}


async def _at(request: Request, who: Recruiter, owners: AskOwners, pool: Database, shell: Shell) -> At:
    return At(who, owners, pool, shell, partial="hx-request" in request.headers)


Working = Annotated[At, Depends(_at)]


def first(who: SignedIn) -> dict[str, list[str]]:
    """Return the form of a new opdracht: its recruiter is who takes it in."""
    email = who.caller.email
    return {
        "urgency": ["normaal"],
        "positions": ["1"],
        "respond_by_time": [NOON],
        "recruiter_name": [who.caller.name] if email else [],
        "recruiter_email": [email] if email else [],
    }


async def reach_part(at: At, fields: Fields, asked_after: Sequence[UUID] = ()) -> ReachPart:
    """Ask matching what an opdracht with these fields reaches; `asked_after`: people to tell of whether they
    fit."""
    facts = judged(fields)
    if not isinstance(facts, AssignmentFacts):
        return ReachPart(lacking=[words.LABELS[one.name].lower() for one in facts])
    try:
        body = facts.model_dump(mode="json")
        reach = await matching.reach_of(at.owners, at.who.token, body, asked_after)
    except Unreachable:
        reach = None
    return ReachPart(reach, facts)
