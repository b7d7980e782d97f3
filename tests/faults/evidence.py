"""What lay where when something was wrong: topics, tables, mails and faults, as text to search in."""

from pathlib import Path

from stack.layout import SERVICES

from faults.deployment import Platform
from faults.ledger import Ledger
from faults.topics import Log


async def keep(platform: Platform, ledger: Ledger, log: Log, folder: Path) -> None:
    """Write it all into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "topics.txt").open("w") as file:
        for topic, entries in log.entries.items():
            for entry in entries:
                record, event = entry.record, entry.event
                again = " again" if entry.again else ""
                place = f"{topic} {record.partition} {record.offset} {record.written_at:%H:%M:%S.%f}"
                content = (record.value or b"").decode()
                file.write(f"{place}{again} {event.type} {event.subject} {event.id} {content}\n")
    with (folder / "faults.txt").open("w") as file:
        for made in ledger.faults:
            file.write(f"{made.start:.2f} {made.end or 0:.2f} {made.name}\n")
    with (folder / "mails.txt").open("w") as file:
        for mail in platform.mail.received:
            subject = mail.message()["Subject"]
            file.write(f"{mail.at:.2f} {mail.to} {mail.message_id} {mail.told} {subject}\n")
    for service in SERVICES:
        connection = await platform.database(service)
        try:
            tables = await connection.fetch(_TABLES)
            for (table,) in tables:
                rows = await connection.fetch(f'SELECT row_to_json(t)::text FROM "{table}" AS t')
                text = "\n".join(row[0] for row in rows)
                (folder / f"{service}.{table}.ndjson").write_text(text)
        finally:
            await connection.close()


_TABLES = """
SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
WHERE relkind = 'r' AND nspname = 'public'
"""
