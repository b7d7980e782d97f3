"""Staff sign in at a real Keycloak, through its own form, in a browser."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from playwright.async_api import BrowserContext, Error, Page, expect
from support.desk_at_keycloak import Platform
from support.stacks import until


async def at_the_form(visitor: BrowserContext, platform: Platform, path: str = "/opdrachten") -> Page:
    """Open a page of the desk, which leads to Keycloak."""
    page = await visitor.new_page()
    await page.goto(path)
    assert page.url.startswith(platform.keycloak.issuer)
    return page


async def fill_in(page: Page, name: str, password: str) -> None:
    await page.fill("#username", name)
    await page.fill("#password", password)
    await page.click("#kc-login")


async def signed_in(visitor: BrowserContext, platform: Platform, name: str = "rosa") -> Page:
    page = await at_the_form(visitor, platform)
    await fill_in(page, name, platform.keycloak.password)
    await page.wait_for_url("**/opdrachten")
    return page


async def after_a_refresh(page: Page, platform: Platform) -> None:
    """Look at a page until the desk has refreshed the token, without being asked to sign in."""
    before = await platform.refresh_is_due()

    async def refreshed() -> bool:
        await page.goto("/opdrachten")
        assert page.url.endswith("/opdrachten")
        return await platform.refresh_is_due() != before

    await until(refreshed, what="the token is refreshed")


async def asked_for_the_password(page: Page) -> bool:
    with suppress(Error):  # a page that finds its session ended goes there by itself, and ends this visit
        await page.goto("/opdrachten")
    return await page.locator("#password").is_visible()


async def test_a_recruiter_signs_in_and_works_with_keycloaks_token(
    platform: Platform, visitor: BrowserContext
) -> None:
    page = await at_the_form(visitor, platform, "/opdrachten?tab=open")
    await fill_in(page, "rosa", platform.keycloak.password)
    await page.wait_for_url("**/opdrachten?tab=open")
    await expect(page.locator("form.who")).to_contain_text("Rosa Recruiter")
    found = await page.request.get("/opdrachten/plaatsen?place=mepp")  # assignments knows, not the desk
    assert "Meppel" in await found.text()


async def test_a_wrong_password_lets_nobody_in(platform: Platform, visitor: BrowserContext) -> None:
    page = await at_the_form(visitor, platform)
    await fill_in(page, "rosa", "wrong")
    await expect(page.locator("#input-error-username")).to_be_visible()
    assert page.url.startswith(platform.keycloak.issuer)
    assert (await page.request.get("/opdrachten", max_redirects=0)).status == 303
    await fill_in(page, "rosa", platform.keycloak.password)
    await page.wait_for_url("**/opdrachten")


async def test_whoever_has_no_role_is_told_so_and_may_leave(
    platform: Platform, visitor: BrowserContext
) -> None:
    page = await signed_in(visitor, platform, "gast")
    assert (await page.request.get("/opdrachten")).status == 403
    await expect(page.locator("h1")).to_have_text("Dit mag je niet met dit account")
    await expect(page.locator("main")).to_contain_text("Guus Gast")
    await page.get_by_role("button", name="Uitloggen").click()
    await page.wait_for_url("**/signed-out")
    assert await asked_for_the_password(page)


async def test_an_operator_looks_and_does_not_change(platform: Platform, visitor: BrowserContext) -> None:
    page = await signed_in(visitor, platform, "otto")
    await expect(page.locator("form.who")).to_contain_text("Otto Operator")
    refused = await page.request.post("/opdrachten/nieuw", form={"actie": "bewaar", "title": "x"})
    assert refused.status == 403


async def test_a_session_outlives_its_access_tokens(platform: Platform, visitor: BrowserContext) -> None:
    page = await signed_in(visitor, platform)
    await after_a_refresh(page, platform)
    await after_a_refresh(page, platform)
    found = await page.request.get("/opdrachten/plaatsen?place=mepp")
    assert "Meppel" in await found.text()


async def test_many_tabs_at_once_refresh_once_where_a_refresh_token_counts_once(
    platform: Platform, visitor: BrowserContext
) -> None:
    page = await signed_in(visitor, platform)

    async def due() -> bool:
        at = await platform.refresh_is_due()
        return at is not None and at < datetime.now(UTC)

    await until(due, what="the token is to be refreshed")
    answers = await asyncio.gather(*(page.request.get("/opdrachten", max_redirects=0) for _ in range(10)))
    assert {answer.status for answer in answers} == {200}
    await after_a_refresh(page, platform)


async def test_signing_out_ends_keycloaks_session_too(platform: Platform, visitor: BrowserContext) -> None:
    keycloak, user = platform.keycloak, await platform.keycloak.user("rosa")
    address = f"/users/{user['id']}"
    await keycloak.of_realm("POST", f"{address}/logout")  # of other tests
    page = await signed_in(visitor, platform)
    assert len(await keycloak.of_realm("GET", f"{address}/sessions")) == 1
    await after_a_refresh(page, platform)
    await page.get_by_role("button", name="Uitloggen").click()
    await page.wait_for_url("**/signed-out")
    await expect(page.locator("h1")).to_have_text("Je bent uitgelogd")
    assert await keycloak.of_realm("GET", f"{address}/sessions") == []
    assert await asked_for_the_password(page)


@pytest.mark.parametrize("change", ["signed out by the administrator", "blocked"])
async def test_what_is_ended_at_keycloak_ends_at_the_desk_by_the_next_refresh(
    platform: Platform, visitor: BrowserContext, change: str
) -> None:
    page = await signed_in(visitor, platform)
    keycloak, user = platform.keycloak, await platform.keycloak.user("rosa")
    address = f"/users/{user['id']}"
    if change == "blocked":
        await keycloak.of_realm("PUT", address, json=user | {"enabled": False})
    else:
        await keycloak.of_realm("POST", f"{address}/logout")
    try:
        await until(lambda: asked_for_the_password(page), what="the session has ended")
    finally:
        await keycloak.of_realm("PUT", address, json=user)
    await fill_in(page, "rosa", keycloak.password)
    await page.wait_for_url("**/opdrachten")


async def test_a_role_that_is_taken_away_counts_from_the_next_refresh(
    platform: Platform, visitor: BrowserContext
) -> None:
    page = await signed_in(visitor, platform)
    keycloak, user = platform.keycloak, await platform.keycloak.user("rosa")
    address, role = (
        f"/users/{user['id']}/role-mappings/realm",
        await keycloak.of_realm("GET", "/roles/recruiter"),
    )
    await keycloak.of_realm("DELETE", address, json=[role])

    async def refused() -> bool:
        return (await page.request.get("/opdrachten", max_redirects=0)).status == 403

    try:
        await until(refused, what="the role does not count any more")
    finally:
        await keycloak.of_realm("POST", address, json=[role])


async def test_a_new_key_of_the_realm_signs_nobody_out(platform: Platform, visitor: BrowserContext) -> None:
    keycloak = platform.keycloak
    page = await signed_in(visitor, platform)
    before = (await keycloak.of_realm("GET", "/keys"))["active"]["RS256"]
    for priority in ("200", "300"):  # the second right after the first
        made = {
            "name": f"key {priority}",
            "providerId": "rsa-generated",
            "providerType": "org.keycloak.keys.KeyProvider",
            "config": {"priority": [priority]},
        }
        await keycloak.of_realm("POST", "/components", json=made)
        assert (await keycloak.of_realm("GET", "/keys"))["active"]["RS256"] != before
        await after_a_refresh(page, platform)
        found = await page.request.get("/opdrachten/plaatsen?place=mepp")
        assert "Meppel" in await found.text()


async def test_keycloaks_own_claim_of_roles_will_do(platform: Platform, visitor: BrowserContext) -> None:
    await platform.start_desk(AUTH_ROLES_CLAIM="realm_access.roles")
    try:
        page = await signed_in(visitor, platform)
        await expect(page.locator("form.who")).to_contain_text("Rosa Recruiter")
    finally:
        await platform.start_desk()


async def test_a_desk_that_starts_without_keycloak_lets_people_in_when_it_comes(
    platform: Platform, visitor: BrowserContext
) -> None:
    page = await signed_in(visitor, platform)
    await platform.keycloak.stop()
    try:
        await platform.start_desk()  # which is ready
        for path in ("/opdrachten", "/sign-in"):
            away = await page.goto(path)
            assert away is not None
            assert away.status == 503
            await expect(page.locator("h1")).to_have_text("Inloggen kan nu even niet")
    finally:
        await platform.keycloak.start()

    async def works_again() -> bool:
        answer = await page.goto("/opdrachten")
        assert answer is not None
        return answer.status == 200

    await until(works_again, what="the session goes on")
    assert page.url.endswith("/opdrachten")
