"""Every route of assignments that declares an act leaves its row when it is called."""

from uuid import UUID, uuid4

from support.calls import ANY, TOKEN, Calls
from support.five_services import Services
from support.placements import TERMS, somebody

from contracts import examples

FACTS = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
ONE_POSITION = {**FACTS, "open": True, "positions": 1}
DRAFT = {**FACTS, "title": "Een begin"}


async def test_every_route_of_assignments_leaves_its_row(services: Services) -> None:
    call = Calls(services)
    made = (await call("assignments POST /assignments", body={**FACTS, "open": True})).json()
    about = {"assignment_id": made["assignment_id"]}
    path = "/assignments/{assignment_id}"
    await call(f"assignments PUT {path}", headers=ANY, body={**FACTS, "title": "Anders"}, ids=about)
    await call(f"assignments PATCH {path}", headers=ANY, body={"title": "Weer anders"}, ids=about)
    await call(f"assignments POST {path}/copy", ids=about)
    await call(f"assignments POST {path}/close", body={"reason": "withdrawn"}, ids=about)
    later = (await call.client("assignments").post("/assignments", json=FACTS, headers=TOKEN)).json()
    await call(f"assignments POST {path}/open", ids={"assignment_id": later["assignment_id"]})
    draft = (await call("assignments POST /drafts", body=DRAFT)).json()["draft_id"]
    of_draft = "/drafts/{draft_id}"
    await call(f"assignments PUT {of_draft}", headers=ANY, body=FACTS, ids={"draft_id": draft})
    await call(f"assignments POST {of_draft}/publish", ids={"draft_id": draft})
    other = (await call.client("assignments").post("/drafts", json=DRAFT, headers=TOKEN)).json()
    await call(f"assignments DELETE {of_draft}", ids={"draft_id": other["draft_id"]})
    await call("assignments GET /profiles/{profile_id}/held", ids={"profile_id": uuid4()})
    person = await somebody(services.pools["assignments"])
    opened = await call.client("assignments").post("/assignments", json=ONE_POSITION, headers=TOKEN)
    filled = UUID(opened.json()["assignment_id"])
    of_filled = {"assignment_id": filled}
    agreement = {**TERMS, "profile_id": str(person)}
    placing = f"assignments POST {path}/placements"
    placed = (await call(placing, body=agreement, ids=of_filled)).json()["placement_id"]
    await call(f"assignments GET {path}/placements", ids=of_filled)
    await call("assignments GET /placements", query=f"?profile_id={person}")
    of_placement = {"placement_id": placed}
    await call("assignments GET /placements/{placement_id}", ids=of_placement)
    terms = {**TERMS, "hours": 16}
    await call("assignments PUT /placements/{placement_id}", headers=ANY, body=terms, ids=of_placement)
    ending = {"ended_on": TERMS["starts_on"], "reason": "early"}
    await call("assignments POST /placements/{placement_id}/end", body=ending, ids=of_placement)
    call.check("assignments")
    agreed, closed = call.done[placing]
    assert (str(agreed.object_id), agreed.fields) == (placed, tuple(sorted(agreement)))
    assert (closed.issuer, closed.subject, closed.action) == ("platform", "filling", "close")
    assert closed.object_id == filled
    for name, rows in call.done.items():
        assert "placements" not in name or rows[0].people == {person}, name
    assert call.done["assignments PUT /placements/{placement_id}"][0].fields == ("hours",)
    ended = call.done["assignments POST /placements/{placement_id}/end"]
    assert ended[0].fields == ("ended_on", "ended_reason", "state")
    assert call.done[f"assignments PATCH {path}"][0].fields == ("title",)
    assert "title" in call.done[f"assignments PUT {of_draft}"][0].fields
    assert call.done[f"assignments POST {path}/close"][0].fields == ("state",)
