"""A mail server with good and bad days: what it says is a function of the address and the moment alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal


@dataclass(frozen=True)
class Accepted:
    """The server took the mail."""


@dataclass(frozen=True)
class TryLater:
    """A temporary failure: 4xx, or no server at all."""

    code: int = 451


@dataclass(frozen=True)
class Refused:
    """The server says no for good: at RCPT, or at the end of DATA; `status` as RFC 3463 has it."""

    code: int
    status: str | None
    stage: Literal["rcpt", "data"]

    @property
    def is_about_the_recipient(self) -> bool:
        """Tell whether it is the recipient whom it cannot serve, and not us or our mail that it minds.

        The status says so where there is one. Without it a 550, 551 or 553 to RCPT is about the mailbox
        (RFC 5321, 4.2.3), and everything else is our fault.
        """
        if self.status is not None:
            return ends_an_address(self.status)
        return self.stage == "rcpt" and self.code in {550, 551, 553}


Verdict = Accepted | TryLater | Refused


def ends_an_address(status: str) -> bool:
    """Tell whether a status says that an address takes no mail: 5.1.x (it does not exist, or not there) and
    5.2.1 (it is switched off). 5.1.7 and 5.1.8 are about the sender's address, which is ours."""
    return status == "5.2.1" or (status.startswith("5.1.") and status not in {"5.1.7", "5.1.8"})


@dataclass(frozen=True)
class Spell:
    """From `since` to before `until` the server answers so, to these addresses or (None) to all."""

    since: datetime
    until: datetime
    verdict: Verdict
    addresses: frozenset[str] | None = None


@dataclass(frozen=True)
class Return:
    """What was accepted for an address in a spell comes back after a while, with a status of RFC 3463; or
    its reader complains (RFC 5965)."""

    address: str
    since: datetime
    until: datetime
    after: timedelta
    status: str | Literal["complaint"]


@dataclass(frozen=True)
class MailServer:
    """Addresses are normalised ones. The first spell that fits counts; without one a mail is accepted."""

    spells: Sequence[Spell] = ()
    returns: Sequence[Return] = ()

    def answer(self, address: str, now: datetime) -> Verdict:
        for spell in self.spells:
            here = spell.addresses is None or address in spell.addresses
            if here and spell.since <= now < spell.until:
                return spell.verdict
        return Accepted()

    def comes_back(self, address: str, accepted_at: datetime) -> Return | None:
        for one in self.returns:
            if one.address == address and one.since <= accepted_at < one.until:
                return one
        return None
