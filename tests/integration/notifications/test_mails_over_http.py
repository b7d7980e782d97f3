"""What the desk asks of notifications, over HTTP: lists and bodies of mails, sending again, addresses that
are released, a recruiter's own mails; who may, what is refused, and what is done once."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from fastapi.routing import iter_route_contexts
from notifications.mail.smtp import Accepted, Outcome, Unknown
from support.notifications_app import notifications_app
from support.notifying import add_assignment, add_contact, make_sender, propose
from support.openapi import apps

LATE = "2099-12-18T09:00:00+01:00"
READ = {
    ("GET", "/deliveries"),
    ("GET", "/deliveries/{notice_id}/body"),
    ("GET", "/suppressions"),
    ("GET", "/matches/{match_id}/timeline"),
    ("POST", "/forecast"),
}
DECIDE = {
    ("POST", "/deliveries/{notice_id}/again"),
    ("DELETE", "/suppressions/{suppression_id}"),
    ("DELETE", "/suppressions"),
    ("GET", "/recruiter-preferences"),
    ("PUT", "/recruiter-preferences"),
}
OPERATE = {("POST", "/reports")}
WISHES = {"summary": "daily", "interest": "direct", "quiet_hours": True}


@pytest.fixture
async def http(pool: Pool) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(notifications_app(pool)),
        base_url="http://notifications",
        headers=a_token("rosa"),
    ) as client:
        yield client


def a_token(subject: str, role: str = Role.RECRUITER) -> dict[str, str]:
    return {"Authorization": f"Bearer {role}:{subject}"}


async def a_mail(pool: Pool, address: str, outcome: Outcome | None = None) -> UUID:
    """Tell somebody of an opdracht; return the notice, which ended so."""
    person, now = uuid4(), datetime.now(UTC)
    await add_contact(pool, person, address)
    opdracht = await add_assignment(pool, random.Random(1), "normaal", respond_by=LATE)
    proposal = await propose(pool, opdracht, person, now)

    async def send(_mail: Any) -> Outcome:
        return outcome or Accepted("250 ok")

    await make_sender(pool, send).send_due(now)
    about = "SELECT notice_id FROM notices WHERE match_id = $1 AND profile_id = $2"
    notice: UUID = await pool.fetchval(about, proposal.match_id, person)
    return notice


async def refused(pool: Pool, address: str) -> UUID:
    """Tell somebody at an address that no mail server knows, and that was released since."""
    notice = await a_mail(pool, address, Unknown("550 5.1.1"))
    await pool.execute("DELETE FROM suppressed_mailboxes")
    return notice


def routes() -> set[tuple[str, str]]:
    """Return every route that takes a bearer token."""
    return {
        (method, context.path)
        for context in iter_route_contexts(apps()["notifications"].routes)
        if "notifications" in getattr(context, "tags", [])
        for method in context.methods or ()
        if context.path
    }


def test_every_route_has_its_roles_here() -> None:
    assert routes() == READ | DECIDE | OPERATE


@pytest.mark.parametrize("role", [Role.RECRUITER, Role.OPERATOR, Role.PROFESSIONAL, "nobody"])
async def test_each_role_reaches_its_routes_alone(http: httpx.AsyncClient, role: str) -> None:
    allowed = {
        Role.RECRUITER: READ | DECIDE,
        Role.OPERATOR: READ | OPERATE,
    }.get(Role(role) if role in set(Role) else Role.PROFESSIONAL, set())
    for method, path in sorted(READ | DECIDE | OPERATE):
        address = path.format(notice_id=uuid4(), match_id=uuid4(), suppression_id=uuid4())
        answer = await http.request(method, address, headers=a_token("someone", role))
        assert (answer.status_code == 403) == ((method, path) not in allowed), (method, path)
        none = await http.request(method, address, headers={"Authorization": ""})
        assert none.status_code == 401
        assert none.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("strange", [str(UUID(int=7)), "0", "onzin", "%00", "..%2Fx", "a" * 300])
async def test_an_id_that_nothing_has_is_not_found(http: httpx.AsyncClient, strange: str) -> None:
    for method, path in sorted(READ | DECIDE):
        if "{" not in path:
            continue
        address = path.format(notice_id=strange, match_id=strange, suppression_id=strange)
        answer = await http.request(method, address)
        assert answer.status_code == 404, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/query/limit"),
        ("limit=201", "/query/limit"),
        ("limit=veel", "/query/limit"),
        ("cursor=onzin", "/query/cursor"),
        ("cursor=%00", "/query/cursor"),
        ("cursor=" + "a" * 501, "/query/cursor"),
        ("assignment_id=onzin", "/query/assignment_id"),
        ("profile_id=1", "/query/profile_id"),
        ("kind=onzin", "/query/kind"),
        ("outcome=onzin", "/query/outcome"),
    ],
)
async def test_a_wrong_question_is_told_where(http: httpx.AsyncClient, query: str, pointer: str) -> None:
    answer = await http.get(f"/deliveries?{query}")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("domain", ["", "a b", "x@y", "%00", "..", "-", "a" * 254, "<script>", "%"])
async def test_what_is_no_domain_releases_nobody(http: httpx.AsyncClient, pool: Pool, domain: str) -> None:
    await a_mail(pool, "blijft@example.org", Unknown("550 5.1.1"))
    for method in ("GET", "DELETE"):
        answer = await http.request(method, f"/suppressions?domain={domain}")
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/query/domain"]
    assert (await http.delete("/suppressions")).status_code == 422
    assert len((await http.get("/suppressions")).json()["items"]) == 1


async def test_mails_come_in_pages_that_hold_each_of_them_once(http: httpx.AsyncClient, pool: Pool) -> None:
    told = [str(await a_mail(pool, f"bladzij{number}@example.org")) for number in range(5)]
    found, cursor = [], None
    while True:
        params = {"limit": "2", "kind": "match"} | ({"cursor": cursor} if cursor else {})
        page = (await http.get("/deliveries", params=params)).json()
        assert len(page["items"]) <= 2
        found += [item["notice_id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert found == sorted(told, reverse=True)
    one = (await http.get("/deliveries", params={"limit": 1, "kind": "match"})).json()["items"][0]
    assert {"to", "assignment_id", "profile_id", "outcome", "created_at"} <= one.keys()


async def test_a_body_is_the_mail_as_it_was_and_of_one_that_never_left_there_is_none(
    http: httpx.AsyncClient, pool: Pool
) -> None:
    sent, unsent = (
        await a_mail(pool, "wel@example.org"),
        await a_mail(pool, "niet@example.org", Unknown("no")),
    )
    body = (await http.get(f"/deliveries/{sent}/body")).json()
    assert body["to"] == "wel@example.org"
    assert body["html"].startswith("<!")
    assert (await http.get(f"/deliveries/{unsent}/body")).status_code == 404


async def test_ten_at_once_with_one_key_send_again_once_and_answer_the_same(
    http: httpx.AsyncClient, pool: Pool
) -> None:
    notice = await refused(pool, "tien@example.org")
    key = {"Idempotency-Key": "een knop"}
    answers = await asyncio.gather(
        *(http.post(f"/deliveries/{notice}/again", headers=key) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.content for answer in answers}) == 1
    assert answers[0].json()["outcome"] == "pending"
    assert await pool.fetchval("SELECT count(*) FROM notices WHERE kind = 'match'") == 1
    another = await http.post(f"/deliveries/{notice}/again", headers={"Idempotency-Key": "nog een"})
    assert another.status_code == 409
    assert another.json()["detail"] == "it is on its way already"
    theirs = await http.post(f"/deliveries/{notice}/again", headers=key | a_token("somebody-else"))
    assert theirs.status_code == 409  # a key is its sender's own
    other = await http.post(f"/deliveries/{notice}/again", headers=key, json={"x": 1})
    assert other.status_code == 422


async def test_ten_at_once_without_a_key_send_again_once(http: httpx.AsyncClient, pool: Pool) -> None:
    notice = await refused(pool, "tien-zonder@example.org")
    answers = await asyncio.gather(*(http.post(f"/deliveries/{notice}/again") for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 9


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_that_cannot_be_kept_is_refused(http: httpx.AsyncClient, pool: Pool, key: str) -> None:
    notice = await refused(pool, "sleutel@example.org")
    answer = await http.post(f"/deliveries/{notice}/again", headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert await pool.fetchval("SELECT state FROM notices WHERE notice_id = $1", notice) == "refused"


async def test_ten_at_once_release_a_domain_once(http: httpx.AsyncClient, pool: Pool) -> None:
    for name in ("een", "twee"):
        await a_mail(pool, f"{name}@provincie.example", Unknown("no"))
    answers = await asyncio.gather(
        *(http.delete("/suppressions?domain=provincie.example") for _ in range(10))
    )
    assert sorted(answer.json()["released"] for answer in answers) == [0] * 9 + [2]
    assert (await http.get("/suppressions")).json()["items"] == []


async def test_an_address_is_released_once_and_is_then_unknown(http: httpx.AsyncClient, pool: Pool) -> None:
    await a_mail(pool, "vrij@example.org", Unknown("no"))
    (one,) = (await http.get("/suppressions")).json()["items"]
    assert (await http.delete(f"/suppressions/{one['suppression_id']}")).status_code == 204
    assert (await http.delete(f"/suppressions/{one['suppression_id']}")).status_code == 404


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"summary": "soms"}, "/summary"),
        ({"interest": "hourly"}, "/interest"),
        ({"quiet_hours": "true"}, "/quiet_hours"),
        ({"quiet_hours": 1}, "/quiet_hours"),
        ({"summary": None}, "/summary"),
        ({"email": "iemand@example.org"}, "/email"),
    ],
)
async def test_wishes_that_are_wrong_are_told_where_and_not_kept(
    http: httpx.AsyncClient, pool: Pool, change: dict[str, Any], pointer: str
) -> None:
    answer = await http.put("/recruiter-preferences", json=WISHES | change)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert (await http.put("/recruiter-preferences", content="summary=daily")).status_code == 415
    assert await pool.fetchval("SELECT count(*) FROM recruiter_preferences") == 0


async def test_wishes_are_ones_own_by_the_tokens_address(http: httpx.AsyncClient) -> None:
    before = (await http.get("/recruiter-preferences")).json()
    answers = await asyncio.gather(*(http.put("/recruiter-preferences", json=WISHES) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert (await http.get("/recruiter-preferences")).json() == WISHES != before
    other = await http.get("/recruiter-preferences?email=rosa@example.org", headers=a_token("rik"))
    assert other.json() == before
