"""What somebody may try to sign in as another, or to be led elsewhere: at the real provider."""

import asyncio
import base64
import hashlib
import time
from dataclasses import asdict, replace
from http.cookies import SimpleCookie
from urllib.parse import quote, urlencode

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from desk.domain.own_path import own_path
from desk.sign_in.door import ATTEMPT_SECONDS
from desk.sign_in.provider import Attempt
from fastapi import FastAPI
from stack import issuer
from stack.layout import Layout
from support.signing_in import PAGE, Browser, desk, query, settings

ELSEWHERE = (
    *("//evil.example", "///evil.example", "////evil.example", "/\\evil.example", "\\\\evil.example"),
    *("/\t/evil.example", "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example"),
    *("https://evil.example", "HTTPS://EVIL.EXAMPLE", "https:evil.example", "https:/evil.example"),
    *("http://localhost@evil.example/", "//localhost@evil.example", "http://localhost.evil.example"),
    *(
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
    ),
    *("%2F%2Fevil.example", "%2f%5cevil.example", "evil.example", ".evil.example", "?//evil.example", "#x"),
    *("/\u2028/evil.example", "/\x00/evil.example", "／／evil.example", "/\u202eevil", "//[::1]", "//["),
    *("/%0d%0aLocation: https://evil.example\r\n", "/x\r\nSet-Cookie: a=b", "", "*", "/" + "x" * 3000),
)


def cookie_name(browser: Browser) -> str:
    return f"session-{browser.desk_url.rpartition(':')[2]}"


def values(browser: Browser, name: str) -> list[str]:
    return [one.value or "" for one in browser.http.cookies.jar if one.name == name]


async def state_of(app: FastAPI, browser: Browser) -> tuple[str, Attempt]:
    """Begin to sign in; return the name of the attempt's cookie, and the attempt."""
    sent = query((await browser.http.get("/sign-in?next=/opdrachten")).headers["location"])
    name = app.state.door.attempts_cookie(sent["state"])
    (sealed,) = values(browser, name)
    return name, Attempt(**app.state.door.attempts.open(sealed.encode()))


async def test_no_cookie_from_before_signing_in_is_one_after_it(
    browser: Browser, attacker: Browser, pool: Pool
) -> None:
    """Session fixation: with a value of one's own, and with a session that the attacker really has."""
    await attacker.sign_in("operator")
    (theirs,) = values(attacker, cookie_name(attacker))
    browser.http.cookies.set(cookie_name(browser), theirs, domain="localhost.local")
    before = {one.value for one in browser.http.cookies.jar}
    callback = await browser.up_to_the_callback(path="/sign-in?next=/opdrachten")
    before |= {one.value for one in browser.http.cookies.jar}
    back = await browser.http.get(callback)
    set_now = SimpleCookie()
    for header in back.headers.get_list("set-cookie"):
        set_now.load(header)
    given = set_now[cookie_name(browser)].value
    assert len(given) >= 43
    assert given not in before
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1  # what was there before has ended
    assert (await attacker.http.get("/opdrachten")).status_code == 303


async def test_no_value_that_was_not_given_is_a_session(
    browser: Browser, layout: Layout, app: FastAPI, pool: Pool
) -> None:
    await browser.sign_in()
    (own,) = values(browser, cookie_name(browser))
    row = await pool.fetchrow("SELECT key, tokens FROM sessions")
    assert row is not None
    _, attempt = await state_of(app, browser)
    made_up = [
        *(
            "",
            "a",
            "null",
            "x" * 10_000,
            own[:-1],
            own + "a",
            own.swapcase(),
            f'"{own}a"',
            f" {own}a",
        ),
        *(row["key"].hex(), base64.urlsafe_b64encode(row["key"]).decode(), row["tokens"].decode()),
        *(hashlib.sha256(own.encode()).hexdigest(), attempt.state, attempt.nonce, attempt.verifier),
        *(app.state.door.attempts.close(asdict(attempt)).decode(), "%00", "' OR 1=1", "\u00e9"),
        *(issuer.token(layout, Role.RECRUITER, "recruiter"), str(row["key"])),
    ]
    name = cookie_name(browser)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url=browser.desk_url, headers=PAGE
    ) as http:
        for value in made_up:
            sent = {b"Cookie": f"{name}={value}".encode("latin-1")}
            assert (await http.get("/opdrachten", headers=sent)).status_code == 303, value
        for other in (
            f"__Host-{name}",
            "session",
            f"{name}0",
            f"{name}-attempt",
            name.upper(),
            "__Host-session",
        ):
            sent = {b"Cookie": f"{other}={own}".encode()}
            assert (await http.get("/opdrachten", headers=sent)).status_code == 303, other
        assert (await http.get("/opdrachten", headers={"Cookie": f"{name}={own}"})).status_code == 200
        for header in ("Authorization", "X-Forwarded-User", "X-Remote-User"):
            answer = await http.get("/opdrachten", headers={header: f"Bearer {own}"})
            assert answer.status_code in {303, 401}
        assert (await http.get(f"/opdrachten?{name}={own}")).status_code == 303


async def test_an_attempt_is_over_after_ten_minutes(browser: Browser, app: FastAPI, pool: Pool) -> None:
    callback = await browser.up_to_the_callback()
    name = app.state.door.attempts_cookie(query(callback)["state"])
    (sealed,) = values(browser, name)
    fernet = app.state.door.attempts._fernet
    content = fernet.decrypt(sealed.encode())
    for age, status in ((ATTEMPT_SECONDS + 2, 400), (ATTEMPT_SECONDS - 60, 303)):
        old = fernet.encrypt_at_time(content, int(time.time()) - age).decode()
        browser.http.cookies.set(name, old, domain="localhost.local")
        assert (await browser.http.get(callback)).status_code == status
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1


