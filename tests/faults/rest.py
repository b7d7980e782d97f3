"""Rest: nothing is on its way any more. What does not come to rest is stuck."""

import asyncio
import time

import asyncpg
from confluent_kafka import KafkaException
from stack.layout import SERVICES

from faults import topics
from faults.deployment import Platform
from faults.ledger import Ledger

REST_SECONDS = 180
CLAIMED_SECONDS = 8  # nothing else is on its way for so long: then the claims of the dead may end


async def rest(platform: Platform, ledger: Ledger, seconds: float = REST_SECONDS) -> list[str]:
    """Wait until everything rests; return what does not after `seconds`.

    Mails that a dead sender had claimed, or that the server put off, wait for minutes: once nothing else is
    on its way, these are made due at once, as if the minutes had passed.
    """
    deadline, quiet, only_claims_since = time.monotonic() + seconds, 0, None
    waited_for = None
    while True:
        try:
            unrest, claimed = await _look(platform)
        except (
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            KafkaException,
            TimeoutError,
        ) as error:
            unrest, claimed = [f"cannot be looked at: {type(error).__name__}"], 0
        waits = ", ".join(unrest) or (f"{claimed} mails are claimed" if claimed else "")
        if waits != waited_for:
            waited_for = waits
            ledger.waits.append((time.monotonic(), waits))
        if not unrest and not claimed:
            quiet += 1
            if quiet == 2:
                ledger.rests.append(time.monotonic())
                return []
        else:
            quiet = 0
        if unrest or not claimed or platform.mail.under_way:
            only_claims_since = None
        elif only_claims_since is None:
            only_claims_since = time.monotonic()
        elif time.monotonic() - only_claims_since > CLAIMED_SECONDS:
            await _let_claims_end(platform)
            only_claims_since = None
        if time.monotonic() > deadline:
            return unrest + ([f"{claimed} mails are claimed"] if claimed else [])
        await asyncio.sleep(0.5)


async def _look(platform: Platform) -> tuple[list[str], int]:
    """Return what is on its way, and how many mails are claimed or put off."""
    found = [
        f"{name}: {lag} records behind" for name, lag in (await topics.behind(platform.layout.kafka)).items()
    ]
    claimed = 0
    for service in SERVICES:
        connection = await platform.database(service)
        try:
            for table in ("outbox", "parked"):
                waiting = await connection.fetchval(f"SELECT count(*) FROM {table}")
                if waiting:
                    found.append(f"{service}: {waiting} in {table}")
            if service == "matching" and (asked := await connection.fetchval(_REQUESTED)):
                found.append(f"matching: {asked} reconciliations are requested")
            if service == "notifications":
                if due := await connection.fetchval(_DUE):
                    found.append(f"notifications: {due} notices are due")
                claimed = await connection.fetchval(_CLAIMED)
        finally:
            await connection.close()
    return found, claimed


_REQUESTED = """
SELECT count(*) FROM assignments WHERE reconciliation_requested IS NOT NULL
"""
_DUE = """
SELECT count(*) FROM notices
WHERE state IN ('pending', 'sending') AND due_at < now() + CASE WHEN tried_at IS NULL THEN interval '5 s'
    ELSE interval '0' END AND (claimed_until > now()) IS NOT TRUE
"""
_CLAIMED = """
SELECT count(*) FROM notices
WHERE state IN ('pending', 'sending') AND tried_at IS NOT NULL AND (due_at >= now() OR claimed_until > now())
    AND due_at < now() + interval '20 min'
"""


async def _let_claims_end(platform: Platform) -> None:
    connection = await platform.database("notifications")
    try:
        await connection.execute(_LET_CLAIMS_END)
    finally:
        await connection.close()


_LET_CLAIMS_END = """
UPDATE notices SET due_at = now(), claimed_until = CASE WHEN claimed_until IS NOT NULL THEN now() END
WHERE state IN ('pending', 'sending') AND tried_at IS NOT NULL AND due_at < now() + interval '20 min'
"""
