"""The desk's pages follow what happens, in a real browser, and leave alone what people do on them."""

import random
import time
from uuid import uuid4

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect
from support.cut import way_to
from support.desk_pages import AWAY, LIVE, changed, counted, live_page, refuse, signed_in
from support.meetings import a_match, demanding, somebody
from support.stacks import Stack, until


@pytest.fixture
async def desk(stack: Stack, browser: Browser) -> BrowserContext:
    return await signed_in(stack, browser)


def a_name(stem: str) -> str:
    return f"{stem}{uuid4().hex[:8]}"


async def add_person(stack: Stack, name: str) -> str:
    body = somebody(random.Random(name), name, frequency="none")
    profile_id: str = (await stack.post("profiles", "/profiles", body)).json()["profile_id"]
    return profile_id


async def decide(stack: Stack, assignment_id: str, profile_id: str, decision: str) -> None:
    matches = await stack.matches(assignment_id)
    match_id = next(one["match_id"] for key, one in matches.items() if str(key) == profile_id)
    body = {"decision": decision, "reason": "Past goed."}
    await stack.post("matching", f"/matches/{match_id}/decision", body)


async def test_somebody_who_fits_appears_on_the_page_of_an_opdracht(
    stack: Stack, desk: BrowserContext, capsys: pytest.CaptureFixture[str]
) -> None:
    name = a_name("Live")
    assignment_id, _, _ = await a_match(stack, name, frequency="none")
    page = await live_page(desk, f"/opdrachten/{assignment_id}")
    await expect(page.locator("[data-key]", has_text=name)).to_be_visible()
    newcomer = a_name("Nieuw")
    begin = time.monotonic()
    await add_person(stack, newcomer)
    await expect(page.locator("[data-key].new", has_text=newcomer)).to_be_visible()
    with capsys.disabled():
        print(f"\non the screen {1000 * (time.monotonic() - begin):.0f} ms after it was posted")
    await expect(page.get_by_role("status")).to_have_text("Eén nieuwe regel.")


async def test_a_decision_in_one_browser_appears_in_another(stack: Stack, browser: Browser) -> None:
    assignment_id, profile_id, _ = await a_match(stack, a_name("Naast"), frequency="none")
    one, other = [await signed_in(stack, browser) for _ in range(2)]
    watching = await live_page(other, f"/opdrachten/{assignment_id}")
    person = f"/opdrachten/{assignment_id}/mensen/{profile_id}"
    deciding = await live_page(one, f"{person}/besluit?soort=nominated")
    await deciding.get_by_label("Toelichting voor jezelf").fill("Past goed.")
    await deciding.get_by_role("button", name="Verder").click()
    await deciding.get_by_role("button", name="Leg vast").click()
    await expect(watching.get_by_role("heading", name="Voorgedragen bij de opdrachtgever")).to_be_visible()


async def test_focus_ticks_and_place_stay_when_rows_come_and_move(stack: Stack, desk: BrowserContext) -> None:
    first = a_name("Eerste")
    assignment_id, profile_id, _ = await a_match(stack, first, frequency="none")
    page = await live_page(desk, f"/opdrachten/{assignment_id}")
    row = page.locator("[data-key]", has_text=first)
    await row.get_by_role("checkbox").check()
    await row.get_by_role("link").first.focus()
    newcomer = a_name("Nieuw")
    await add_person(stack, newcomer)
    await expect(page.locator("[data-key]", has_text=newcomer)).to_be_visible()
    await decide(stack, assignment_id, profile_id, "nominated")
    await expect(page.get_by_role("heading", name="Voorgedragen bij de opdrachtgever")).to_be_visible()
    await expect(row.get_by_role("link").first).to_be_focused()
    await expect(row.get_by_role("checkbox")).to_be_checked()
    assert await row.get_by_role("checkbox").get_attribute("value") == profile_id
    await expect(page.get_by_role("checkbox", checked=True)).to_have_count(1)


async def test_what_is_being_typed_stays_when_an_alert_comes(stack: Stack, desk: BrowserContext) -> None:
    assignment_id, profile_id, _ = await a_match(stack, a_name("Notitie"), frequency="none")
    page = await live_page(desk, f"/opdrachten/{assignment_id}/mensen/{profile_id}")
    note = page.get_by_label("Nieuwe notitie")
    await note.fill("Belde net, ")
    await note.evaluate("element => element.setSelectionRange(3, 5)")
    await page.evaluate("scrollTo(0, 150)")
    scrolled = await page.evaluate("scrollY")
    await decide(stack, assignment_id, profile_id, "nominated")
    await expect(page.locator("#course")).to_contain_text("oorgedragen")
    await expect(note).to_have_value("Belde net, ")
    await expect(note).to_be_focused()
    assert await note.evaluate("element => [element.selectionStart, element.selectionEnd]") == [3, 5]
    assert await page.evaluate("scrollY") >= scrolled


async def test_details_that_were_opened_stay_open(stack: Stack, desk: BrowserContext) -> None:
    name = a_name("Open")
    assignment_id, _, _ = await a_match(stack, name, frequency="none")
    said = ["Nog iets"]
    await desk.route(f"**/opdrachten/{assignment_id}", lambda route: with_details(route, said[-1]))
    page = await live_page(desk, f"/opdrachten/{assignment_id}")
    await page.get_by_text("Meer").click()
    said.append("Nog iets, en nieuw")
    newcomer = a_name("Nieuw")
    await add_person(stack, newcomer)
    await expect(page.locator("[data-key]", has_text=newcomer)).to_be_visible()
    await expect(page.get_by_text("Nog iets, en nieuw")).to_be_visible()
    await desk.unroute_all(behavior="wait")  # one on its way would fail within the next test


