"""Staff sign in at the real provider, stay signed in, sign out; and what attackers try comes to nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from desk.sign_in.provider import Provider, ProviderAway, Refused
from desk.store import sessions
from stack import issuer
from stack.layout import Layout
from support.signing_in import Browser, desk, query, settings
from support.stacks import until


async def test_a_visitor_signs_in_and_comes_back_to_where_they_were(browser: Browser) -> None:
    sent = await browser.http.get("/opdrachten?status=open")
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(f"{browser.desk_url}/sign-in?")
    page = await browser.sign_in(path="/opdrachten?status=open")
    assert page.url.raw_path == b"/opdrachten?status=open"
    assert page.json()["name"] == "Bureau Voorbeeld"
    assert page.json()["email"] == issuer.RECRUITER_EMAIL


async def test_the_request_to_the_provider_has_pkce_state_and_nonce(browser: Browser) -> None:
    sent = query((await browser.http.get("/sign-in")).headers["location"])
    assert sent["response_type"] == "code"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["code_challenge"]) == 43
    assert min(len(sent["state"]), len(sent["nonce"])) >= 32
    assert sent["redirect_uri"] == f"{browser.desk_url}/sign-in/callback"
    again = query((await browser.http.get("/sign-in")).headers["location"])
    assert not {sent[name] for name in ("state", "nonce", "code_challenge")} & set(again.values())


async def test_the_browser_has_a_cookie_that_says_nothing_and_the_database_neither(
    browser: Browser, pool: Pool
) -> None:
    back = await browser.http.get(await browser.up_to_the_callback())
    header = next(one for one in back.headers.get_list("set-cookie") if "attempt" not in one)
    name, _, value = header.partition(";")[0].partition("=")
    assert name == f"session-{browser.desk_url.rpartition(':')[2]}"
    assert "HttpOnly" in header
    assert "SameSite=lax" in header
    assert "Path=/" in header
    assert "." not in value  # no JWT
    token = (await browser.follow(back)).json()["token"]
    row = await pool.fetchrow("SELECT key, tokens FROM sessions")
    assert row is not None
    assert value.encode() not in row["key"]
    assert token.encode() not in row["tokens"]


async def test_with_tls_the_cookie_is_bound_to_the_host(layout: Layout, pool: Pool) -> None:
    app = desk(settings(layout, desk_url="https://desk.example"), pool)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://desk.example") as http:
        header = (await http.get("/sign-in")).headers["set-cookie"]
    assert header.startswith("__Host-session-attempt-")
    assert "Secure" in header
    assert "Path=/" in header
    assert "Domain" not in header


async def test_signing_out_ends_the_session_here_and_at_the_provider(browser: Browser, pool: Pool) -> None:
    await browser.sign_in()
    before = dict(browser.http.cookies)
    out = await browser.follow(await browser.http.post("/sign-out"))
    assert out.url.path == "/signed-out"
    assert "Je bent uitgelogd" in out.text
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0
    browser.http.cookies.update(before)  # a copy of the cookie is worth nothing
    assert (await browser.http.get("/opdrachten")).status_code == 303
    asked = await browser.follow(await browser.http.get("/opdrachten"))
    assert "Wachtwoord" in asked.text


async def test_each_sign_in_begins_a_session_of_its_own(browser: Browser, pool: Pool) -> None:
    name = f"session-{browser.desk_url.rpartition(':')[2]}"
    browser.http.cookies.set(name, "chosen-by-an-attacker", domain="localhost.local")
    await browser.sign_in()
    values = [one.value for one in browser.http.cookies.jar if one.name == name]
    assert values != ["chosen-by-an-attacker"]
    first = values[-1]
    await browser.follow(await browser.http.get("/sign-in"))
    await browser.http.get(await browser.up_to_the_callback(path="/sign-in"))
    second = next(one.value for one in browser.http.cookies.jar if one.name == name and one.value != first)
    assert second != first
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1


async def test_a_callback_of_somebody_elses_attempt_signs_nobody_in(
    browser: Browser, attacker: Browser, pool: Pool
) -> None:
    """Login CSRF: an attacker's own code, sent to a victim."""
    callback = await attacker.up_to_the_callback()
    answer = await browser.http.get(callback)
    assert answer.status_code == 400
    assert "Probeer opnieuw inloggen" in answer.text
    await browser.http.get("/sign-in")  # nor while the victim has an attempt of their own
    assert (await browser.http.get(callback)).status_code == 400
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


