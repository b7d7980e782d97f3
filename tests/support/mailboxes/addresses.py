"""One mailbox, one address: however it is written."""

from functools import lru_cache

import idna


@lru_cache
def normalised(email: str) -> str:
    """Write an address as its mailbox is known: letter case folded, the domain as IDNA 2008 has it.

    So an address in capitals is the same, and `faß.example` is not `fass.example`.
    """
    local, _, domain = email.rpartition("@")
    return f"{local.casefold()}@{idna.encode(domain, uts46=True).decode()}"