async def with_details(route: Route, said: str) -> None:
    """Fetch the page with details in one of its parts, closed as a server sends them."""
    answer = await route.fetch()
    details = f"<details id='more'><summary>Meer</summary>{said}</details></nav>\n<form"
    html = await answer.text()
    head, _, rest = html.partition("</nav>\n<form id")
    await route.fulfill(response=answer, body=f"{head}{details} id{rest}" if rest else html)


async def test_an_opdracht_that_nobody_fits_opens_changes_and_closes_on_the_list(
    stack: Stack, desk: BrowserContext
) -> None:
    title = a_name("Zonder")
    page = await live_page(desk, f"/opdrachten?q={title}")
    await expect(page.get_by_text("Er is geen open opdracht")).to_be_visible()
    facts = {**demanding(random.Random(title)), "title": title, "rate_max_cents": 1}
    opened = await stack.post("assignments", "/assignments", facts)
    row = page.get_by_role("row", name=title)
    await expect(row).to_be_visible()
    path = f"/assignments/{opened.json()['assignment_id']}"
    detail = await live_page(desk, path.replace("assignments", "opdrachten"))
    await changed(stack, "assignments", path, {"title": f"{title} anders"})
    await expect(page.get_by_role("link", name=f"{title} anders", exact=True)).to_be_visible()
    await expect(detail.get_by_role("heading", name=f"{title} anders")).to_be_visible()
    await stack.post("assignments", f"{path}/close", {"reason": "withdrawn"})
    await expect(row).to_have_count(0)
    await expect(detail.locator("#opdracht-head")).to_contain_text("ingetrokken")
    await expect(detail.get_by_role("link", name="Wijzig")).to_have_count(0)


async def test_the_line_is_true_when_the_way_to_the_desk_is_cut(stack: Stack, browser: Browser) -> None:
    name = a_name("Weg")
    assignment_id, _, _ = await a_match(stack, name, frequency="none")
    async with way_to(f"{stack.layout.url('desk')}/") as way:
        context = await signed_in(stack, browser)
        page = await live_page(context, f"{way.url}opdrachten/{assignment_id}")
        way.cut()
        await expect(page.locator("#connection")).to_contain_text(AWAY)
        newcomer = a_name("Intussen")
        await add_person(stack, newcomer)
        await until(lambda: has(stack, assignment_id, newcomer))
        way.mend()
        await expect(page.locator("[data-key]", has_text=newcomer)).to_be_visible()
        await expect(page.locator("#connection")).to_contain_text(LIVE)
        await context.close()


async def has(stack: Stack, assignment_id: str, name: str) -> bool:
    async with stack.client("desk") as http:
        return name in (await http.get(f"/opdrachten/{assignment_id}")).text


@pytest.mark.parametrize("status", [502, 503])
async def test_a_page_that_a_proxy_refuses_is_fetched_until_it_comes(
    stack: Stack, desk: BrowserContext, status: int
) -> None:
    assignment_id, _, _ = await a_match(stack, a_name("Proxy"), frequency="none")
    page = await live_page(desk, f"/opdrachten/{assignment_id}")
    refused, is_told = 0, False

    async def first_refuse(route: Route) -> None:
        nonlocal refused
        refused += 1
        if refused <= 2 or not is_told:
            await refuse(route, status)
        else:
            await route.continue_()

    await page.route(f"**/opdrachten/{assignment_id}", first_refuse)
    newcomer = a_name("Later")
    await add_person(stack, newcomer)
    await expect(page.locator("#connection")).to_contain_text(AWAY)
    is_told = True
    await expect(page.locator("[data-key]", has_text=newcomer)).to_be_visible()
    await expect(page.locator("#connection")).to_contain_text(LIVE)
    await page.unroute_all(behavior="wait")


async def test_ten_tabs_share_a_stream_and_another_takes_it_over(stack: Stack, desk: BrowserContext) -> None:
    name = a_name("Tien")
    assignment_id, _, _ = await a_match(stack, name, frequency="none")
    await until(lambda: has(stack, assignment_id, name))  # a page that says that there is none reads it too
    streams = counted(desk, "/alerts")
    pages = [await live_page(desk, f"/opdrachten/{assignment_id}") for _ in range(10)]
    assert len(streams) == 1
    newcomer = a_name("Allemaal")
    await add_person(stack, newcomer)
    await seen_by(pages, newcomer)
    await pages.pop(0).close()
    newcomer = a_name("Overgenomen")
    await add_person(stack, newcomer)
    await seen_by(pages, newcomer)
    assert len(streams) == 2


async def seen_by(pages: list[Page], name: str) -> None:
    for page in pages:
        await expect(page.locator("[data-key]", has_text=name)).to_be_visible()


async def test_a_session_that_ended_leads_to_signing_in_unless_something_is_being_typed(
    stack: Stack, desk: BrowserContext
) -> None:
    assignment_id, profile_id, _ = await a_match(stack, a_name("Sessie"), frequency="none")
    idle = await live_page(desk, f"/opdrachten/{assignment_id}")
    typing = await live_page(desk, f"/opdrachten/{assignment_id}/mensen/{profile_id}")
    await typing.get_by_label("Nieuwe notitie").fill("Half")
    await desk.route("**/*", lambda route: refuse(route, 401))
    await decide(stack, assignment_id, profile_id, "nominated")
    await expect(idle.locator("#connection")).to_have_count(0)  # it was loaded anew
    await expect(typing.locator("#connection")).to_contain_text("Log opnieuw in")
    await expect(typing.get_by_label("Nieuwe notitie")).to_have_value("Half")
    await desk.unroute_all(behavior="wait")
