"""A stack of parts with something of everything that the desk shows, and its pages; what each says of an
owner that is away."""

import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from contracts.vocabulary import Role
from desk.app import build
from desk.domain.overview import Tab
from desk.pages import opdracht
from fastapi.routing import iter_route_contexts

from support.mails import came_back
from support.meetings import a_match, a_placement, demanding, mails_to, somebody
from support.restoring import Parts
from support.signing_in import PAGE, settings
from support.stacks import Stack, until
from support.whole_desk import OWN

PATIENCE = 8  # seconds, for a page of two and a half beside the work of others
VARIANTS: Mapping[str, list[str]] = {
    "/opdrachten": [f"?tab={tab}" for tab in Tab],
    "/opdrachten/{assignment_id}": [f"?tab={tab}" for tab in opdracht.TABS],
    "/opdrachten/{assignment_id}/mensen/{profile_id}/besluit": ["?soort=nominated"],
    "/opdrachten/{assignment_id}/vergelijk": ["?p={profile_id}"],
    "/mensen": ["", "?plaats=Utrecht"],
    "/selectie/tegen": ["?soort=level&groep=strategisch"],
}
TRAINING = {
    **{"title": "Projecten", "provider": "Leerhuis", "url": "https://example.org/", "days": 3},
    "gives": {"certificates": ["prince2"]},
}
NO_PAGE = "/opdrachten/plaatsen"  # the options of a list
TEGEN = "/selectie/tegen?soort=level&groep=strategisch"
OPDRACHTEN = "De opdrachten zijn even niet te bereiken"
CONCEPTEN = "De concepten zijn even niet te bereiken"
PROFIELEN = "De profielen zijn even niet te bereiken"
REACH = "Het bereik is even niet te berekenen"
MAILS = "De mails zijn even niet op te halen"


@dataclass(frozen=True)
class Unreached:
    """Somebody whose mail about an opdracht came back."""

    assignment_id: str
    profile_id: str


@dataclass(frozen=True)
class World:
    """A stack of parts, and what there is in it. `ids`: of the pages; each command has things of its own."""

    made: Parts
    ids: dict[str, str]
    title: str
    name: str
    draft: str
    ready: str
    to_publish: str
    unwanted: str
    closing: str
    erased: str
    bounced: tuple[Unreached, Unreached]

    @property
    def stack(self) -> Stack:
        return self.made.stack

    def missing(self, owner: str) -> dict[str, str]:
        """Return what each page says while an owner is away; the others say nothing."""
        one = f"/opdrachten/{self.ids['assignment_id']}"
        pair = f"{one}/mensen/{self.ids['profile_id']}"
        person = f"/mensen/{self.ids['profile_id']}"
        return {
            "profiles": {
                "/opleidingen": "De opleidingen zijn even niet op te halen",
                f"/opleidingen/{self.ids['training_id']}": PROFIELEN,
                f"{person}/wijzigen": PROFIELEN,
                f"{person}/export": PROFIELEN,
            },
            "assignments": {
                "/": CONCEPTEN,
                "/opdrachten?tab=concept": CONCEPTEN,
                f"{person}/export": OPDRACHTEN,
                "/mensen?plaats=Utrecht": "Plaatsen zijn even niet op te zoeken",
                **{f"{one}/{step}": OPDRACHTEN for step in ("wijzigen", "kopieer", "sluit", "verwijder")},
                **{f"{self.ready}/{step}": OPDRACHTEN for step in ("wijzigen", "publiceer", "verwijder")},
            },
            "matching": {
                f"{one}?tab=bereik": REACH,
                f"{one}?tab=bijna": "Wie bijna past, is even niet te berekenen",
                f"{one}?tab=verantwoording": "op welke eis afvielen, is even niet te berekenen",
                pair: "De eisen zijn even niet na te rekenen",
                person: "Dit is even niet te berekenen",
                f"{self.ready}/publiceer": REACH,
                TEGEN: "Het matchen is even niet te bereiken",
                f"{person}/export": "Het matchen is even niet te bereiken",
                "/selectie": "De cijfers zijn even niet te berekenen",
            },
            "notifications": {
                f"{person}/export": "De mails zijn even niet te bereiken",
                "/mails": MAILS,
                "/mails/adressen": MAILS,
                f"/mails/{self.ids['notice_id']}": "De mails zijn even niet te bereiken",
                f"{self.ready}/publiceer": "Wie wanneer mail krijgt, is even niet te zeggen",
                "/instellingen": "Je mails zijn even niet in te stellen",
            },
        }[owner]

    def pages(self) -> list[str]:
        """Return every page of staff, by the desk's routes; and those of a draft that is ready."""
        routes = iter_route_contexts(build(settings(self.made.layout)).routes)
        paths = [
            str(route.path)
            for route in routes
            if "GET" in (route.methods or ()) and route.endpoint.__module__.startswith("desk.pages.")
            if not str(route.path).startswith(OWN)
        ]
        found = [
            (path + variant).format(**self.ids)
            for path in dict.fromkeys(paths)
            if path != NO_PAGE
            for variant in VARIANTS.get(path, [""])
        ]
        return [*found, *(f"{self.ready}/{step}" for step in ("wijzigen", "publiceer", "verwijder"))]


