"""A sender that is killed once so many of its mails are accepted, whatever of that is written by then.

Run as `python -m support.dying_sender DATABASE PORT MAILS`.
"""

import asyncio
import os
import signal
import sys

from chassis.database import open_pool
from notifications.mail.mime import Mail
from notifications.mail.smtp import MailServer, Outcome

from support.notifying import make_sender


async def send(database: str, port: int, mails: int) -> None:
    """Send to the mail server at a port."""
    server, accepted = MailServer(f"smtp://127.0.0.1:{port}"), 0

    async def transport(mail: Mail) -> Outcome:
        nonlocal accepted
        outcome = await server.send(mail)
        accepted += 1
        if accepted == mails:
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome

    async with open_pool(database) as pool:
        await make_sender(pool, transport).send_all()


if __name__ == "__main__":
    asyncio.run(send(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
