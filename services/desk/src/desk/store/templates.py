"""The texts of messages, where recruiters have written their own."""

from collections.abc import Mapping
from datetime import datetime

from chassis.database import Connection

from desk.domain.messages import DEFAULTS, Code


async def texts(connection: Connection) -> dict[Code, str]:
    """Return the text of each decision and each reason: the recruiters' own, or the desk's."""
    own = {row["code"]: row["text"] for row in await connection.fetch(_TEXTS)}
    return {code: own.get(code, default) for code, default in DEFAULTS.items()}


_TEXTS = """
SELECT code, text FROM message_templates
"""


async def write(connection: Connection, changed: Mapping[Code, str], changed_by: str, now: datetime) -> None:
    """Write texts; what is empty, or the desk's own again, is forgotten. Call it in a transaction."""
    own = {code: text for code, text in changed.items() if text not in {"", DEFAULTS[code]}}
    await connection.execute(_FORGET, [code for code in changed if code not in own])
    await connection.execute(_WRITE, list(own), list(own.values()), changed_by, now)


_FORGET = """
DELETE FROM message_templates WHERE code = ANY($1)
"""
_WRITE = """
INSERT INTO message_templates AS known (code, text, changed_by, changed_at)
SELECT code, text, $3, $4 FROM unnest($1::text[], $2::text[]) AS new (code, text) ORDER BY code
ON CONFLICT (code) DO UPDATE
SET text = excluded.text, changed_by = excluded.changed_by, changed_at = excluded.changed_at
WHERE known.text <> excluded.text
"""
