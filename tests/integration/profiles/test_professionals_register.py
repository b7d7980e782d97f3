"""A professional registers under the own id, with the address that was proven; staff as before."""

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from chassis.database import Pool, open_pool
from chassis.http.auth import Caller
from contracts.vocabulary import Role
from profiles.app import build
from profiles.settings import ProfilesSettings
from support.openapi import SETTINGS
from support.served import Doorkeeper, served
from uuid_utils.compat import uuid7

from contracts import examples

UNPROVEN = [{"pointer": "/contact/email", "detail": "must be an address that you confirmed"}]


class Proving(Doorkeeper):
    """A doorkeeper whose callers proved one address."""

    def __init__(self, email: str | None) -> None:
        self._email = email

    async def verify(self, token: str) -> Caller:
        return replace(await super().verify(token), email=self._email)


@pytest.fixture
async def pool(database: str) -> AsyncIterator[Pool]:
    async with open_pool(database) as opened:
        yield opened


@asynccontextmanager
async def professional(
    pool: Pool, email: str | None, subject: str | None = None
) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """Serve profiles to a professional who proved an address; with the id of their token."""
    subject = subject or str(uuid7())
    app = build(ProfilesSettings(**SETTINGS))
    async with served(app, pool, f"{Role.PROFESSIONAL}:{subject}") as http:
        app.state.authenticator = Proving(email)
        yield http, subject


def body(email: str) -> dict[str, Any]:
    made = copy.deepcopy(examples.PROFILE)
    made["contact"]["email"] = email
    return made


async def test_a_professional_registers_under_the_own_id_in_any_letter_case(pool: Pool) -> None:
    async with professional(pool, "nieuw@example.org") as (http, subject):
        made = await http.post("/profiles", json=body("Nieuw@Example.org"))
        assert made.status_code == 201
        assert made.json()["profile_id"] == subject
        assert (await http.get(f"/profiles/{subject}")).status_code == 200
        again = await http.post("/profiles", json=body("nieuw@example.org"))
        assert again.status_code == 409


@pytest.mark.parametrize("proven", [None, "mijn@example.org"])
async def test_an_address_that_was_not_proven_is_refused_and_nothing_stored(
    pool: Pool, proven: str | None
) -> None:
    async with professional(pool, proven) as (http, subject):
        answer = await http.post("/profiles", json=body("van-een-ander@example.org"))
        assert answer.status_code == 422
        assert answer.json()["errors"] == UNPROVEN
        assert (await http.get(f"/profiles/{subject}")).status_code == 404


async def test_a_second_registration_of_an_address_is_refused(pool: Pool) -> None:
    async with professional(pool, "eerste@example.org") as (http, _):
        assert (await http.post("/profiles", json=body("eerste@example.org"))).status_code == 201
    async with professional(pool, "EERSTE@example.org") as (http, subject):
        answer = await http.post("/profiles", json=body("EERSTE@example.org"))
        assert answer.status_code == 409
        assert (await http.get(f"/profiles/{subject}")).status_code == 404


async def test_whoever_is_erased_registers_under_another_id_alone(pool: Pool) -> None:
    async with professional(pool, "weg@example.org") as (http, subject):
        await http.post("/profiles", json=body("weg@example.org"))
        assert (await http.delete(f"/profiles/{subject}")).status_code == 204
        assert (await http.post("/profiles", json=body("weg@example.org"))).status_code == 409
    async with professional(pool, "weg@example.org") as (http, _):
        assert (await http.post("/profiles", json=body("weg@example.org"))).status_code == 201


async def test_a_subject_that_is_no_id_registers_nobody(pool: Pool) -> None:
    async with professional(pool, "geen@example.org", "geen-id") as (http, _):
        assert (await http.post("/profiles", json=body("geen@example.org"))).status_code == 403


async def test_a_professional_keeps_the_address_or_takes_one_that_was_proven(pool: Pool) -> None:
    async with professional(pool, "oud@example.org") as (http, subject):
        await http.post("/profiles", json=body("oud@example.org"))
    kept = {"contact": {"name": "Anders"}}
    moved = {"contact": {"email": "Elders@example.org"}}
    sent = {"Content-Type": "application/merge-patch+json"}
    async with professional(pool, None, subject) as (http, _):
        answer = await http.patch(f"/profiles/{subject}", json=kept, headers={**sent, "If-Match": '"1"'})
        assert answer.status_code == 200
        answer = await http.patch(f"/profiles/{subject}", json=moved, headers={**sent, "If-Match": '"2"'})
        assert answer.status_code == 422
        assert answer.json()["errors"] == UNPROVEN
    async with professional(pool, "elders@example.org", subject) as (http, _):
        answer = await http.patch(f"/profiles/{subject}", json=moved, headers={**sent, "If-Match": '"2"'})
        assert answer.status_code == 200
