"""Mails, which notifications sends: what was mailed, addresses that get none, and a recruiter's own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from desk.owners.api import Answer, Owner, Owners


async def listed(owners: Owners, token: str, filters: Mapping[str, str | int]) -> Answer:
    """Ask for what was mailed, newest first. Raises Unreachable, as all here."""
    return await owners.ask(Owner.NOTIFICATIONS, "GET", "/deliveries", token=token, params=filters)


async def forecast(owners: Owners, token: str, opdracht: Mapping[str, Any]) -> Answer:
    """Ask what would become of the mails on an opdracht: the body of `POST /forecast`."""
    return await owners.ask(Owner.NOTIFICATIONS, "POST", "/forecast", token=token, body=opdracht)


async def body(owners: Owners, token: str, notice_id: UUID) -> Answer:
    """Ask for a mail as it was sent."""
    return await owners.ask(Owner.NOTIFICATIONS, "GET", f"/deliveries/{notice_id}/body", token=token)


async def again(owners: Owners, token: str, notice_id: UUID, key: str) -> Answer:
    """Send once more what did not arrive."""
    path = f"/deliveries/{notice_id}/again"
    return await owners.ask(Owner.NOTIFICATIONS, "POST", path, token=token, key=key)


async def suppressed(owners: Owners, token: str, filters: Mapping[str, str | int]) -> Answer:
    """Ask for addresses that get no mail."""
    return await owners.ask(Owner.NOTIFICATIONS, "GET", "/suppressions", token=token, params=filters)


async def release(owners: Owners, token: str, address_of: UUID) -> Answer:
    """Let an address get mail again: the id of a suppression or of a profile."""
    return await owners.ask(Owner.NOTIFICATIONS, "DELETE", f"/suppressions/{address_of}", token=token)


async def release_domain(owners: Owners, token: str, domain: str) -> Answer:
    """Let all addresses of a domain get mail again."""
    params = {"domain": domain}
    return await owners.ask(Owner.NOTIFICATIONS, "DELETE", "/suppressions", token=token, params=params)


async def send_link(owners: Owners, token: str, email: str) -> Answer:
    """Let a link to sign in be mailed, where somebody has the address or not; `token`: the desk's own."""
    body = {"email": email}
    return await owners.ask(Owner.NOTIFICATIONS, "POST", "/sign-in-links", token=token, body=body)


async def redeem_link(owners: Owners, token: str, link: str) -> Answer:
    """Redeem a link to sign in, once: whose address it is. `token`: the desk's own."""
    body = {"token": link}
    return await owners.ask(Owner.NOTIFICATIONS, "POST", "/sign-in-links/redeem", token=token, body=body)


async def send_address_link(owners: Owners, token: str, profile_id: UUID, email: str) -> Answer:
    """Let a link be mailed to another address of a professional, whoever has it; `token`: the desk's own."""
    body = {"profile_id": str(profile_id), "email": email}
    return await owners.ask(Owner.NOTIFICATIONS, "POST", "/address-links", token=token, body=body)


async def redeem_address_link(owners: Owners, token: str, profile_id: UUID, link: str) -> Answer:
    """Redeem such a link, once: which address is theirs. `token`: the desk's own."""
    body = {"profile_id": str(profile_id), "token": link}
    return await owners.ask(Owner.NOTIFICATIONS, "POST", "/address-links/redeem", token=token, body=body)


async def preferences(owners: Owners, token: str) -> Answer:
    """Ask which mails the caller gets."""
    return await owners.ask(Owner.NOTIFICATIONS, "GET", "/recruiter-preferences", token=token)


async def prefer(owners: Owners, token: str, wanted: Mapping[str, Any]) -> Answer:
    """Choose which mails the caller gets."""
    return await owners.ask(Owner.NOTIFICATIONS, "PUT", "/recruiter-preferences", token=token, body=wanted)
