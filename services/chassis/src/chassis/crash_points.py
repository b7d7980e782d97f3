"""Named points at which a test may let this process die, or stand still, in the middle of its work.

This is no feature. Kills at random moments hardly ever fall between two steps that follow each other within
a millisecond, and it is there that an order of steps which loses something shows; so tests/faults has to name
the moment. Why that may stand in the product: unset, a point costs a comparison; set, it does nothing that a
crash (SIGKILL) or a machine that pauses (SIGSTOP) could not do at the same place; and who may set a service's
environment may end it anyhow. It is not among the settings, and a process that has it says so as it starts,
as loudly as it can (`warn`): in production that line means that somebody tests where nobody should.

`CRASH_AT=relay.sent` ends the process the first time that it gets there, `FREEZE_AT=relay.sent` stops it
there once, until somebody continues it.
"""

import os
import signal
from enum import StrEnum

import structlog

log = structlog.get_logger()


class Point(StrEnum):
    """What has just been done where a process may end."""

    REQUEST_STORED = "request.stored"  # a request's effect and answer, not yet committed
    REQUEST_COMMITTED = "request.committed"  # but nobody is answered yet
    RELAY_SENT = "relay.sent"  # and confirmed, but still in the outbox
    RELAY_DELETED = "relay.deleted"
    CONSUMER_RECEIVED = "consumer.received"  # a batch, of which nothing is written
    CONSUMER_COMMITTED = "consumer.committed"  # the batch, which is not followed up
    CONSUMER_FOLLOWED = "consumer.followed"  # the follow-up is done, Kafka does not know it
    CONSUMER_ACKNOWLEDGED = "consumer.acknowledged"
    SENDER_CLAIMED = "sender.claimed"  # mails, of which none has gone out
    SENDER_ACCEPTED = "sender.accepted"  # by the mail server, which is not written down
    SENDER_RECORDED = "sender.recorded"


_crash_at = os.environ.get("CRASH_AT")
_freeze_at = os.environ.get("FREEZE_AT")


def reach(point: Point) -> None:
    """End or stop the process if it is to end or stop here."""
    global _freeze_at  # noqa: PLW0603 - the process stops once: when it goes on, it is not to stop again
    if point == _crash_at:
        os.kill(os.getpid(), signal.SIGKILL)
    if point == _freeze_at:
        _freeze_at = None
        os.kill(os.getpid(), signal.SIGSTOP)


def warn() -> None:
    """Say in the log that this process is to end or stop by itself; raises ValueError for a strange point."""
    for doing, point in (("crash", _crash_at), ("freeze", _freeze_at)):
        if point is not None:
            log.critical("this process is told to fail, as a test", doing=doing, at=Point(point))
