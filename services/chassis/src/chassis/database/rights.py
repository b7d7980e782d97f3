"""What a service's own role may do in its database, where another role migrates: read and write rows.

Tables belong to the role that migrates, so that a service which is taken over changes none: it can alter,
drop, make and empty nothing, and change no row of what is only ever added to. It gets its rights in the
transaction that makes a table, so no version of the service sees a table that it may not use.
"""

from chassis.database.connections import Session

APPEND_ONLY = ("audit_acts", "audit_chain")
"""Tables whose rows the service adds, and neither changes nor deletes; a service need not have them."""
READ_ONLY = ("audit_pruned", "migrations")


async def close(session: Session, role: str) -> None:
    """Leave the database to its owner, and to `role`, which may connect; in the caller's transaction."""
    await session.execute(await session.fetchval(_CLOSE, role))


_CLOSE = """
SELECT format(
    'REVOKE ALL ON DATABASE %1$I FROM PUBLIC; GRANT CONNECT ON DATABASE %1$I TO %3$I;'
    'REVOKE ALL ON SCHEMA %2$I FROM PUBLIC; GRANT USAGE ON SCHEMA %2$I TO %3$I',
    current_database(), current_schema(), $1::text
)
"""


async def grant(session: Session, role: str) -> None:
    """Give `role` its rights on the tables and sequences that there are, and no others; in the caller's
    transaction."""
    statements = await session.fetchval(_GRANTS, role, [*APPEND_ONLY], [*READ_ONLY])
    await session.execute(statements or "")


_GRANTS = """
SELECT string_agg(
    format('REVOKE ALL ON %1$s FROM %2$I; GRANT %3$s ON %1$s TO %2$I', what, $1::text, rights), ';'
)
FROM (
    SELECT
        CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || pg_class.oid::regclass AS what,
        CASE
            WHEN relkind = 'S' THEN 'USAGE, SELECT, UPDATE'
            WHEN relname = ANY($2) THEN 'SELECT, INSERT'
            WHEN relname = ANY($3) THEN 'SELECT'
            ELSE 'SELECT, INSERT, UPDATE, DELETE'
        END AS rights
    FROM pg_class
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
        AND pg_has_role(relowner, 'USAGE') -- not what an extension brought
) AS relations
"""
