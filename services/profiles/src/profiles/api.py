"""The HTTP side of profiles."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from chassis.audit import Action, changed_fields
from chassis.database import Connection, Pool
from chassis.delivery import outbox
from chassis.http.audited import Recording, audited
from chassis.http.auth import Caller, allow
from chassis.http.idempotency import Answer, Idempotent
from chassis.http.problems import Problem, not_found, problems, with_headers
from chassis.http.requests import (
    BODY_PROBLEMS,
    ETAG,
    INVALID,
    Cursor,
    IfMatch,
    JsonBody,
    Limit,
    Page,
    Part,
    PartBody,
    check_version,
    etag,
    page,
)
from chassis.http.resources import Database
from contracts.requests import Contact, ProfileFacts
from contracts.values import Frozen, mailbox_key
from contracts.vocabulary import PEOPLE, Role
from fastapi import APIRouter, Depends, Path, Response
from pydantic import ConfigDict
from uuid_utils.compat import uuid7

from contracts import examples, facts, probe
from profiles import SERVICE, keys, responses, store
from profiles.domain.effective import day_of
from profiles.domain.profile import Profile
from profiles.responses import ProfileExport, ProfileVersion, ProfileView


class ProfileBody(Frozen):
    """A profile as it is sent: who it is, and what matching may know."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PROFILE]})

    contact: Contact
    facts: ProfileFacts


STAFF = (Role.RECRUITER, Role.OPERATOR)
Staff = Annotated[Caller, Depends(allow(*STAFF))]
Anyone = Annotated[Caller, Depends(allow(*PEOPLE))]
Body = Annotated[ProfileBody, Depends(JsonBody(ProfileBody))]
Changes = Annotated[Part[ProfileBody], Depends(PartBody(ProfileBody))]
ProfileId = Annotated[UUID, Path(description="The professional's id, as the answer to `POST` gave it.")]
Changing = Annotated[Recording, audited(Action.CHANGE, "profile")]

LOCATION = {"Location": "Where the new profile is."}

router = APIRouter(prefix="/profiles", tags=["profiles"], responses=problems(401, 403, 503))


@router.post(
    "",
    status_code=201,
    response_model=ProfileVersion,
    responses={201: with_headers(LOCATION | ETAG), **problems(409, *BODY_PROBLEMS)},
)
async def create(
    caller: Anyone,
    body: Body,
    once: Idempotent,
    act: Annotated[Recording, audited(Action.CREATE, "profile")],
) -> Response:
    """Register a professional.

    Contact and facts share one version, which is 1 here. Matching looks for opdrachten at once. No two
    profiles have one address, whatever its letter case. A professional registers under the id of their token
    (`sub`), with the address that it names. Staff may register the probe (`facts.probe`), once, under its
    own id.
    """
    profile_id = _id_to_be(caller, body.facts)

    async def effect(connection: Connection) -> Answer:
        now = datetime.now(UTC)
        _check_portfolio(body, now)
        _check_address(caller, body.contact)
        profile, events = Profile.create(profile_id or uuid7(), body.contact, body.facts, now)
        with _address_free():
            await store.insert(connection, profile)
        made = await keys.make_keys(connection, [profile.profile_id])
        await outbox.publish(connection, SERVICE, [*made, *events], now)
        await act.record(
            connection, profile.profile_id, people=[profile.profile_id], fields=_changed(None, profile)
        )
        headers = {"Location": f"/profiles/{profile.profile_id}", "ETag": etag(profile.version)}
        return Answer(201, responses.version(profile), headers)

    return await once(caller, effect)