async def test_a_state_counts_once(browser: Browser, pool: Pool) -> None:
    callback = await browser.up_to_the_callback()
    kept = dict(browser.http.cookies)
    assert (await browser.http.get(callback)).status_code == 303
    assert (await browser.http.get(callback)).status_code == 400
    browser.http.cookies.update(kept)  # the code counts once, too
    replayed = await browser.http.get(callback)
    assert replayed.status_code == 400
    assert (
        "set-cookie" not in replayed.headers or "session-" not in replayed.headers["set-cookie"].split("=")[1]
    )
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"state": ""},
        {"state": "forged"},
        {"state": "é\x00"},
        {"code": ""},
        {"code": "forged"},
        {"iss": "https://evil.example"},
        {"code": "", "error": "access_denied"},
    ],
)
async def test_a_callback_that_was_tampered_with_signs_nobody_in(
    browser: Browser, pool: Pool, change: dict[str, str]
) -> None:
    callback = httpx.URL(await browser.up_to_the_callback())
    answer = await browser.http.get(
        callback.copy_with(query=urlencode(query(str(callback)) | change).encode())
    )
    assert answer.status_code == 400
    assert "Probeer opnieuw inloggen" in answer.text
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/%09/evil.example", "%2F%2Fevil.example"],
)
async def test_signing_in_leads_to_no_other_site(browser: Browser, path: str) -> None:
    start = await browser.http.get(f"/sign-in?next={path}")
    form = await browser.follow(start)
    back = await browser.http.get(await browser.fill_in(form, "recruiter"))
    assert back.headers["location"] == f"{browser.desk_url}/"


async def test_a_change_of_another_site_by_cookie_is_refused(browser: Browser) -> None:
    await browser.sign_in()
    assert (await browser.http.post("/opdrachten")).status_code == 200
    for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for method, path in (
            ("POST", "/opdrachten"),
            ("POST", "/sign-out"),
            ("DELETE", "/sessions?subject=x"),
        ):
            assert (await browser.http.request(method, path, headers=header)).status_code == 403
    assert (await browser.http.get("/opdrachten")).status_code == 200


async def test_an_operator_looks_and_does_not_change(browser: Browser) -> None:
    await browser.sign_in("operator")
    assert (await browser.http.get("/opdrachten")).status_code == 200
    refused = await browser.http.post("/opdrachten")
    assert refused.status_code == 403
    assert "Alleen een recruiter mag dit doen" in refused.text


async def test_an_operator_ends_somebodys_sessions(
    browser: Browser, attacker: Browser, layout: Layout
) -> None:
    await browser.sign_in()
    assert (await browser.http.delete("/sessions?subject=recruiter")).status_code == 403
    await attacker.sign_in("operator")
    assert (await attacker.http.delete("/sessions?subject=recruiter")).json() == {"ended": 1}
    assert (await browser.http.get("/opdrachten")).status_code == 303


async def test_whoever_has_no_role_is_told_so_and_may_sign_out(layout: Layout, pool: Pool) -> None:
    app = desk(settings(layout, auth_roles_claim="attributes.roles"), pool)
    browser = Browser(layout, app)
    page = await browser.sign_in()
    assert page.status_code == 403
    assert "Vraag je beheerder" in page.text
    assert 'action="/sign-out"' in page.text


async def test_scripts_use_bearer_tokens(browser: Browser, layout: Layout) -> None:
    def bearer(role: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {issuer.token(layout, role, 'someone')}"}

    assert (await browser.http.get("/opdrachten", headers=bearer(Role.RECRUITER))).status_code == 200
    refused = await browser.http.get("/opdrachten", headers=bearer(Role.PROFESSIONAL))
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await browser.http.get("/opdrachten", headers={"Authorization": "Bearer x"})).status_code == 401


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/alerts/history", {}),
        ("/opdrachten", {"Accept": "application/json"}),
        ("/opdrachten", {"Accept": "*/*", "Sec-Fetch-Dest": "empty"}),
        ("/opdrachten", {"HX-Request": "true"}),
    ],
)
async def test_what_is_no_page_is_not_redirected(
    browser: Browser, path: str, headers: dict[str, str]
) -> None:
    answer = await browser.http.get(path, headers=headers)
    assert answer.status_code == 401
    assert "hx-redirect" not in answer.headers  # somebody may be typing on that page


