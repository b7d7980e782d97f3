"""`/mijn/loopbaan`: a professional's career in pictures and sentences, and what other facts would bring."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from chassis.audit import Action
from chassis.http.audited import Recording, audited
from chassis.http.resources import Database
from contracts.vocabulary import Certificate, ContractForm, Specialism
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from desk.domain import profile_form as form
from desk.owners import own
from desk.owners.api import Unreachable
from desk.pages import career, levers
from desk.pages.mijn import own_id
from desk.pages.sent import Text
from desk.pages.shell import AskOwners, OwnShell
from desk.sign_in.session import Professional
from desk.store import opdracht, person

AWAY = "Wat dit zou schelen, is even niet te berekenen. Probeer het zo nog eens."
NO_CHANGE = "Vul in wat er anders zou zijn. Nu is er niets anders dan in je profiel."
WRONG = "Dit kan niet in je profiel staan. Kijk na wat je invulde."

router = APIRouter(include_in_schema=False)


@router.get("/mijn/loopbaan")
async def show(
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    act: Annotated[Recording, audited(Action.READ, "career")],
) -> HTMLResponse:
    """Show the career view."""
    profile_id = own_id(who)
    async with pool.acquire() as connection:
        me = await person.get(connection, profile_id)
        await act.record(connection, profile_id, people=[profile_id])
    told, best = await own.parts_of_the_career(owners, who.token, profile_id)
    shown = None if me is None or me.facts is None else career.career(told, best, me.facts)
    return shell.page(
        "own_career.html",
        career=shown,
        careers=career,
        levers=shown.levers if shown else None,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {
        "specialisms": tuple(Specialism),
        "certificates": tuple(Certificate),
        "contract_forms": tuple(ContractForm),
    }


@router.get("/mijn/loopbaan/wat-als")
async def what_if(
    who: Professional,
    pool: Database,
    owners: AskOwners,
    shell: OwnShell,
    act: Annotated[Recording, audited(Action.READ, "career")],
    wijziging: Annotated[Text, Query(max_length=4000)] = "",
    vak: Annotated[Text, Query(max_length=50)] = "",
    certificaat: Annotated[Text, Query(max_length=50)] = "",
    contractvorm: Annotated[Text, Query(max_length=50)] = "",
    km: Annotated[Text, Query(max_length=10)] = "",
    uren_vanaf: Annotated[Text, Query(max_length=10)] = "",
    uren_tot: Annotated[Text, Query(max_length=10)] = "",
    tarief: Annotated[Text, Query(max_length=20)] = "",
    vrij: Annotated[Text, Query(max_length=10)] = "",
    omhoog: Annotated[Text, Query(max_length=1)] = "",
) -> HTMLResponse:
    """Show which opdrachten would fit with other facts, and which no longer."""
    profile_id = own_id(who)
    async with pool.acquire() as connection:
        me = await person.get(connection, profile_id)
        await act.record(connection, profile_id, people=[profile_id])
    if me is None or me.facts is None:
        return shell.page("own_what_if.html", trouble=AWAY, change=None, says="", told=None, **_choices())
    facts = me.facts.model_dump(mode="json")
    try:
        change = levers.read(wijziging) if wijziging else {}
    except ValueError:
        change = {}
    typed = {"max_distance_km": km, "hours_min": uren_vanaf, "hours_max": uren_tot}
    change |= {name: form.number(text) for name, text in typed.items() if text}
    added = {"specialisms": vak, "certificates": certificaat, "contract_forms": contractvorm}
    change |= {name: [*facts[name], value] for name, value in added.items() if value}
    change |= {"rate_min_cents": form.cents(tarief)} if tarief else {}
    change |= {"available_from": vrij} if vrij else {}
    change |= {"ambition": {"step_up": True}} if omhoog else {}
    return await _told(shell, owners, who, pool, me.facts, change)


async def _told(
    shell: OwnShell,
    owners: AskOwners,
    who: Professional,
    pool: Database,
    facts: Any,
    change: Mapping[str, Any],
) -> HTMLResponse:
    trouble, told, status = None, None, 200
    if not change:
        trouble, status = NO_CHANGE, 422
    else:
        try:
            answer = await own.what_if(owners, who.token, own_id(who), change)
            told = answer.body if answer.ok else None
            trouble, status = (None, 200) if answer.ok else (WRONG, 422)
        except Unreachable:
            trouble = AWAY
    gained: Sequence[Any] = told["gained"] if told else ()
    lost: Sequence[Any] = told["lost"] if told else ()
    ids = [UUID(one["assignment_id"]) for one in gained] + [UUID(one) for one in lost]
    async with pool.acquire() as connection:
        known = await opdracht.several(connection, ids)
    return shell.page(
        "own_what_if.html",
        status=status,
        trouble=trouble,
        change=levers.written(change) if told else None,
        says=levers.sentence(change, facts) if told else "",
        told=told,
        gained=[(known[one], each) for each in gained if (one := UUID(each["assignment_id"])) in known],
        lost=[known[UUID(one)] for one in lost if UUID(one) in known],
        opdrachten=levers.opdrachten,
        **_choices(),
    )
