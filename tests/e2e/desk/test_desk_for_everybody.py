"""Every page of the desk, for everybody: axe and the Nu HTML Checker find nothing, in light and dark, on a
phone and a desk; the keyboard alone reaches everything; what people wrote stays text."""

import html
from typing import Literal
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect
from support.accessibility import violations
from support.desk_pages import changed, signed_in
from support.html_checker import html_errors
from support.meetings import a_match, a_placement
from support.stacks import Stack, until

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
VIEWS = [(scheme, width) for scheme in SCHEMES for width in (320, 390, 1280)]
TABS = ("mensen", "bijna", "bereik", "gegevens", "verloop", "verantwoording")
MARKUP = "<img src=x onerror=alert(1)>&amp;\"'"
NOBODY = "00000000-0000-7000-8000-000000000000"
REACHED = """() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const visible = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return [one.outerHTML.slice(0, 200), visible];
}"""
REACHABLE = """() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((one) => one.type !== "hidden" && one.checkVisibility())
    .map((one) => one.outerHTML.slice(0, 200))"""


async def every_page(stack: Stack) -> list[str]:
    """Return the address of every page, of an opdracht and somebody whose words are markup."""
    assignment_id, profile_id, _ = await a_match(stack, f"Opmaak{uuid4().hex[:8]}", frequency="none")
    titled = {"title": MARKUP, "description": MARKUP, "organisation": {"name": MARKUP}}
    await changed(stack, "assignments", f"/assignments/{assignment_id}", titled)
    await changed(stack, "profiles", f"/profiles/{profile_id}", {"contact": {"name": MARKUP}})
    about = f"/opdrachten/{assignment_id}"
    person = f"{about}/mensen/{profile_id}"
    async with stack.client("desk") as http:

        async def is_known() -> bool:
            """Of whom the desk has not heard, it keeps no note."""
            answer = await http.get(f"{person}/besluit?soort=invited")
            return f"{MARKUP} voor {MARKUP}" in html.unescape(answer.text)

        await until(is_known, what="the desk shows somebody and an opdracht by their new names")
        note = {"sleutel": str(uuid4()), "tekst": MARKUP}
        written = await http.post(f"{person}/notities", data=note)
        assert written.status_code == 303, written.text
    return [
        "/",
        "/?wie=iedereen",
        *(f"/opdrachten?tab={tab}" for tab in ("concept", "open", "selectie", "gesloten")),
        f"/opdrachten?q={uuid4().hex}&mijn=1&spoed=1",
        *(f"{about}?tab={tab}" for tab in TABS),
        f"{about}/vergelijk?p={profile_id}",
        f"{about}/vergelijk",
        person,
        *(f"{person}/besluit?soort={kind}" for kind in ("invited", "nominated", "rejected")),
        f"/opdrachten/{NOBODY}",
        "/opdrachten/geen-nummer",
        f"{person}/plaats",
        *await every_page_of_a_placement(stack),
    ]


async def every_page_of_a_placement(stack: Stack) -> list[str]:
    """Return the address of every page about somebody who is placed."""
    name = f"Geplaatst{uuid4().hex[:8]}"
    assignment_id, profile_id, _ = await a_match(stack, name, frequency="none")
    placement_id = await a_placement(stack, assignment_id, profile_id)
    one = f"/plaatsingen/{placement_id}"

    async def has_arrived() -> bool:
        async with stack.client("desk") as http:
            return (await http.get(one)).status_code == 200

    await until(has_arrived)
    about = f"/opdrachten/{assignment_id}"
    return [
        *("/plaatsingen", f"/plaatsingen?tab=eindigt&q={name}&mijn=1&praten=1", "/plaatsingen?tab=afgelopen"),
        *(one, f"{one}/wijzigen", f"{one}/einde", f"{about}/mensen/{profile_id}", f"/mensen/{profile_id}"),
        *(f"{about}?tab={tab}" for tab in ("mensen", "verloop", "verantwoording")),
    ]