async def test_who_sends_a_form_and_never_signed_in_here_is_told_how_to_keep_it(browser: Browser) -> None:
    answer = await browser.http.post(
        "/opdrachten", headers={"Referer": f"{browser.desk_url}/opdrachten/nieuw"}
    )
    assert answer.status_code == 401
    assert "Je bent niet meer ingelogd" in answer.text
    assert "next=%2Fopdrachten%2Fnieuw" in answer.text


@pytest.mark.parametrize(
    "ago", [{"seen_at": sessions.IDLE}, {"started_at": sessions.LONGEST}], ids=["idle", "absolute"]
)
async def test_a_session_ends_by_itself(browser: Browser, pool: Pool, ago: dict[str, timedelta]) -> None:
    await browser.sign_in()
    ((column, age),) = ago.items()
    nearly, over = (datetime.now(UTC) - age + timedelta(minutes=by) for by in (1, -1))
    await pool.execute(f"UPDATE sessions SET {column} = $1", nearly)
    fetched = {"Sec-Fetch-Mode": "cors"}  # by the page itself, which keeps no session alive
    assert (await browser.http.get("/opdrachten", headers=fetched)).status_code == 200
    assert await pool.fetchval(f"SELECT {column} FROM sessions") == nearly
    await pool.execute(f"UPDATE sessions SET {column} = $1", over)
    assert (await browser.http.get("/opdrachten")).status_code == 303
    async with pool.acquire() as connection:
        await sessions.prune(connection, datetime.now(UTC))
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


async def test_a_token_is_refreshed_once_for_many_requests_at_two_replicas(
    browser: Browser, layout: Layout, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()
    refreshed = _counting(monkeypatch)
    other = Browser(layout, desk(settings(layout), pool))
    other.http.cookies = browser.http.cookies
    await pool.execute("UPDATE sessions SET refresh_at = now()")
    answers = await asyncio.gather(
        *(one.http.get("/opdrachten") for one in (browser, other) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len(refreshed) == 1


def _counting(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    calls: list[None] = []
    refresh = Provider.refresh

    async def counted(self: Provider, *given: Any) -> Any:
        calls.append(None)
        return await refresh(self, *given)

    monkeypatch.setattr(Provider, "refresh", counted)
    return calls


async def test_a_session_whose_refresh_is_refused_ends(
    browser: Browser, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()
    monkeypatch.setattr(Provider, "refresh", _raising(Refused))
    await pool.execute("UPDATE sessions SET refresh_at = now()")
    assert (await browser.http.get("/opdrachten")).status_code == 303
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


async def test_a_provider_that_is_away_ends_no_session(
    browser: Browser, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await browser.sign_in()
    monkeypatch.setattr(Provider, "refresh", _raising(ProviderAway))
    await pool.execute("UPDATE sessions SET refresh_at = now()")
    assert (await browser.http.get("/opdrachten")).status_code == 200  # the token lives a minute longer
    await pool.execute("UPDATE sessions SET refresh_at = now() - interval '2 minutes'")
    answer = await browser.http.get("/opdrachten")
    assert answer.status_code == 503
    assert "Inloggen kan nu even niet" in answer.text
    monkeypatch.undo()

    async def works_again() -> bool:
        return (await browser.http.get("/opdrachten")).status_code == 200

    await until(works_again)


def _raising(error: type[Exception]) -> Any:
    async def refresh(*_given: Any) -> Any:
        raise error

    return refresh


async def test_a_provider_that_is_away_at_signing_in_is_told(layout: Layout, pool: Pool) -> None:
    trusted = settings(layout)
    away = {"oidc_issuer": "http://localhost:9", "auth_issuer": f"{trusted.auth_issuer},http://localhost:9"}
    keys = {"auth_jwks_url": f"{trusted.auth_jwks_url},http://localhost:9/jwks"}
    browser = Browser(layout, desk(settings(layout, **away, **keys), pool))
    answer = await browser.http.get("/sign-in")
    assert answer.status_code == 503
    assert "Probeer het opnieuw" in answer.text


async def test_a_secret_that_is_gone_ends_the_sessions_that_it_sealed(
    browser: Browser, layout: Layout, pool: Pool
) -> None:
    await browser.sign_in()
    other = Browser(layout, desk(settings(layout, session_secret="another secret that is long enough"), pool))
    other.http.cookies = browser.http.cookies
    assert (await other.http.get("/opdrachten")).status_code == 303
