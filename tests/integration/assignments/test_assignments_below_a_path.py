"""Where something new is, for whoever calls through a gateway that puts the service below a path."""

from urllib.parse import urljoin

import httpx
from chassis.database import Pool
from support.placements import TERMS, an_opdracht, somebody

from contracts import examples

OUTSIDE = "https://opdrachten.example.org/api/assignments"


async def test_whatever_is_made_is_found_below_the_path_and_without_one(
    http: httpx.AsyncClient, pool: Pool
) -> None:
    opened = await an_opdracht(http)
    placed = {"profile_id": str(await somebody(pool)), **TERMS}
    for path, body in (
        ("/assignments", examples.ASSIGNMENT),
        ("/drafts", {}),
        (f"/assignments/{opened}/copy", None),
        (f"/assignments/{opened}/placements", placed),
    ):
        answer = await http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        location = answer.headers["location"]
        inside = urljoin(path, location)
        assert urljoin(f"{OUTSIDE}{path}", location) == f"{OUTSIDE}{inside}"
        assert (await http.get(inside)).status_code == 200
