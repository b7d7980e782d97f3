"""One mailbox, one address, however it is written. Pure."""

from contracts.values import mailing_address


def in_ascii(address: str) -> str:
    """Write an address whose domain has letters beyond ASCII as every mail server takes it.

    Doors store addresses in that form; others come from Kafka, or were stored before.
    """
    return address if address.isascii() else mailing_address(address)


def domain(name: str) -> str:
    """Write a domain as it stands in a normalised address. Raises ValueError where it is none."""
    return normalised(mailing_address(f"x@{name}")).removeprefix("x@")


def normalised(address: str) -> str:
    """Write an address as its mailbox is known: limits, suppressions and choices go by this.

    Of an address that `in_ascii` wrote it is what PostgreSQL's `lower` makes of it.
    """
    return in_ascii(address).lower()
