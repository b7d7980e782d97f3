"""Every route of matching that declares an act leaves its row when it is called."""

import json
import random
from uuid import uuid4

from contracts.vocabulary import Decision
from matching.domain.match import match_id
from support.calls import Calls
from support.five_services import Services
from support.replicas import assignment_event, fitting, profile_event, undemanding

LATE = {"respond_by": "2099-12-18T09:00:00+01:00"}


async def test_every_route_of_matching_leaves_its_row(services: Services) -> None:
    call = Calls(services)
    opdracht, person, facts = uuid4(), uuid4(), undemanding() | LATE
    rng = random.Random(1)
    await services.node.digest([assignment_event(opdracht, 1, facts)], rng)
    await services.node.digest([profile_event(person, 1, fitting(facts, 1))], rng)
    about = {"assignment_id": opdracht}
    for path in ("matches", "reach", "near"):
        await call(f"matching GET /assignments/{{assignment_id}}/{path}", ids=about)
    pair = {**about, "profile_id": person}
    await call("matching GET /assignments/{assignment_id}/why-not/{profile_id}", ids=pair)
    await call("matching POST /reach", body=facts, query=f"?profile_id={person}")
    await call("matching GET /profiles/{profile_id}/held", ids={"profile_id": person})
    for path in ("matches", "near", "levers", "outlook"):
        await call(f"matching GET /profiles/{{profile_id}}/{path}", ids={"profile_id": person})
    asked = {"changes": {"hours_max": 40}}
    await call("matching POST /profiles/{profile_id}/what-if", body=asked, ids={"profile_id": person})
    decision = {"decision": Decision.INVITED, "reason": "Past goed."}
    match = match_id(opdracht, person)
    await call("matching POST /matches/{match_id}/decision", body=decision, ids={"match_id": match})
    call.check("matching")
    assert person in call.done["matching GET /assignments/{assignment_id}/matches"][0].people
    (decided,) = call.done["matching POST /matches/{match_id}/decision"]
    assert (decided.object_id, set(decided.people)) == (match, {person})
    assert decided.fields == ("decision", "reason", "state")
    pool = services.pools["matching"]
    assert await pool.fetchval("SELECT decided_by_sub FROM matches WHERE match_id = $1", match) == "tester"
    event = "SELECT value FROM outbox WHERE convert_from(value, 'UTF8') LIKE '%decided_by_sub%' ORDER BY id"
    assert json.loads(await pool.fetchval(event))["decided_by_sub"] == "tester"
