"""A change of an open opdracht: looked at before it is sent, with what it does to the reach."""

import asyncio
from dataclasses import replace
from uuid import UUID

from fastapi.responses import RedirectResponse, Response

from desk.domain import form as forms
from desk.domain.form import Fields
from desk.owners import assignments
from desk.pages import fields as words
from desk.pages.intake_sheet import At, Sheet, reach_part
from desk.store import intake

NOTHING = "Je hebt niets veranderd."
CLOSED = "Deze opdracht is intussen gesloten. Wat je typte staat hieronder nog."
ARRIVES_SECONDS, LOOK_AGAIN_SECONDS = 3.0, 0.05


async def check(at: At, sheet: Sheet, fields: Fields) -> Response:
    """Show what changes, and who fits before and after."""
    stored = sheet.stored
    assert stored is not None
    changed = forms.changed(stored.fields, fields)
    if not changed:
        return at.page(replace(sheet, note=NOTHING))
    if stored.version != sheet.version:
        return at.conflict(sheet)
    before, after = await asyncio.gather(reach_part(at, stored.fields), reach_part(at, fields))
    async with at.pool.acquire() as connection:
        mailed = await intake.mailed(connection, stored.assignment_id)
    return at.shell.page(
        "intake_change.html",
        about=stored.assignment_id,
        stored=stored,
        sheet=sheet,
        fields=fields,
        changed=changed,
        before=before.reach,
        after=after.reach,
        mailed=mailed,
        told=words.told,
        label=words.label,
    )


async def change(at: At, sheet: Sheet, fields: Fields) -> Response:
    """Send a change that was looked at. What is so already was sent by the same button before."""
    stored = sheet.stored
    assert stored is not None
    address = f"/opdrachten/{stored.assignment_id}"
    patch = forms.merge_patch(stored.fields, fields)
    if not patch:
        return RedirectResponse(address, 303)
    if stored.version != sheet.version:
        return at.conflict(sheet)
    answer = await assignments.change(at.owners, at.who.token, stored.assignment_id, stored.version, patch)
    if answer.ok:
        await arrived(at, stored.assignment_id, int(answer.body["version"]))
        return RedirectResponse(address, 303)
    if answer.status == 412:
        now = await assignments.find(at.owners, at.who.token, stored.assignment_id)
        return at.conflict(replace(sheet, stored=now or stored))
    found = words.faults_of(answer.faults)
    return at.page(replace(sheet, faults=found, trouble="" if found else CLOSED), answer.status)


async def arrived(at: At, assignment_id: UUID, version: int) -> bool:
    """Wait until the desk has heard of a version from the topics, so that the next page shows it."""
    deadline = asyncio.get_running_loop().time() + ARRIVES_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        async with at.pool.acquire() as connection:
            if await intake.knows(connection, assignment_id, version):
                return True
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return False
