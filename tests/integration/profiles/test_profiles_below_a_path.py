"""Where something new is, for whoever calls through a gateway that puts the service below a path."""

from urllib.parse import urljoin

import pytest
from chassis.database import migrate, open_pool
from profiles.app import build
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS
from support.served import served

from contracts import examples

OUTSIDE = "https://opdrachten.example.org/api/profiles"
TRAINING = {
    "title": "Woordvoeren",
    "provider": "De Werkplaats",
    "url": "https://opleidingen.example.org/woordvoeren",
    "days": 1,
    "price_cents": None,
    "gives": {"specialisms": ["woordvoering"], "certificates": []},
}


@pytest.mark.parametrize(("path", "body"), [("/profiles", examples.PROFILE), ("/trainings", TRAINING)])
async def test_whatever_is_made_is_found_below_the_path_and_without_one(
    database: str, path: str, body: object
) -> None:
    await migrate(database, "chassis", "profiles")
    async with open_pool(database) as pool, served(build(ProfilesSettings(**SETTINGS)), pool) as http:
        answer = await http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        inside = urljoin(path, answer.headers["location"])
        assert urljoin(f"{OUTSIDE}{path}", answer.headers["location"]) == f"{OUTSIDE}{inside}"
        assert (await http.get(inside)).status_code == 200