@router.get("", responses=problems(422))
async def list_profiles(
    _caller: Staff,
    pool: Database,
    act: Annotated[Recording, audited(Action.LIST, "profile")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ProfileView]:
    """List the professionals.

    The oldest first. `next` leads to the page after this one.
    """

    async def fetch(after: UUID | None, rows: int) -> list[Profile]:
        async with pool.acquire() as connection:
            return await store.page(connection, after, rows)

    items, following = await page(fetch, limit, cursor, UUID, lambda last: str(last.profile_id))
    async with pool.acquire() as connection:
        await act.record(connection, people=[profile.profile_id for profile in items])
    now = datetime.now(UTC)
    return Page(items=[responses.view(profile, now) for profile in items], next=following)


@router.get("/{profile_id}", responses={200: with_headers(ETAG), **problems(404)})
async def read(
    profile_id: ProfileId,
    caller: Anyone,
    pool: Database,
    response: Response,
    act: Annotated[Recording, audited(Action.READ, "profile")],
) -> ProfileView:
    """Show a professional.

    `facts` as they were written, and `effective_facts` as they follow from these and from the placements and
    commitments: hours that are taken are not offered. A professional sees the own profile only.
    """
    profile = await _own(pool, caller, profile_id, act)
    response.headers["ETag"] = etag(profile.version)
    return responses.view(profile, datetime.now(UTC))


@router.get("/{profile_id}/export", responses=problems(404))
async def export(
    profile_id: ProfileId,
    caller: Anyone,
    pool: Database,
    act: Annotated[Recording, audited(Action.EXPORT, "profile")],
) -> ProfileExport:
    """Export what is held on a professional.

    All that this service knows of the person, for the person: GDPR, article 15.
    """
    return responses.export(await _own(pool, caller, profile_id, act), datetime.now(UTC))


@router.put(
    "/{profile_id}", responses={200: with_headers(ETAG), **problems(404, 409, 412, 428, *BODY_PROBLEMS)}
)
async def change(
    profile_id: ProfileId,
    caller: Anyone,
    condition: IfMatch,
    body: Body,
    pool: Database,
    response: Response,
    act: Changing,
) -> ProfileVersion:
    """Change a professional.

    The body replaces contact and facts; `If-Match` names the version that it was made from. An address that
    somebody else changes is confirmed anew where `contact.confirmed_at` stays what it was.
    """
    changed = await _change(pool, caller, profile_id, condition, lambda _: body, act)
    response.headers["ETag"] = etag(changed.version)
    return responses.version(changed)


@router.patch(
    "/{profile_id}", responses={200: with_headers(ETAG), **problems(404, 409, 412, 428, *BODY_PROBLEMS)}
)
async def change_in_part(
    profile_id: ProfileId,
    caller: Anyone,
    condition: IfMatch,
    changes: Changes,
    pool: Database,
    response: Response,
    act: Changing,
) -> ProfileVersion:
    """Change a part of a professional.

    A merge patch (RFC 7396): what it names is replaced, in `contact` and in `facts`, and everything else
    stays; a list is replaced as a whole. A null takes a field away, but for `contact.confirmed_at`, where it
    says that the person is asked first. The result is checked as a body of `PUT` is.
    """

    def wanted(profile: Profile) -> ProfileBody:
        return changes.merged_into(_present(profile), nulls=("/contact/confirmed_at",))

    changed = await _change(pool, caller, profile_id, condition, wanted, act)
    response.headers["ETag"] = etag(changed.version)
    return responses.version(changed)


@router.delete("/{profile_id}", status_code=204, responses=problems(404, 409))
async def erase(
    profile_id: ProfileId,
    caller: Anyone,
    pool: Database,
    act: Annotated[Recording, audited(Action.ERASE, "profile")],
) -> None:
    """Erase a professional.

    Everything that is held on the person goes, here and in every other service. There is no way back. The
    probe's profile stays: it is nobody, and an erased id is never used again.
    """
    _check_own(caller, profile_id)
    if profile_id == probe.PROFILE_ID:
        raise Problem(409, "the probe's profile is paused, and not erased")
    async with pool.acquire() as connection, connection.transaction():
        profile = await _locked(connection, profile_id)
        now = datetime.now(UTC)
        await store.erase(connection, profile_id, now)
        await outbox.publish(connection, SERVICE, profile.erase(), now)
        await act.record(connection, profile_id, people=[profile_id])


async def _change(
    pool: Pool,
    caller: Caller,
    profile_id: UUID,
    condition: str,
    wanted: Callable[[Profile], ProfileBody],
    act: Recording,
) -> Profile:
    _check_own(caller, profile_id)
    async with pool.acquire() as connection, connection.transaction():
        profile = await _locked(connection, profile_id)
        check_version(condition, profile.version)
        body, now = wanted(profile), datetime.now(UTC)
        _check_probe(profile_id, body.facts)
        _check_portfolio(body, now)
        _check_address(caller, body.contact, profile.contact)
        shown = caller.email is not None and mailbox_key(caller.email) == mailbox_key(body.contact.email)
        changed, events = profile.change(body.contact, body.facts, now, shown=shown)
        with _address_free():
            await store.update(connection, changed)
        await outbox.publish(connection, SERVICE, events, now)
        await act.record(connection, profile_id, people=[profile_id], fields=_changed(profile, changed))
    return changed


def _changed(before: Profile | None, after: Profile) -> list[str]:
    """Return the names of the fields that a change changes."""
    contact = changed_fields(before.contact if before else None, after.contact, "contact.")
    return [*contact, *changed_fields(before.facts if before else None, after.facts, "facts.")]


def _check_portfolio(body: ProfileBody, now: datetime) -> None:
    """Raise Problem 409 where an entry is still to come: only a placement says that something will."""
    errors = [
        (f"/facts/portfolio/{number}/started_on", "must not be in the future, but of a placement")
        for number, entry in enumerate(body.facts.portfolio)
        if entry.placement_id is None and entry.started_on > day_of(now)
    ]
    if errors:
        raise Problem(422, INVALID, errors)


def _id_to_be(caller: Caller, wanted: facts.OwnFacts) -> UUID | None:
    """Return the id under which a professional registers, or the probe is registered; None for staff, who get
    a new one. Raises Problem 403 where it is none."""
    if not caller.roles.isdisjoint(STAFF):
        return probe.PROFILE_ID if wanted.probe else None
    _check_probe(UUID(int=0), wanted)
    try:
        return UUID(caller.subject)
    except ValueError:
        raise Problem(403, "a professional registers under an id of their own") from None


def _check_address(caller: Caller, contact: facts.Contact, present: facts.Contact | None = None) -> None:
    """Raise Problem 422 where a professional takes an address that they have not shown to be theirs: neither
    the present one, nor that of their token."""
    proven = {mailbox_key(one) for one in (caller.email, present and present.email) if one}
    if caller.roles.isdisjoint(STAFF) and mailbox_key(contact.email) not in proven:
        raise Problem(422, INVALID, [("/contact/email", "must be an address that you confirmed")])


def _present(profile: Profile) -> dict[str, Any]:
    """Return what a patch is merged into: what was never said stays unsaid."""
    return {
        part: value.model_dump(mode="json", exclude_unset=True)
        for part, value in (("contact", profile.contact), ("facts", profile.facts))
    }


@contextmanager
def _address_free() -> Iterator[None]:
    try:
        yield
    except store.IdTaken:
        raise Problem(409, "you are registered already") from None
    except store.AddressTaken:
        errors = [("/contact/email", "another profile has this address")]
        raise Problem(409, "another profile has this address", errors) from None


def _check_probe(profile_id: UUID, wanted: facts.OwnFacts) -> None:
    """Raise Problem 422 where somebody would be made the probe's profile, or that one somebody."""
    if wanted.probe != (profile_id == probe.PROFILE_ID):
        raise Problem(409, "not the probe", [("/facts/probe", "must be true for the probe's profile alone")])


def _check_own(caller: Caller, profile_id: UUID) -> None:
    if caller.roles.isdisjoint(STAFF) and caller.subject.lower() != str(profile_id):
        raise Problem(403, "a professional reaches the own profile only")


async def _locked(connection: Connection, profile_id: UUID) -> Profile:
    """Return a profile whose row is locked until the transaction ends; raises Problem 404."""
    profile = await store.get_for_update(connection, profile_id)
    if profile is None:
        raise not_found("profile")
    return profile


async def _own(pool: Pool, caller: Caller, profile_id: UUID, act: Recording) -> Profile:
    """Return a profile that the caller may see, once it is recorded that they do; raises Problem 403, 404."""
    _check_own(caller, profile_id)
    async with pool.acquire() as connection:
        profile = await store.get(connection, profile_id)
        if profile is None:
            raise not_found("profile")
        await act.record(connection, profile_id, people=[profile_id])
    return profile
