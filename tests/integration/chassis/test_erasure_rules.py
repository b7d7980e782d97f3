"""The chassis's tables in an erasure: all are on its list, and a repeated answer about a person is gone."""

from uuid import UUID

from chassis.database import migrate, open_pool
from chassis.erasure import CHASSIS, erase
from uuid_utils.compat import uuid7


async def test_every_column_of_the_chassis_has_a_rule_for_erasures(database: str) -> None:
    await migrate(database, "chassis")
    async with open_pool(database) as pool:
        rows = await pool.fetch(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        )
    listed = [(rule.table, column) for rule in CHASSIS for column in rule.columns]
    assert sorted(listed) == sorted((row["table_name"], row["column_name"]) for row in rows)


async def test_an_erasure_deletes_the_stored_answers_that_name_the_person(database: str) -> None:
    await migrate(database, "chassis")
    erased, other = uuid7(), uuid7()

    def answer(key: str, operation: str, about: UUID) -> tuple[str, str, str, bytes, bytes]:
        return "caller", operation, key, b"", f'{{"profile_id":"{about}"}}'.encode()

    async with open_pool(database) as pool:
        await pool.executemany(
            "INSERT INTO idempotency (caller, operation, key, fingerprint, body) VALUES ($1, $2, $3, $4, $5)",
            [
                answer("body", "POST /matches/1/decision", erased),
                answer("path", f"POST /profiles/{erased}/what-if", other),
                answer("other", "POST /matches/2/decision", other),
            ],
        )
        await pool.execute(
            "INSERT INTO idempotency (caller, operation, key, fingerprint)"
            " VALUES ('caller', 'POST /profiles', 'running', '')"
        )
        async with pool.acquire() as connection, connection.transaction():
            await erase(connection, CHASSIS, [erased])
        left = await pool.fetch("SELECT key FROM idempotency ORDER BY key")
    assert [row["key"] for row in left] == ["other", "running"]
