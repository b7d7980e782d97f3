"""The example: opdrachten and professionals over the public APIs, always about the coming weeks.

`data/` holds facts of 30 published opdrachten (each line names its source) and 300 invented people; its
dates are written as seen from REFERENCE and shifted to today. `besides.json` says what some of them have here
that the published facts do not name: who may be found by colleagues, and which certificates are asked for.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from stack import issuer
from stack.layout import Layout

REFERENCE = date(2026, 11, 24)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY_FIELDS = {"starts_on", "ends_on", "available_from", "available_until", "started_on", "ended_on"}
NOTES = {"source", "assumed"}
CONCURRENCY = 12
PAUSE_SECONDS = 6
BESIDE_A_JOB = 17  # the line of somebody who has a permanent job besides
# Who is at work: the lines of the opdracht and of the person, since and until how many days from today.
AT_WORK = ((4, 37, -120, 56), (3, 38, -3, 170))
TRIES = 30  # until the assignments service has heard of them
URGENT = 19  # the line that the scenario opens: a manager communicatie a.i., spoed


def shifted(value: Any, days: timedelta) -> Any:
    """Move every date of a JSON value, keeping the time of day in the Netherlands."""
    if isinstance(value, list):
        return [shifted(item, days) for item in value]
    if not isinstance(value, dict):
        return value
    moved = {}
    for name, item in value.items():
        if name in DAY_FIELDS and item is not None:
            moved[name] = (date.fromisoformat(item) + days).isoformat()
        elif name == "respond_by":
            wall = datetime.fromisoformat(item).astimezone(AMSTERDAM).replace(tzinfo=None)
            moved[name] = (wall + days).replace(tzinfo=AMSTERDAM).isoformat()
        else:
            moved[name] = shifted(item, days)
    return moved


def lines(name: str, today: date) -> list[dict[str, Any]]:
    """Read the bodies of one file, shifted to today."""
    text = (files("stack") / "data" / name).read_text()
    return [
        shifted(
            {key: value for key, value in json.loads(line).items() if key not in NOTES}, today - REFERENCE
        )
        for line in text.splitlines()
    ]


def _read(name: str) -> Any:
    return json.loads((files("stack") / "data" / name).read_text())


def _with_network(people: list[dict[str, Any]], besides: dict[str, Any]) -> None:
    for number, person in besides.items():
        body = people[int(number)]
        body["contact"]["called"] = person["called"]
        body["facts"]["specialisms"] += person["specialisms"]
        body["facts"]["network"] = person["network"]


def client(layout: Layout, service: str) -> httpx.AsyncClient:
    """Return a client that calls a service as the recruiter."""
    token = (layout.folder("tokens") / "recruiter").read_text()
    return httpx.AsyncClient(
        base_url=layout.url(service), headers={"Authorization": f"Bearer {token}"}, timeout=30
    )


async def _post_all(
    layout: Layout, service: str, bodies: Iterable[tuple[str, Any]], of: str | None = None
) -> list[str]:
    """Post bodies to a service's list, which is called as the service is unless `of` names it, a few at once;
    a key for each makes it safe to try again. Return the new ids in order."""
    gate = asyncio.Semaphore(CONCURRENCY)
    async with client(layout, service) as http:

        async def post(key: str, body: Any) -> str:
            async with gate:
                answer = await http.post(f"/{of or service}", json=body, headers={"Idempotency-Key": key})
                answer.raise_for_status()
                return answer.headers["Location"].rpartition("/")[2]

        return await asyncio.gather(*(post(key, body) for key, body in bodies))


async def load(layout: Layout) -> None:
    """Load the example once; what was loaded is written to `example.json`."""
    known = layout.directory / "example.json"
    if known.exists():
        issuer.write_tokens(layout, json.loads(known.read_text())["profiles"][0])
        return
    today = datetime.now(AMSTERDAM).date()
    people = lines("professionals.ndjson", today)
    for person in people:  # whoever tries the platform at night wants to see mail too
        person["contact"]["preferences"]["quiet_hours"] = False
    job = {"hours": 16, "from": (today - timedelta(days=400)).isoformat(), "until": None, "kind": "vast"}
    people[BESIDE_A_JOB]["facts"]["commitments"] = [job]
    besides = _read("besides.json")
    _with_network(people, besides["professionals"])
    profiles = await _post_all(
        layout, "profiles", ((f"example-{number}", body) for number, body in enumerate(people))
    )
    opdrachten = lines("opdrachten.ndjson", today)
    for number, certificates in besides["opdrachten"].items():
        opdrachten[int(number)]["required_certificates"] = certificates
    del opdrachten[URGENT]
    assignments = await _post_all(
        layout, "assignments", ((f"example-{number}", body) for number, body in enumerate(opdrachten))
    )
    for number, (asked, who, since, until) in enumerate(AT_WORK):
        terms = _agreed(opdrachten[asked], people[who], today, since, until)
        body = {"profile_id": profiles[who], **terms}
        await _place(layout, assignments[asked], body, f"example-placed-{number}")
    trainings = ((f"example-training-{number}", body) for number, body in enumerate(_read("trainings.json")))
    await _post_all(layout, "profiles", trainings, of="trainings")
    issuer.write_tokens(layout, profiles[0])
    known.write_text(json.dumps({"profiles": profiles, "assignments": assignments, "played": False}))


def _agreed(opdracht: Any, person: Any, today: date, since: int, until: int) -> dict[str, Any]:
    """Return what is agreed with somebody, from a day to a day, counted from today."""
    facts = person["facts"]
    return {
        "starts_on": (today + timedelta(days=since)).isoformat(),
        "ends_on": (today + timedelta(days=until)).isoformat(),
        "hours": opdracht["hours_max"],
        "rate_cents": opdracht["rate_max_cents"],
        "contract_form": facts["contract_forms"][0],
    }


async def _place(layout: Layout, assignment_id: str, body: dict[str, Any], key: str) -> None:
    """Place somebody, as soon as the assignments service has heard of them."""
    async with client(layout, "assignments") as http:
        for tried in range(TRIES):
            answer = await http.post(
                f"/assignments/{assignment_id}/placements",
                json=body,
                headers={"Idempotency-Key": f"{key}-{tried}"},
            )
            if answer.status_code != httpx.codes.UNPROCESSABLE_ENTITY:
                break
            await asyncio.sleep(1)
        answer.raise_for_status()


async def play(layout: Layout, say: Callable[[str], None]) -> None:
    """Play a small scenario once, so that the page lives."""
    known = layout.directory / "example.json"
    example = json.loads(known.read_text())
    if example["played"]:
        return
    await asyncio.sleep(PAUSE_SECONDS)
    urgent = lines("opdrachten.ndjson", datetime.now(AMSTERDAM).date())[URGENT]
    await _post_all(layout, "assignments", [("example-urgent", urgent)])
    say(f"[dim]scenario:[/] an urgent opdracht opens: {urgent['title']}, {urgent['organisation']['name']}")
    await asyncio.sleep(PAUSE_SECONDS)
    await _becomes_available(layout, example["profiles"][0])
    say("[dim]scenario:[/] a professional is available earlier, and asks less")
    await asyncio.sleep(PAUSE_SECONDS)
    async with client(layout, "assignments") as http:
        body = {"reason": "withdrawn"}
        answer = await http.post(f"/assignments/{example['assignments'][-1]}/close", json=body)
    if answer.is_success:
        say(f"[dim]scenario:[/] an opdracht is withdrawn: {answer.json()['title']}")
    known.write_text(json.dumps({**example, "played": True}))


async def _becomes_available(layout: Layout, profile_id: str) -> None:
    async with client(layout, "profiles") as http:
        profile = (await http.get(f"/profiles/{profile_id}")).json()
        facts = profile["facts"]
        facts["available_from"] = datetime.now(AMSTERDAM).date().isoformat()
        facts["available_until"] = None
        facts["rate_min_cents"] = max(0, facts["rate_min_cents"] - 1500)
        facts["max_distance_km"] = 150
        answer = await http.put(
            f"/profiles/{profile_id}",
            json={"contact": profile["contact"], "facts": facts},
            headers={"If-Match": f'"{profile["version"]}"'},
        )
        answer.raise_for_status()
