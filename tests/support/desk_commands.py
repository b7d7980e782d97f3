"""Every form of the desk that commands another service, what is typed into it, and how often it was done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from support.desk_world import World

TYPED = 'Wat ik typte <b>&</b> "zo"'


@dataclass(frozen=True)
class Command:
    """A form that commands an owner: on which page it stands, where it is sent, what is typed, which button
    is pressed; and how often it was done."""

    page: str
    action: str
    typed: Mapping[str, str | list[str]]
    button: tuple[str, str] | None
    times: Callable[[], Awaitable[int]]


def commands(world: World, owner: str) -> list[Command]:
    return {
        "profiles": _of_profiles,
        "assignments": _of_assignments,
        "matching": _of_matching,
        "notifications": _of_notifications,
    }[owner](world)


def _counting(world: World, service: str, query: str, *values: Any) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        return len(await world.made.rows(service, query, *values))

    return count


def _of_profiles(world: World) -> list[Command]:
    typed: dict[str, str | list[str]] = {
        "/contact/name": TYPED,
        "/contact/email": "nieuwkomer-weg@example.org",
        "/contact/phone": "0612345678",
        "/facts/level": "senior",
        "/facts/specialisms": ["redactie", "campagnes"],
        "/facts/available_from": "2027-03-01",
        "/facts/hours_min": "16",
        "/facts/hours_max": "32",
        "/facts/place/name": "Utrecht",
        "/facts/max_distance_km": "40",
        "/facts/rate_min_cents": "82,50",
        "/facts/contract_forms": ["zzp"],
        "/facts/portfolio/0/specialisms": "redactie",
        "/facts/portfolio/0/organisation_type": "gemeente",
        "/facts/portfolio/0/level": "senior",
        "/facts/portfolio/0/started_on": "2020-01-01",
    }
    person = f"/mensen/{world.ids['profile_id']}"
    named = "SELECT FROM people WHERE name = $1"
    by_address = "SELECT FROM people WHERE email = $1"
    gone = "SELECT FROM people WHERE profile_id = $1 AND erased"
    return [
        Command(
            "/mensen/nieuw",
            "/mensen/nieuw",
            typed,
            None,
            _counting(world, "desk", by_address, typed["/contact/email"]),
        ),
        Command(
            f"{person}/wijzigen",
            f"{person}/wijzigen",
            {"/contact/name": "Annelies Anders"},
            None,
            _counting(world, "desk", named, "Annelies Anders"),
        ),
        Command(
            f"/mensen/{world.erased}",
            f"/mensen/{world.erased}/verwijder",
            {"naam": "Gaatweg"},
            None,
            _counting(world, "desk", gone, UUID(world.erased)),
        ),
    ]


def _of_assignments(world: World) -> list[Command]:
    one = f"/opdrachten/{world.ids['assignment_id']}"
    new: dict[str, str | list[str]] = {
        "title": TYPED,
        "description": "Regel een\r\nRegel twee",
        "hours_min": "24",
        "mail": "Beste Anna,",
        "required_specialisms": ["redactie", "evenementen"],
        "contract_forms": ["zzp"],
    }
    state = "SELECT FROM assignments WHERE assignment_id = $1 AND state = $2"
    titled = "SELECT FROM assignments WHERE facts->>'title' = $1"

    async def drafts() -> dict[str, Any]:
        found = await world.stack.items("assignments", "/drafts")
        return {one["draft_id"]: one["fields"].get("title") for one in found}

    def drafted(title: str) -> Callable[[], Awaitable[int]]:
        async def count() -> int:
            return list((await drafts()).values()).count(title)

        return count

    async def is_deleted() -> int:
        return int(world.unwanted.rpartition("/")[2] not in await drafts())

    def identity(address: str) -> UUID:
        return UUID(address.rpartition("/")[2])

    other = f"{world.title}, iets anders"
    save, check = ("actie", "bewaar"), ("actie", "controleer")
    return [
        Command(
            "/opdrachten/nieuw",
            "/opdrachten/nieuw",
            new,
            save,
            drafted(TYPED),
        ),
        Command(
            f"{world.draft}/wijzigen",
            f"{world.draft}/wijzigen",
            {"title": "Half af"},
            save,
            drafted("Half af"),
        ),
        Command(
            f"{one}/wijzigen",
            f"{one}/wijzigen",
            {"title": other, "description": "Ook anders"},
            check,
            _counting(world, "assignments", titled, other),
        ),
        Command(
            f"{world.to_publish}/publiceer",
            f"{world.to_publish}/publiceer",
            {},
            None,
            _counting(world, "assignments", state, identity(world.to_publish), "open"),
        ),
        Command(f"{one}/kopieer", f"{one}/kopieer", {}, None, drafted(other)),
        Command(
            f"{world.closing}/sluit",
            f"{world.closing}/sluit",
            {"reden": "withdrawn"},
            None,
            _counting(world, "assignments", state, identity(world.closing), "closed"),
        ),
        Command(
            f"{world.unwanted}/verwijder",
            f"{world.unwanted}/verwijder",
            {},
            None,
            is_deleted,
        ),
    ]


def _of_matching(world: World) -> list[Command]:
    pair = f"/opdrachten/{world.ids['assignment_id']}/mensen/{world.ids['profile_id']}"

    undone = world.bounced[1]
    decision_of_theirs = f"/opdrachten/{undone.assignment_id}/mensen/{undone.profile_id}"

    def decided(decision: str, whose: str = world.ids["profile_id"]) -> Callable[[], Awaitable[int]]:
        async def count() -> int:
            past = await world.stack.items("desk", "/alerts/history")
            return sum(
                one["type"] == "MatchDecided.v1"
                and one["data"]["profile_id"] == whose
                and one["data"]["decision"] == decision
                for one in past
            )

        return count

    nomination: dict[str, str | list[str]] = {
        "reden": TYPED,
        "bericht": "Goed nieuws,\r\nik draag je voor.",
        "stuur": "1",
        "stap": "definitief",
    }
    invitation: dict[str, str | list[str]] = {
        "reden": "Graag gezien",
        "wanneer": "2027-01-14T10:30",
        "waar": "Stadhuis, kamer 3",
        "stap": "definitief",
    }
    return [
        Command(
            f"{pair}/besluit?soort=nominated",
            f"{pair}/besluit?soort=nominated",
            nomination,
            None,
            decided("nominated"),
        ),
        Command(
            f"{pair}/besluit?soort=invited",
            f"{pair}/besluit?soort=invited",
            invitation,
            None,
            decided("invited"),
        ),
        Command(
            decision_of_theirs,
            f"{decision_of_theirs}/ongedaan",
            {},
            None,
            decided("reopened", undone.profile_id),
        ),
    ]


def _of_notifications(world: World) -> list[Command]:
    first, second = (one.profile_id for one in world.bounced)
    wanted: dict[str, str | list[str]] = {"summary": "daily", "interest": "daily"}

    def released(profile_id: str) -> Callable[[], Awaitable[int]]:
        async def count() -> int:
            kept = await world.stack.items("notifications", "/suppressions")
            return int(profile_id not in {one["profile_id"] for one in kept})

        return count

    async def chosen() -> int:
        async with world.stack.client("notifications", subject="recruiter") as http:
            found = (await http.get("/recruiter-preferences")).json()
        return int({name: found.get(name) for name in wanted} == wanted)

    return [
        Command(
            f"/mensen/{first}",
            f"/mensen/{first}/vrij",
            {},
            None,
            released(first),
        ),
        Command(
            "/mails/adressen?domein=example.org",
            "/mails/adressen/vrij",
            {"domein": "example.org"},
            None,
            released(second),
        ),
        Command("/instellingen", "/instellingen/mails", wanted, None, chosen),
    ]
