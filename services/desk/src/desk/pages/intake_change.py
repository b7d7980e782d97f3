"""A change of an open opdracht: looked at before it is sent, with what it does to the reach."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from contracts.vocabulary import NoticeOutcome
from fastapi.responses import RedirectResponse, Response

from desk.domain import form as forms
from desk.domain.form import Fields
from desk.domain.people import Candidate, Group
from desk.owners import assignments
from desk.owners.matching import Reach
from desk.pages import fields as words
from desk.pages import sentences
from desk.pages.intake_sheet import At, Sheet, reach_part
from desk.store import intake, opdracht

NOTHING = "Je hebt niets veranderd."
CLOSED = "Deze opdracht is intussen gesloten. Wat je typte staat hieronder nog."
SAID_NO = frozenset({Group.DECLINED, Group.REJECTED})
MOST_ASKED_AFTER = 200  # people that matching tells of at once
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
    async with at.pool.acquire() as connection:
        people = await opdracht.candidates(connection, stored.assignment_id)
    people = [one for one in people if one.live or one.group in SAID_NO][:MOST_ASKED_AFTER]
    ids = [one.profile_id for one in people]
    parts = await asyncio.gather(reach_part(at, stored.fields, ids), reach_part(at, fields, ids))
    before, after = (part.reach for part in parts)
    live = [one for one in people if one.live]
    return at.shell.page(
        "intake_change.html",
        about=stored.assignment_id,
        stored=stored,
        sheet=sheet,
        fields=fields,
        changed=changed,
        before=before and _fitting(before, people),
        after=after and _fitting(after, people),
        is_reach_known=before is not None and after is not None,
        falls_off=[one for one in live if after and one.profile_id not in after.fitting],
        mailed=[one for one in live if one.told and one.told.outcome is NoticeOutcome.ACCEPTED],
        called=sentences.called,
        told=words.told,
        label=words.label,
    )


def _fitting(reach: Reach, people: Sequence[Candidate]) -> int:
    """Return how many fit, without those who said no or were rejected: of them matching was not told."""
    return reach.candidates - sum(not one.live and one.profile_id in reach.fitting for one in people)


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
        if now is None:
            return at.conflict(sheet)
        # Somebody else's change is a conflict; the same button's, pressed twice, is not.
        return await change(at, replace(sheet, stored=now), forms.read(sheet.form, now.fields, {}))
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
