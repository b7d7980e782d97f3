"""Each other service stopped in turn: the desk's pages stand, the missing part says so, commands answer
plainly, and nothing typed is lost; once it is back, the same form is sent and done once."""

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from support.desk_commands import TYPED, Command, commands
from support.desk_pages import live_page, signed_in
from support.desk_world import PATIENCE, World, a_world, browsing
from support.forms import Fields, Form, forms
from support.restoring import parts
from support.signing_in import Browser
from support.stacks import process_of, standing_still, until

OWNERS = ("profiles", "assignments", "matching", "notifications")
ENGLISH = re.compile(
    r"\b(the|error|cannot|unavailable|please|failed|must|missing|internal|request|timeout|not found)\b", re.I
)
IS_AWAY = re.compile(r"\beven niet (te|op te|na te|in te) ")


@pytest.fixture(scope="module")
async def world() -> AsyncIterator[World]:
    async with parts(SUMMARY_SECONDS="2", NEWS_DELAY_SECONDS="1") as made:
        await made.start("identity")
        yield await a_world(made)


def text_of(page: str) -> str:
    """Return what a page says, without its markup."""
    return html.unescape(
        re.sub(r"<[^>]*>", " ", re.sub(r"<(script|style|dialog).*?</\1>", "", page, flags=re.S))
    )


def is_dutch(page: str) -> None:
    found = ENGLISH.search(text_of(page))
    assert found is None, text_of(page)


async def pages_stand(world: World, http: httpx.AsyncClient, missing: Mapping[str, str]) -> None:
    """Check every page: each stands, and those say what is missing that miss something."""
    for path in world.pages():
        answer = await http.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        if not answer.headers["content-type"].startswith("text/html"):
            continue  # a download
        assert "<h1>" in answer.text, path
        assert 'aria-label="Kamers"' in answer.text, path
        is_dutch(answer.text)
        if path in missing:
            assert missing[path] in answer.text, path
        else:
            assert IS_AWAY.search(text_of(answer.text)) is None, path
    for path, known in (
        (f"/opdrachten/{world.ids['assignment_id']}", world.title),
        (f"/opdrachten/{world.ids['assignment_id']}/wijzigen", world.title),
        (f"/mensen/{world.ids['profile_id']}", world.name),
        (f"/mensen/{world.ids['profile_id']}/wijzigen", world.name),
        (f"/opdrachten?q={world.title}", world.title),
        (f"/mensen?q={world.name}", world.name),
    ):
        assert known in text_of((await http.get(path)).text) or known in (await http.get(path)).text, path


async def form_at(http: httpx.AsyncClient, command: Command) -> Form:
    page = await http.get(command.page)
    assert page.status_code == 200, command.page
    return next(one for one in forms(page.text) if one.action == command.action)


def pressed(form: Form, command: Command) -> Fields:
    """Return what the button adds that is pressed: the command's, or the one that confirms it."""
    wanted = (command.button, ("actie", "bevestig"))
    return [one for one in reversed(form.buttons) if one in wanted][:1]


async def send(http: httpx.AsyncClient, action: str, fields: Fields) -> httpx.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return await http.post(action, content=urlencode(fields), headers=headers)


async def refused_and_kept(http: httpx.AsyncClient, command: Command, fields: Fields) -> Form:
    """Send a form whose owner is away; return the form that comes back, with everything typed in it."""
    answer = await send(http, command.action, fields)
    assert answer.status_code == 503, (command.action, answer.status_code)
    is_dutch(answer.text)
    said = text_of(answer.text)
    assert 'role="alert"' in answer.text
    assert "nog eens" in said, said
    form = next(one for one in forms(answer.text) if one.action == command.action)
    kept = [(name, value.replace("\r\n", "\n")) for name, value in form.fields]
    typed = [
        (name, value.replace("\r\n", "\n"))
        for name, value in fields
        if value and name not in {"actie", "stap"}
    ]
    lost = [one for one in typed if one not in kept]
    assert lost == [], command.action
    return form


async def done(http: httpx.AsyncClient, command: Command, form: Form) -> None:
    """Send a form until what it asks is done: some show first what they will do."""
    for _ in range(3):
        answer = await send(http, command.action, [*form.fields, *pressed(form, command)])
        if answer.status_code == 303:
            return
        assert answer.status_code == 200, (command.action, text_of(answer.text))
        form = next(one for one in forms(answer.text) if one.action == command.action)
    raise AssertionError(command.action)


@pytest.mark.parametrize("owner", OWNERS)
async def test_pages_stand_and_commands_keep_what_was_typed_until_it_is_back(
    world: World, owner: str
) -> None:
    async with browsing(world) as http:
        await pages_stand(world, http, {})
        sent: list[tuple[Command, Fields]] = []
        for command in commands(world, owner):
            form = await form_at(http, command)
            sent.append((command, form.typed(command.typed) + pressed(form, command)))
        await world.made.stop(owner)
        try:
            await pages_stand(world, http, world.missing(owner))
            came_back = [await refused_and_kept(http, command, fields) for command, fields in sent]
        finally:
            await world.made.start(owner)
        for (command, fields), form in zip(sent, came_back, strict=True):
            assert await command.times() == 0, command.action
            await done(http, command, form)
            await until(partial(_once, command), what=command.action)
            await send(http, command.action, fields)  # once more by mistake: it has the same key
            assert await command.times() == 1, command.action