async def test_the_states_and_codes_of_ones_own_attempts_are_not_mixed(browser: Browser, pool: Pool) -> None:
    one = query(await browser.up_to_the_callback())
    other = query(await browser.up_to_the_callback())
    mixed = urlencode({**one, "state": other["state"]})
    assert (await browser.http.get(f"/sign-in/callback?{mixed}")).status_code == 400
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


@pytest.mark.parametrize("part", ["nonce", "verifier"])
async def test_a_code_that_belongs_to_another_nonce_or_verifier_signs_nobody_in(
    browser: Browser, app: FastAPI, pool: Pool, part: str
) -> None:
    callback = await browser.up_to_the_callback()
    name = app.state.door.attempts_cookie(query(callback)["state"])
    (sealed,) = values(browser, name)
    attempt = Attempt(**app.state.door.attempts.open(sealed.encode()))
    other = replace(attempt, **{part: getattr(Attempt.begin("/"), part)})
    browser.http.cookies.set(
        name, app.state.door.attempts.close(asdict(other)).decode(), domain="localhost.local"
    )
    assert (await browser.http.get(callback)).status_code == 400
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


async def test_an_attempt_that_others_sealed_is_none(
    browser: Browser, layout: Layout, app: FastAPI, pool: Pool
) -> None:
    """With another secret, for another purpose of ours, or not at all."""
    callback = await browser.up_to_the_callback()
    name = app.state.door.attempts_cookie(query(callback)["state"])
    (sealed,) = values(browser, name)
    attempt = asdict(Attempt(**app.state.door.attempts.open(sealed.encode())))
    strange = desk(settings(layout, session_secret="a secret that only an attacker has"), pool).state.door
    sessions_seal = app.state.door.sessions._seal
    forged = [
        strange.attempts.close(attempt).decode(),
        sessions_seal.close(attempt).decode(),
        urlencode(attempt),
        base64.urlsafe_b64encode(str(attempt).encode()).decode(),
        *("", "{}", "gAAAAA", "x" * 4000),
    ]
    for value in forged:
        browser.http.cookies.set(name, value, domain="localhost.local")
        assert (await browser.http.get(callback)).status_code == 400, value
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


async def test_ten_callbacks_at_once_begin_one_session(browser: Browser, pool: Pool) -> None:
    callback = await browser.up_to_the_callback()
    cookies = dict(browser.http.cookies)
    answers = await asyncio.gather(
        *(browser.http.get(callback, cookies=cookies, headers={"X-Number": str(n)}) for n in range(10))
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [400] * 9
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1


async def test_a_callback_with_a_part_twice_or_another_method_signs_nobody_in(
    browser: Browser, pool: Pool
) -> None:
    callback = await browser.up_to_the_callback()
    said = query(callback)
    for twice in ({"state": "forged"}, {"code": "forged"}):
        address = f"{callback}&{urlencode(twice)}"
        assert (await browser.http.get(address)).status_code == 400
    assert (await browser.http.post("/sign-in/callback", data=said)).status_code == 405
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


async def test_another_site_can_open_signing_in_and_ends_no_session_by_it(browser: Browser) -> None:
    await browser.sign_in()
    before = values(browser, cookie_name(browser))
    from_elsewhere = {"Sec-Fetch-Site": "cross-site", "Referer": "https://evil.example/"}
    assert (await browser.http.get("/sign-in", headers=from_elsewhere)).status_code == 303
    assert (await browser.http.get("/sign-out", headers=from_elsewhere)).status_code == 405
    assert (await browser.http.get("/signed-out", headers=from_elsewhere)).status_code == 200
    assert (await browser.http.get("/sign-in/callback?error=x", headers=from_elsewhere)).status_code == 400
    assert values(browser, cookie_name(browser)) == before
    assert (await browser.http.get("/opdrachten")).status_code == 200


async def test_no_address_to_come_back_to_is_another_sites(browser: Browser, app: FastAPI) -> None:
    for path in ELSEWHERE:
        assert own_path(path) == "/", path
        await browser.http.get(f"/sign-in?{urlencode({'next': path})}")
        name, sealed = [
            (one.name, one.value or "") for one in browser.http.cookies.jar if "attempt" in one.name
        ][-1]
        assert Attempt(**app.state.door.attempts.open(sealed.encode())).next == "/", path
        browser.http.cookies.delete(name)


async def test_no_page_that_asks_to_sign_in_leads_elsewhere(browser: Browser) -> None:
    """By the address itself, by where htmx says that it is, and by the page that a form was sent from."""
    for path in ELSEWHERE:
        here = path.encode("ascii", "ignore").decode()
        if not here.isprintable():
            continue
        asked = [
            await browser.http.get("/opdrachten", headers={"HX-Request": "1", "HX-Current-URL": here}),
            await browser.http.get(f"/alerts/history?x={quote(path)}"),
            await browser.http.get(f"/opdrachten?next={quote(path)}"),
            await browser.http.get(
                "/opdrachten", headers={"Referer": here, "X-Forwarded-Host": "evil.example"}
            ),
            await browser.http.post("/opdrachten", headers={"HX-Current-URL": here}),
        ]
        for answer in asked:
            assert answer.status_code in {303, 401}, (path, answer.status_code)
            for header in ("location", "hx-redirect"):
                leads = answer.headers.get(header, f"{browser.desk_url}/sign-in")
                assert leads.startswith(f"{browser.desk_url}/sign-in"), (path, leads)
                assert own_path(query(leads).get("next", "/")) == query(leads).get("next", "/")
