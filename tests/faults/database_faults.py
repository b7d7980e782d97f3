"""Faults inside PostgreSQL, at the moment of a commit: one that is slow, or fails in a way that may pass.

A deferred constraint trigger runs while the transaction commits, so ids and locks are handed out already, and
nobody else sees the rows yet: the moment that orders of steps go wrong in.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from stack.layout import SERVICES

from faults.deployment import Platform

TABLES = {
    "profiles": ("outbox",),
    "assignments": ("outbox",),
    "matching": ("outbox", "profiles", "assignments"),
    "notifications": ("outbox", "notices", "matches"),
    "desk": ("people", "matches", "alerts"),
}


@dataclass(frozen=True)
class AtCommit:
    """What happens to some commits. `share` of the rows; `seconds` at most; `code`: an SQLSTATE."""

    name: str
    share: float
    seconds: float = 0.0
    code: str | None = None


SLOW = AtCommit("postgres commits slowly", share=0.2, seconds=0.4)
SERIALIZATION = AtCommit("postgres cannot serialize", share=0.3, code="40001")
DISK_FULL = AtCommit("postgres says its disk is full", share=0.5, code="53100")


async def install(platform: Platform) -> None:
    """Put the triggers in place; they do nothing until told to."""
    for service in SERVICES:
        connection = await platform.database(service)
        try:
            await connection.execute(_INSTALL)
            for table in TABLES[service]:
                await connection.execute(_TRIGGER.format(table=table))
        finally:
            await connection.close()


_INSTALL = """
CREATE SCHEMA IF NOT EXISTS faults;
CREATE TABLE IF NOT EXISTS faults.at_commit (share float8 NOT NULL, seconds float8 NOT NULL, code text);
CREATE OR REPLACE FUNCTION faults.happen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE one faults.at_commit;
BEGIN
    SELECT * INTO one FROM faults.at_commit LIMIT 1;
    IF FOUND AND random() < one.share THEN
        PERFORM pg_sleep(one.seconds * random());
        IF one.code IS NOT NULL THEN
            RAISE EXCEPTION 'a fault that was ordered' USING ERRCODE = one.code;
        END IF;
    END IF;
    RETURN NULL;
END $$
"""
_TRIGGER = """
CREATE CONSTRAINT TRIGGER happen AFTER INSERT OR UPDATE ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION faults.happen()
"""


@asynccontextmanager
async def happening(platform: Platform, service: str, what: AtCommit) -> AsyncIterator[None]:
    """Let it happen to one service's commits until the end of the block."""
    await _tell(platform, service, "INSERT INTO faults.at_commit VALUES ($1, $2, $3)", what)
    try:
        yield
    finally:
        await _tell(platform, service, "DELETE FROM faults.at_commit", None)


async def _tell(platform: Platform, service: str, statement: str, what: AtCommit | None) -> None:
    """Change what happens; PostgreSQL may itself be on its way back from another fault."""
    for _ in range(100):
        try:
            connection = await platform.database(service)
            try:
                values = () if what is None else (what.share, what.seconds, what.code)
                await connection.execute(statement, *values)
                return
            finally:
                await connection.close()
        except Exception:
            await asyncio.sleep(0.3)
    raise TimeoutError(f"the database of {service} cannot be told what is to happen")
