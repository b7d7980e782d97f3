"""One mailbox, one address, however it is written. Pure."""

from contracts.values import mailing_address


def in_ascii(address: str) -> str:
    """Write an address whose domain has letters beyond ASCII as every mail server takes it.

    Doors store addresses in that form; others come from Kafka, or were stored before.
    """
    return address if address.isascii() else mailing_address(address)


def normalised(address: str) -> str:
    """Write an address as its mailbox is known: limits, suppressions and choices go by this.

    Of an address that `in_ascii` wrote it is what PostgreSQL's `lower` makes of it.
    """
    return in_ascii(address).lower()
