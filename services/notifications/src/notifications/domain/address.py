"""One mailbox, one address, however it is written. Pure."""

import idna


def in_ascii(address: str) -> str:
    """Write an address whose domain has letters beyond ASCII as every mail server takes it (IDNA 2008, as the
    contract validated it: `faß.example` is not `fass.example`)."""
    if address.isascii():
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}@{idna.encode(domain, uts46=True).decode()}"


def normalised(address: str) -> str:
    """Write an address as its mailbox is known: limits, suppressions and choices go by this.

    Of an address that `in_ascii` wrote it is what PostgreSQL's `lower` makes of it.
    """
    return in_ascii(address).lower()