async def _once(command: Command) -> bool:
    return await command.times() == 1


@contextmanager
def silent(world: World, part: str) -> Iterator[None]:
    """Let a part take connections and answer nothing for a while."""
    with standing_still(process_of(world.made.layout, part)):
        yield


@pytest.mark.parametrize("owner", OWNERS)
async def test_an_owner_that_hangs_holds_no_page_for_long(world: World, owner: str) -> None:
    async with browsing(world) as http:  # whose patience is the bound
        with silent(world, owner):
            for path, says in world.missing(owner).items():
                answer = await http.get(path, follow_redirects=True)
                assert answer.status_code == 200, path
                assert says in answer.text, path
        for path in world.missing(owner):
            answer = await http.get(path, follow_redirects=True)
            assert IS_AWAY.search(text_of(answer.text)) is None, path


async def test_without_the_provider_who_is_signed_in_works_on_and_who_is_not_is_told(world: World) -> None:
    browser = Browser(world.made.layout)
    one = f"/opdrachten/{world.ids['assignment_id']}"
    await browser.sign_in(path=one)
    for path in ("/", f"{one}?tab=bereik", "/mails", f"/mensen/{world.ids['profile_id']}/wijzigen"):
        page = await browser.http.get(path)  # each owner knows the provider's keys from now on
        assert IS_AWAY.search(text_of(page.text)) is None, path
    stranger = Browser(world.made.layout)
    for away in (silent(world, "identity"), None):
        if away is None:
            await world.made.stop("identity")
            await works_on(browser, stranger, one)
            await world.made.start("identity")
        else:
            with away:
                await works_on(browser, stranger, one)
        await until(lambda: signs_in(world))
    for each in (browser, stranger):
        await each.http.aclose()


async def works_on(browser: Browser, stranger: Browser, one: str) -> None:
    for path in ("/", one, f"{one}?tab=bereik", f"{one}/wijzigen", "/mails", "/mensen"):
        page = await browser.http.get(path)
        assert page.status_code == 200, path
        assert IS_AWAY.search(text_of(page.text)) is None, path
    note = f"Notitie {uuid4()}"
    kept = await browser.http.post(f"{one}/kopieer", data={"key": note})
    assert kept.status_code == 303
    told = await until(lambda: told_why_not(stranger, one))
    assert told.status_code == 503
    assert "Inloggen kan nu even niet" in told.text
    is_dutch(told.text)


async def told_why_not(stranger: Browser, one: str) -> httpx.Response | None:
    """Return the page of who wants to sign in; None where they are still sent to who is away, which the desk
    may not know in the first second."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await stranger.follow(await stranger.http.get(one))
    except (TimeoutError, httpx.TransportError):
        return None


async def signs_in(world: World) -> bool:
    browser = Browser(world.made.layout)
    try:
        return (await browser.sign_in()).status_code == 200
    except (httpx.HTTPError, AssertionError):
        return False
    finally:
        await browser.http.aclose()


async def test_in_a_browser_what_was_typed_stays_and_the_same_button_does_it(
    world: World, browser: Chromium
) -> None:
    context = await signed_in(world.stack, browser)
    pair = f"/opdrachten/{world.ids['assignment_id']}/mensen/{world.ids['profile_id']}"
    page = await live_page(context, f"{pair}/besluit?soort=invited")
    await page.get_by_label("Toelichting voor jezelf").fill(TYPED)
    await page.get_by_label("Wanneer").fill("2027-02-01T09:00")
    await page.get_by_label("Waar").fill("Raadhuis")
    await page.get_by_role("button", name="Verder").click()
    await world.made.stop("matching")
    try:
        await page.get_by_role("button", name="Leg vast").click()
        await expect(page.get_by_role("alert")).to_contain_text("Wat je hebt ingevuld, staat er nog")
        await expect(page.get_by_label("Toelichting voor jezelf")).to_have_value(TYPED)
        await expect(page.get_by_label("Waar")).to_have_value("Raadhuis")
        await expect(page.get_by_label("Wanneer")).to_have_value("2027-02-01T09:00")
    finally:
        await world.made.start("matching")
    await page.get_by_role("button", name="Verder").click()
    await page.get_by_role("button", name="Leg vast").click()
    await expect(page.get_by_text("Vastgelegd.")).to_be_visible()

    settings_page = await live_page(context, "/instellingen")
    await settings_page.get_by_label("Nieuwe matches").select_option("hourly")
    await world.made.stop("notifications")
    try:
        await settings_page.get_by_role("button", name="Opslaan", exact=True).click()
        await expect(settings_page.get_by_role("alert")).to_contain_text("Opslaan lukt nu even niet")
        await expect(settings_page.get_by_label("Nieuwe matches")).to_have_value("hourly")
    finally:
        await world.made.start("notifications")
    await settings_page.get_by_role("button", name="Opslaan", exact=True).click()
    await expect(settings_page.get_by_text("Je mails zijn ingesteld.")).to_be_visible()
