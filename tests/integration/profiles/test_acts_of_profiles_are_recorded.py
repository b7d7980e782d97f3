"""Every route of profiles that declares an act leaves its row when it is called."""

from uuid import UUID

from support.calls import ANY, OPERATOR, TOKEN, Calls
from support.five_services import Services

from contracts import examples

ASKING = "profiles POST /colleagues/{profile_id}/question"
TRAINING = {
    **{"title": "PRINCE2", "provider": "De Werkbank", "url": "https://example.org/", "days": 3},
    "gives": {"certificates": ["prince2"]},
}
ELSE = {**examples.PROFILE["contact"], "email": "audit-colleague@example.org"}


async def _asks_a_colleague(call: Calls, person: UUID) -> UUID:
    """Let somebody look for a colleague, and ask one a question; return whom."""
    http, network = call.client("profiles"), {"network": {"visible": True}}
    shown = await http.patch(f"/profiles/{person}", json={"facts": network}, headers=ANY)
    body = {"contact": ELSE, "facts": {**examples.PROFILE["facts"], **network}}
    made = await http.post("/profiles", json=body, headers=TOKEN)
    assert (shown.status_code, made.status_code) == (200, 201)
    about = {"profile_id": made.json()["profile_id"]}
    await call("profiles GET /colleagues")
    question = {"question": "Hoe pak jij dat aan?", "show_address": True}
    theirs = {"Authorization": f"Bearer professional:{person}"}
    await call(ASKING, headers=theirs, body=question, ids=about)
    return UUID(about["profile_id"])


async def test_every_route_of_profiles_leaves_its_row(services: Services) -> None:
    call = Calls(services)
    made = (await call("profiles POST /profiles", body=examples.PROFILE)).json()
    person = UUID(made["profile_id"])
    about = {"profile_id": person}
    await call("profiles GET /profiles")
    for path in ("", "/export", "/held"):
        await call(f"profiles GET /profiles/{{profile_id}}{path}", ids=about)
    await call("profiles GET /profiles/{profile_id}/audit", headers=OPERATOR, ids=about)
    await call("profiles PUT /profiles/{profile_id}", headers=ANY, body=examples.PROFILE, ids=about)
    changes = {"contact": {"phone": "+31 6 00000000"}, "facts": {"hours_max": 31}}
    await call("profiles PATCH /profiles/{profile_id}", headers=ANY, body=changes, ids=about)
    colleague = await _asks_a_colleague(call, person)
    await call("profiles DELETE /profiles/{profile_id}", ids=about)
    training = (await call("profiles POST /trainings", body=TRAINING)).json()
    of_training = {"training_id": training["training_id"]}
    await call("profiles PUT /trainings/{training_id}", headers=ANY, body=TRAINING, ids=of_training)
    await call("profiles DELETE /trainings/{training_id}", ids=of_training)
    call.check("profiles", {ASKING: ("https://issuer.example", str(person))})
    for name, rows in call.done.items():
        theirs = set() if "trainings" in name else {person}
        assert [row.people for row in rows] == [{person, colleague} if "colleagues" in name else theirs], name
    (changed,) = call.done["profiles PATCH /profiles/{profile_id}"]
    assert changed.fields == ("contact.phone", "facts.hours_max")
    assert changed.role == "recruiter"
    shown = await call.client("profiles").get(f"/profiles/{person}/audit", headers=OPERATOR)
    assert shown.json() == {"items": [], "next": None}  # the topic has not told it yet
