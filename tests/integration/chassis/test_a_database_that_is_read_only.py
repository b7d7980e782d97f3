"""Reads are recorded, so they need a database that takes writes: one that does not is an outage."""

from collections.abc import AsyncIterator

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from desk.owners.api import Owner
from stack.layout import Layout
from support.five_services import Services, five_services
from support.planted import answering, plant
from support.served import Doorkeeping
from support.whole_desk import whole_desk

from contracts import examples

READ_ONLY = """
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', current_database());
END $$
"""
TOKEN = {"Authorization": f"Bearer {Role.RECRUITER}"}


@pytest.fixture
async def services(postgres: Layout) -> AsyncIterator[Services]:
    async with five_services(postgres) as opened:
        yield opened


async def fail_over(pool: Pool) -> None:
    """Let every session from now on be one that reads only, as at a standby."""
    await pool.execute(READ_ONLY)
    await pool.expire_connections()


async def test_reads_and_changes_are_503_and_come_back_to_and_what_is_not_recorded_goes_on(
    services: Services,
) -> None:
    for pool in services.pools.values():
        await fail_over(pool)
    for owner, method, path, body in (
        (Owner.PROFILES, "GET", "/profiles", None),
        (Owner.PROFILES, "POST", "/profiles", examples.PROFILE),
        (Owner.ASSIGNMENTS, "GET", "/placements", None),
        (Owner.ASSIGNMENTS, "POST", "/assignments", examples.ASSIGNMENT),
        (Owner.MATCHING, "POST", "/reach", examples.ASSIGNMENT),
        (Owner.NOTIFICATIONS, "GET", "/deliveries", None),
    ):
        answer = await services.owners.client(owner).request(method, path, json=body, headers=TOKEN)
        is_away(answer)
    for owner in Owner:
        client = services.owners.client(owner)
        assert (await client.get("/livez")).status_code == 200
    listed = await services.owners.client(Owner.ASSIGNMENTS).get("/assignments", headers=TOKEN)
    assert listed.status_code == 200  # opdrachten are nobody's data


async def test_the_desks_pages_say_so_in_dutch(services: Services) -> None:
    pool = services.pools["desk"]
    world = await plant(pool)
    async with whole_desk(pool, answering(world), keeper=Doorkeeping()) as http:
        for path in ("/", "/mensen", f"/mensen/{world.profile_id}"):
            assert (await http.get(path)).status_code == 200
        await fail_over(pool)
        for path in ("/", "/mensen", f"/mensen/{world.profile_id}"):
            answer = await http.get(path, headers={"Accept": "text/html"})
            assert "We zijn even niet bereikbaar" in answer.text
            assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
        is_away(await http.get("/alerts/history", headers={"Accept": "application/json"}))


def is_away(answer: httpx.Response) -> None:
    assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "2"), answer.text
    assert answer.json()["detail"] == "the database does not answer; try again"
