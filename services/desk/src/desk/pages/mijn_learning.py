"""`/mijn/opleidingen`: trainings, first those that give what would bring a professional opdrachten."""

from typing import Annotated

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.facts import ProfileFacts
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from words import nl

from desk.domain import learning
from desk.domain.learning import CERTIFICATE, SPECIALISM, Gain, Skill
from desk.owners import network, own
from desk.owners.api import Unreachable
from desk.pages.levers import opdrachten
from desk.pages.mijn import own_id
from desk.pages.shell import AskOwners, OwnShell
from desk.sign_in.session import Professional
from desk.store import person

router = APIRouter(include_in_schema=False)


@router.get("/mijn/opleidingen")
async def show(
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    act: Annotated[Recording, audited(Action.READ, "career")],
) -> HTMLResponse:
    """Show the trainings."""
    profile_id = own_id(who)
    async with pool.acquire() as connection:
        me = await person.get(connection, profile_id)
        await act.record(connection, profile_id, people=[profile_id])
    facts = None if me is None else me.facts
    view, best = await own.parts_of_the_career(owners, who.token, profile_id)
    known = learning.gains(view, best, _held(facts))
    try:
        first, others = learning.sorted_out(await network.trainings(owners, who.token), known)
        missed = False
    except Unreachable:
        first, others, missed = [], [], True
    return shell.page(
        "own_learning.html",
        first=first,
        others=others,
        missed=missed,
        unknown=view is None,
        brings=brings,
        skill=skill,
        given=learning.given,
    )


def _held(facts: ProfileFacts | None) -> set[Skill]:
    if facts is None:
        return set()
    return {
        *((SPECIALISM, str(one)) for one in facts.specialisms),
        *((CERTIFICATE, str(one)) for one in facts.certificates),
    }


def skill(one: Skill) -> str:
    """Name what a training gives."""
    kind, value = one
    return f"certificaat {nl.term(value)}" if kind == CERTIFICATE else nl.term(value)


def brings(gain: Gain) -> str:
    """Say what a skill would bring."""
    said = []
    if gain.adds:
        said.append(f"{opdrachten(gain.adds)} erbij nu")
    if gain.unlocks:
        falls = "valt" if gain.unlocks == 1 else "vallen"
        said.append(f"een niveau hoger {falls} {opdrachten(gain.unlocks)} alleen hierdoor af")
    if gain.asked:
        said.append(f"het afgelopen jaar gevraagd in {opdrachten(gain.asked)}")
    return ", ".join(said)
