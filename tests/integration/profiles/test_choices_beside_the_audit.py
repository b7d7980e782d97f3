"""However much is recorded, a professional's choice does not wait for it."""

import asyncio
import random
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
from contracts.envelope import Event
from contracts.events import PreferencesChosen
from contracts.vocabulary import Frequency
from support import people
from support.delivering import records_of, send
from support.stacks import Stack, until


async def test_a_choice_is_taken_in_while_what_is_recorded_waits(stack: Stack) -> None:
    database = stack.layout.database_url("profiles")
    holder = await asyncpg.connect(database)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE audit_trail")
            made = await stack.post("profiles", "/profiles", people.profile_body(random.Random(4), "Kees"))
            profile_id = UUID(made.json()["profile_id"])
            await until(lambda: waits_for(holder), what="what was recorded waits for the lock")
            chosen = PreferencesChosen(
                profile_id=profile_id,
                frequency=Frequency.NONE,
                min_score=0,
                quiet_hours=False,
                chosen_at=datetime.now(UTC),
            )
            event = Event(str(uuid4()), "/test", "PreferencesChosen.v1", profile_id, chosen.chosen_at, chosen)
            await send(stack, database, records_of("preferences", [event]))
            async with stack.client("profiles") as http, asyncio.timeout(30):

                async def is_taken_in() -> bool:
                    profile = (await http.get(f"/profiles/{profile_id}")).json()
                    return bool(profile["contact"]["preferences"]["frequency"] == "none")

                await until(is_taken_in, what="the choice is taken in")
                assert await waits_for(holder)
    finally:
        await holder.close()


async def waits_for(holder: asyncpg.Connection) -> bool:
    return bool(await holder.fetchval(WAITING, holder.get_server_pid()))


WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid))
"""
