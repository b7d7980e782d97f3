"""Readers of a mail can say that they did not change the address, or that it is not for them: links end."""

from datetime import timedelta

import httpx
import pytest
from chassis.database import Pool
from support.mailed_links import FORMS, NOW, Post, chosen, contact, moved, published, states, suppressed, told
from support.notifying import hear
from uuid_utils.compat import uuid7


@pytest.mark.parametrize("reader", ["anna@oud.example", "anna@nieuw.example"])
async def test_who_says_that_it_was_not_them_ends_links_and_mail_to_the_new_address(
    pool: Pool, http: httpx.AsyncClient, post: Post, reader: str
) -> None:
    one = await moved(pool, post)
    (path,) = post.links(reader, "not-me")
    working = {purpose: post.links("anna@nieuw.example", purpose)[-1] for purpose in FORMS}
    asked = await http.get(path)
    assert (asked.status_code, "Dit was ik niet" in asked.text) == (200, True)
    assert (await suppressed(pool), await chosen(pool)) == ({}, [])
    for _ in range(2):  # the second time nothing more happens
        answer = await http.post(path)
        assert (answer.status_code, "we kijken het na" in answer.text) == (200, True)
    assert "we kijken het na" in (await http.get(path)).text
    assert await suppressed(pool) == {"anna@nieuw.example": "complained"}
    assert await chosen(pool) == [3]
    kind = "left" if reader == "anna@oud.example" else "moved"
    assert (await states(pool))[kind] == "complained"
    outcomes = [one["outcome"] for one in await published(pool, "notices")]
    assert outcomes.count("complained") == 1
    for purpose, working_before in working.items():
        assert (await http.post(working_before, data=FORMS[purpose])).status_code == 404
    sent = len(post.mails)
    await told(pool, post, one)
    assert len(post.mails) == sent


async def test_who_has_their_address_again_is_not_kept_from_their_mail(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = await moved(pool, post)
    await hear(pool, NOW, contact(one, "anna@oud.example", 3, 3))
    await post.goes_out(NOW + timedelta(minutes=1))
    (at_first, *_), mistaken = (post.links(f"anna@{host}.example", "not-me") for host in ("oud", "nieuw"))
    assert len(mistaken) == 2  # that it is theirs, and that it is no more
    for path in (at_first, *mistaken):
        assert (await http.post(path)).status_code == 200
    assert await suppressed(pool) == {}


async def test_a_mail_that_was_called_spam_still_takes_the_word_of_its_reader(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    await moved(pool, post)
    (path,) = post.links("anna@oud.example", "not-me")
    await pool.execute("UPDATE notices SET state = 'complained' WHERE kind = 'left'")
    assert (await http.post(path)).status_code == 200
    assert await suppressed(pool) == {"anna@nieuw.example": "complained"}


async def test_a_second_change_does_not_take_the_word_from_the_first_address(
    pool: Pool, http: httpx.AsyncClient, post: Post
) -> None:
    one = await moved(pool, post)
    await hear(pool, NOW, contact(one, "weer@anders.example", 3, 3))
    await post.goes_out(NOW + timedelta(minutes=1))
    (path,) = post.links("anna@oud.example", "not-me")
    assert (await http.post(path)).status_code == 200
    assert await suppressed(pool) == {"weer@anders.example": "complained"}


@pytest.mark.parametrize(
    ("purpose", "form"), [("m", {"answer": "not-me"}), ("preferences", {"not_me": "yes"})]
)
async def test_a_button_on_a_links_page_ends_all_links_so_far_and_changes_nothing_else(
    pool: Pool, http: httpx.AsyncClient, post: Post, purpose: str, form: dict[str, str]
) -> None:
    one = uuid7()
    await hear(pool, NOW, contact(one, "anna@oud.example", 4, 1))
    match = await told(pool, post, one)
    paths = {of: post.links("anna@oud.example", of)[0] for of in FORMS}
    assert (await http.post(paths["m"], data={"answer": "interested"})).status_code == 200
    wishes = "SELECT preferences::text FROM contacts"
    before = await pool.fetchval(wishes)
    assert "Dit was ik niet" in (await http.get(paths[purpose])).text
    answer = await http.post(paths[purpose], data=form)
    assert (answer.status_code, "Je oude links werken niet meer" in answer.text) == (200, True)
    assert [(await http.get(path)).status_code for path in paths.values()] == [404] * 3
    assert await chosen(pool) == [5]
    assert await pool.fetchval(wishes) == before
    assert await pool.fetchval("SELECT answer FROM matches WHERE match_id = $1", match) == "interested"
    assert await suppressed(pool) == {}
    await told(pool, post, one)
    assert (await http.get(post.links("anna@oud.example", purpose)[-1])).status_code == 200
    # What the profiles service makes of it changes nothing more.
    await hear(pool, NOW, contact(one, "anna@oud.example", 5, 5))
    assert (await http.get(post.links("anna@oud.example", purpose)[-1])).status_code == 200
    assert await states(pool) == {}
