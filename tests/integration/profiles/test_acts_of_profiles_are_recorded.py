"""Every route of profiles that declares an act leaves its row when it is called."""

from uuid import UUID

from support.calls import ANY, OPERATOR, Calls
from support.five_services import Services

from contracts import examples


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
    await call("profiles DELETE /profiles/{profile_id}", ids=about)
    call.check("profiles")
    for rows in call.done.values():
        assert [row.people for row in rows] == [{person}]
    (changed,) = call.done["profiles PATCH /profiles/{profile_id}"]
    assert changed.fields == ("contact.phone", "facts.hours_max")
    assert changed.role == "recruiter"
    shown = await call.client("profiles").get(f"/profiles/{person}/audit", headers=OPERATOR)
    assert shown.json() == {"items": [], "next": None}  # the topic has not told it yet