@asynccontextmanager
async def browsing(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A recruiter's browser without scripts."""
    headers = {**PAGE, **world.stack.headers(subject="recruiter")}
    async with httpx.AsyncClient(
        base_url=world.stack.layout.url("desk"), headers=headers, timeout=PATIENCE
    ) as http:
        yield http


async def a_world(made: Parts) -> World:
    stack, name = made.stack, "Annelies"
    assignment_id, profile_id, _ = await a_match(stack, name)
    body = {**demanding(random.Random(3)), "title": "Sluit straks"}
    closing = (await stack.post("assignments", "/assignments", body)).json()["assignment_id"]
    erased = somebody(random.Random(4), "Gaatweg", frequency="none")
    del body["open"]
    drafts = [
        (await stack.post("assignments", "/drafts", {**body, "title": f"Concept {number}"})).json()[
            "draft_id"
        ]
        for number in range(4)
    ]
    bounced = (await a_mail_that_came_back(stack, "Terugkomer"), await a_mail_that_came_back(stack, "Retour"))
    match_id = (await stack.matches(bounced[1].assignment_id))[UUID(bounced[1].profile_id)]["match_id"]
    await stack.post("matching", f"/matches/{match_id}/decision", {"decision": "nominated", "reason": "-"})
    training = (await stack.post("profiles", "/trainings", TRAINING)).json()["training_id"]
    mail = await until(lambda: mails_sent(stack, profile_id), what="a mail is sent")
    at_work, working, _ = await a_match(stack, "Aanhetwerk")
    placement_id = await a_placement(stack, at_work, working)
    world = World(
        made,
        {
            "assignment_id": assignment_id,
            "profile_id": profile_id,
            "notice_id": mail[0]["notice_id"],
            "placement_id": placement_id,
            "training_id": training,
        },
        f"Opdracht voor {name}",
        name,
        draft=f"/opdrachten/{drafts[0]}",
        ready=f"/opdrachten/{drafts[1]}",
        to_publish=f"/opdrachten/{drafts[2]}",
        unwanted=f"/opdrachten/{drafts[3]}",
        closing=f"/opdrachten/{closing}",
        erased=(await stack.post("profiles", "/profiles", erased)).json()["profile_id"],
        bounced=bounced,
    )
    await until(lambda: has_arrived(world), what="the desk has heard of it all")
    return world


async def mails_sent(stack: Stack, profile_id: str) -> list[dict[str, Any]]:
    """Return the mails to somebody about an opdracht, the newest first."""
    asked = f"profile_id={profile_id}&outcome=accepted&kind=match"
    return await stack.items("notifications", f"/deliveries?{asked}")


async def a_mail_that_came_back(stack: Stack, name: str) -> Unreached:
    assignment_id, profile_id, address = await a_match(stack, name)
    mail = (await until(lambda: mails_to(stack, address, name)))[0]
    # One that was under way meanwhile would be the latest, and have come.
    await until(lambda: nothing_waits(stack, profile_id), what="all mails to them are sent")
    source = await stack.mail_text(mail["id"], "source")
    message_id = re.search(r"^Message-ID: *(<\S+>)", source, re.MULTILINE | re.IGNORECASE)
    assert message_id is not None
    async with stack.client("notifications", Role.OPERATOR) as http:
        assert (await http.post("/reports", content=came_back(message_id[1]))).json() == {"taken": True}
    return Unreached(assignment_id, profile_id)


async def nothing_waits(stack: Stack, profile_id: str) -> bool:
    """Look whether no mail to somebody is under way, or due within seconds."""
    listed = await stack.items("notifications", f"/deliveries?profile_id={profile_id}")
    soon = datetime.now(UTC) + timedelta(seconds=10)
    due = [one["due_at"] for one in listed if one["outcome"] in {"pending", "sending"}]
    return all(one is not None and datetime.fromisoformat(one) > soon for one in due)


async def has_arrived(world: World) -> bool:
    async with browsing(world) as http:
        pages = [f"/mensen/{one}" for one in (world.ids["profile_id"], world.erased)]
        answers = [
            await http.get(path)
            for path in (*pages, world.closing, f"/plaatsingen/{world.ids['placement_id']}")
        ]
        free = [await http.get(f"/mensen/{one.profile_id}") for one in world.bounced]
        one = world.bounced[1]
        decided = await http.get(f"/opdrachten/{one.assignment_id}/mensen/{one.profile_id}")
    found = all(one.status_code == 200 for one in answers) and all("/vrij" in one.text for one in free)
    return found and "/ongedaan" in decided.text
