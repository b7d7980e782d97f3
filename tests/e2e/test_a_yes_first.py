"""Who is entered without a yes, over the stack: asked by one mail, told of the opdracht after the answer, and
known to have said so."""

import random
import re
from uuid import UUID, uuid4

from support.meetings import demanding, mails_to, somebody
from support.stacks import Stack, until

ASKED = "Mogen we je opdrachten mailen?"


async def test_one_mail_asks_and_the_opdracht_follows_the_yes(stack: Stack) -> None:
    name = f"Gevraagd{uuid4().hex[:8]}"
    rng = random.Random(name)
    body = somebody(rng, name)
    body["contact"] |= {"confirmed_at": None}
    address = body["contact"]["email"]
    profile_id = (await stack.post("profiles", "/profiles", body)).json()["profile_id"]
    opdracht = {**demanding(rng), "title": f"Opdracht voor {name}", "dossiers": ["wonen"], "urgency": "spoed"}
    opened = await stack.post("assignments", "/assignments", opdracht)
    assignment_id = opened.json()["assignment_id"]

    (asking,) = await until(lambda: mails_to(stack, address, ASKED))
    link = re.search(r"http://\S+?/confirm/[\w.-]+", await stack.mail_text(asking["id"]))
    assert link is not None

    async def matched() -> bool:
        return UUID(profile_id) in await stack.matches(assignment_id)

    async def waits() -> bool:
        query = f"/deliveries?profile_id={profile_id}&kind=match"
        return [one["outcome"] for one in await stack.items("notifications", query)] == ["pending"]

    await until(matched)
    await until(waits)
    async with stack.client("notifications") as http:
        assert "Ja, mail me opdrachten" in (await http.get(link[0])).text
        assert await mails_to(stack, address, name) == []
        assert "Fijn, we mailen je" in (await http.post(link[0])).text
    await until(lambda: mails_to(stack, address, name))
    assert len(await mails_to(stack, address, ASKED)) == 1

    async def known() -> bool:
        async with stack.client("profiles") as http:
            shown = (await http.get(f"/profiles/{profile_id}")).json()
        return shown["contact"]["confirmed_at"] is not None

    await until(known)
