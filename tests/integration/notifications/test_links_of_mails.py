"""Links of mails over HTTP: until when they hold, and what their pages take."""

from uuid import UUID

import httpx
import pytest
from chassis.database import Pool
from itsdangerous import URLSafeTimedSerializer
from notifications.answers.links import Purpose
from support.mailed_links import FORMS, NOW, Post, contact, states, told
from support.notifications_app import LINKS
from support.notifying import SECRET, hear
from uuid_utils.compat import uuid7


async def test_links_to_the_former_address_end_and_those_to_the_new_one_work(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    match = await told(pool, post, one)
    old = {purpose: post.links("anna@oud.example", purpose)[0] for purpose in FORMS}
    for path in old.values():
        assert (await http.get(path)).status_code == 200
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 2, 2))
    before = await pool.fetchrow("SELECT preferences, links_from FROM contacts")
    for purpose, path in old.items():
        assert (await http.get(path)).status_code == 404
        answer = await http.post(path, data=FORMS[purpose])
        assert answer.status_code == 404
        assert "Je mailadres is veranderd" in answer.text
    assert await pool.fetchrow("SELECT preferences, links_from FROM contacts") == before
    assert await pool.fetchval("SELECT answer FROM matches WHERE match_id = $1", match) is None
    assert await pool.fetchval("SELECT count(*) FROM mailboxes") == 0
    await told(pool, post, one)
    for purpose, form in FORMS.items():
        path = post.links("anna@nieuw.example", purpose)[-1]
        assert (await http.post(path, data=form)).status_code == 200


async def test_another_way_to_write_an_address_or_another_name_ends_nothing(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1))
    await told(pool, post, one)
    await hear(pool, NOW, contact(one, "ANNA@Oud.example", 2, 1))
    await hear(pool, NOW, contact(one, "anna@oud.example", 3).model_copy(update={"name": "Anna B."}))
    for purpose in FORMS:
        assert (await http.get(post.links("anna@oud.example", purpose)[0])).status_code == 200
    assert await states(pool) == {}


@pytest.mark.parametrize("says", [True, False])
async def test_an_address_that_comes_back_brings_no_old_link_back(
    pool: Pool, http: httpx.AsyncClient, post: Post, says: bool
) -> None:
    """Also of events that do not say from which version on links hold."""
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 1, 1 if says else None))
    await told(pool, post, one)
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 2, 2 if says else None))
    await hear(pool, NOW, contact(one, "anna@oud.example", 3, 3 if says else None))
    await hear(pool, NOW, contact(one, "anna@oud.example", 4, 3 if says else None))
    for purpose in FORMS:
        assert (await http.get(post.links("anna@oud.example", purpose)[0])).status_code == 404
    assert await pool.fetchval("SELECT links_from FROM contacts") == 3


async def test_links_of_the_last_release_work_until_the_address_changes(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 7))
    match = await told(pool, post, one)

    def written(salt: str, subject: UUID) -> str:
        return URLSafeTimedSerializer([SECRET], salt=salt).dumps(str(subject))

    paths = [
        f"/m/{written('match', match)}",
        f"/preferences/{written('preferences', one)}",
        f"/unsubscribe/{written('unsubscribe', one)}",
    ]
    assert [(await http.get(path)).status_code for path in paths] == [200] * 3
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 8))
    assert [(await http.get(path)).status_code for path in paths] == [404] * 3


async def test_a_database_made_anew_revives_no_link(pool: Pool, http: httpx.AsyncClient) -> None:
    """All that it reads of somebody is their latest contact."""
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@nieuw.example", 9, 5))
    ended, holds = (LINKS.write(Purpose.PREFERENCES, one, generation) for generation in (4, 5))
    assert (await http.get(ended)).status_code == 404
    assert (await http.get(holds)).status_code == 200
    assert await states(pool) == {}


async def test_the_eleventh_answer_is_told_whom_to_call_and_nothing_is_published(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@vaak.example", 1, 1))
    match = await told(pool, post, one)
    path = post.links("anna@vaak.example", "m")[0]
    answers = ["interested", "declined"] * 5 + ["interested"]
    for number, given in enumerate(answers):
        answer = await http.post(path, data={"answer": given})
        assert answer.status_code == (200 if number < 10 else 409)
    assert "je hebt al heel vaak geantwoord. Bel of mail de recruiter." in answer.text
    assert 'href="mailto:' in answer.text
    assert await pool.fetchval("SELECT count(*) FROM outbox WHERE topic = 'answers'") == 10
    assert await pool.fetchval("SELECT answers FROM matches WHERE match_id = $1", match) == 10


@pytest.mark.parametrize(
    ("method", "more", "form"),
    [("POST", "", {"answer": "declined", "reason": "x" * 2001}), ("GET", f"?answer={'x' * 300}", {})],
)
async def test_what_is_too_long_is_told_on_a_page_and_changes_nothing(
    pool: Pool, http: httpx.AsyncClient, post: Post, method: str, more: str, form: dict[str, str]
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@lang.example", 1, 1))
    match = await told(pool, post, one)
    path = post.links("anna@lang.example", "m")[0]
    answer = await http.request(method, path + more, data=form or None)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert await pool.fetchval("SELECT answer FROM matches WHERE match_id = $1", match) is None


async def test_a_change_that_the_release_of_before_took_in_ends_links_once_profiles_publishes_again(
    pool: Pool,
) -> None:
    anna = uuid7()
    await hear(pool, NOW, contact(anna, "voor@example.org", 1, links_from=1))
    # that release knows the address, and of no generations
    await pool.execute("UPDATE contacts SET email = 'na@example.org', version = 2")
    await hear(pool, NOW, contact(anna, "na@example.org", 3, links_from=2))
    assert await pool.fetchval("SELECT links_from FROM contacts") == 2