async def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(stack: Stack, browser: Browser) -> None:
    paths = await every_page(stack)
    found: list[tuple[object, ...]] = []
    page = await (await signed_in(stack, browser, reduced_motion="reduce")).new_page()
    for path in paths:
        await page.goto(path)
        for scheme, width in VIEWS:
            await page.emulate_media(color_scheme=scheme)
            await page.set_viewport_size({"width": width, "height": 800})
            found += [(path, scheme, width, *fault) for fault in await faults(page)]
    assert found == []


async def faults(page: Page) -> list[tuple[str, ...]]:
    seen: list[tuple[str, ...]] = [*await violations(page)]
    if await page.locator("img").count():
        seen.append(("markup that somebody wrote", "img"))
    return seen


async def test_every_page_is_valid_html(stack: Stack) -> None:
    pages = {}
    async with stack.client("desk") as http:
        for path in await every_page(stack):
            pages[path] = (await http.get(path, headers={"Accept": "text/html"})).text
    assert all(text.startswith("<!doctype html>") for text in pages.values())
    assert html_errors(pages) == []


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(stack: Stack, browser: Browser) -> None:
    paths = await every_page(stack)
    context = await signed_in(stack, browser)
    await context.add_init_script("window.fetch = () => new Promise(() => {})")  # so a page stays as it came
    page = await context.new_page()
    of_placements = [path for path in paths if path.endswith(("/plaats", "/plaatsingen", "/einde"))]
    assert len(of_placements) == 3
    for path in (paths[0], paths[3], paths[7], paths[15], paths[18], *of_placements):
        await page.goto(path)
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Naar de inhoud")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.locator("main")).to_be_focused()
        await page.goto(path)
        wanted = set(await page.evaluate(REACHABLE))
        reached, shown = set(), set()
        dates = sum('type="date"' in one for one in wanted)  # each has four stops
        for _ in range(len(wanted) + 3 * dates + 5):
            await page.keyboard.press("Tab")
            element, visible = await page.evaluate(REACHED)
            reached.add(element)
            if visible:
                shown.add(element)
        radios = {one for one in wanted if 'type="radio"' in one}  # the arrow keys reach the others
        assert (path, wanted - reached - radios, reached & wanted - shown) == (path, set(), set())


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/niets", 404),
        ("/opdrachten/geen-nummer", 404),
        (f"/opdrachten/{NOBODY}", 404),
        (f"/opdrachten/{NOBODY}/vergelijk", 404),
        (f"/opdrachten/{NOBODY}/mensen/{NOBODY}", 404),
        (f"/opdrachten/{NOBODY}/mensen/niemand", 404),
        (f"/opdrachten/{NOBODY}/mensen/{NOBODY}/besluit?soort=nominated", 404),
        (f"/opdrachten/{NOBODY}?tab=verzonnen", 422),
        (f"/opdrachten/{NOBODY}/vergelijk?p=niemand", 422),
        (f"/opdrachten/{NOBODY}/mensen/{NOBODY}/plaats", 404),
        (f"/plaatsingen/{NOBODY}/einde", 404),
        ("/plaatsingen?pagina=0", 422),
        ("/plaatsingen?tab=verzonnen", 422),
        ("/opdrachten?pagina=0", 422),
        ("/opdrachten?tab=%00", 422),
        ("/?wie=niemand", 422),
    ],
)
async def test_a_wrong_address_is_a_page_for_people_and_a_problem_for_programs(
    stack: Stack, path: str, status: int
) -> None:
    async with stack.client("desk") as http:
        page = await http.get(path, headers={"Accept": "text/html,*/*;q=0.8"})
        assert page.status_code == status
        assert page.headers["content-type"].startswith("text/html")
        assert 'lang="nl"' in page.text
        assert "<h1>" in page.text
        other = await http.get("/opdrachten?pagina=0", headers={"Accept": "application/json"})
        assert other.headers["content-type"] == "application/problem+json"
