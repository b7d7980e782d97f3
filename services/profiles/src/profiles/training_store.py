"""Trainings in PostgreSQL."""

from collections.abc import Collection
from uuid import UUID

import asyncpg
from chassis.database import Connection
from contracts.vocabulary import Certificate, Specialism

from profiles.domain.training import Gives, Terms, Training

# What a later release may know more of stays in the row, and is not shown here.
SPECIALISMS, CERTIFICATES = frozenset(Specialism), frozenset(Certificate)


async def insert(connection: Connection, training: Training) -> None:
    """Store a new training."""
    await connection.execute(_INSERT, *_values(training))


_INSERT = """
INSERT INTO trainings
    (training_id, version, title, provider, url, days, price_cents, specialisms, certificates)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def update(connection: Connection, training: Training) -> None:
    """Store a changed training, whose row the caller has locked."""
    await connection.execute(_UPDATE, *_values(training))


_UPDATE = """
UPDATE trainings
SET version = $2, title = $3, provider = $4, url = $5, days = $6, price_cents = $7, specialisms = $8,
    certificates = $9
WHERE training_id = $1
"""


async def delete(connection: Connection, training_id: UUID) -> bool:
    """Delete a training; tell whether it was there."""
    return await connection.fetchval(_DELETE, training_id) is not None


_DELETE = """
DELETE FROM trainings WHERE training_id = $1 RETURNING training_id
"""


async def get(connection: Connection, training_id: UUID) -> Training | None:
    """Return a training, None where there is none."""
    row = await connection.fetchrow(_GET, training_id)
    return None if row is None else _training(row)


_TRAININGS = """
SELECT training_id, version, title, provider, url, days, price_cents, specialisms, certificates
FROM trainings
"""
_GET = f"""
{_TRAININGS}
WHERE training_id = $1
"""


async def get_for_update(connection: Connection, training_id: UUID) -> Training | None:
    """Return a training as `get` does, and lock its row until the transaction ends."""
    row = await connection.fetchrow(_GET_FOR_UPDATE, training_id)
    return None if row is None else _training(row)


_GET_FOR_UPDATE = f"""
{_GET}
FOR UPDATE
"""


async def page(
    connection: Connection,
    after: UUID | None,
    limit: int,
    *,
    specialisms: Collection[Specialism] = (),
    certificates: Collection[Certificate] = (),
) -> list[Training]:
    """Return trainings by id (the oldest first), after `after`: all, or those that give one of these."""
    rows = await connection.fetch(_PAGE, after, limit, list(specialisms), list(certificates))
    return [_training(row) for row in rows]


_PAGE = f"""
{_TRAININGS}
WHERE ($1::uuid IS NULL OR training_id > $1)
    AND ($3::text[] || $4::text[] = '{{}}' OR specialisms && $3::text[] OR certificates && $4::text[])
ORDER BY training_id
LIMIT $2
"""


def _values(training: Training) -> tuple[object, ...]:
    terms = training.terms
    return (
        training.training_id,
        training.version,
        terms.title,
        terms.provider,
        terms.url,
        terms.days,
        terms.price_cents,
        terms.gives.specialisms,
        terms.gives.certificates,
    )


def _training(row: asyncpg.Record) -> Training:
    return Training(
        row["training_id"],
        row["version"],
        Terms.model_construct(
            title=row["title"],
            provider=row["provider"],
            url=row["url"],
            days=row["days"],
            price_cents=row["price_cents"],
            gives=Gives.model_construct(
                specialisms=[Specialism(one) for one in row["specialisms"] if one in SPECIALISMS],
                certificates=[Certificate(one) for one in row["certificates"] if one in CERTIFICATES],
            ),
        ),
    )
