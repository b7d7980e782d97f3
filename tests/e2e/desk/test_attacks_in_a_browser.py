"""What a real browser makes of attacks: another site's forms and frames, markup in what people wrote, and
impatient fingers."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.async_api import Browser, BrowserContext, Page, Route, expect
from support.desk_pages import changed, live_page, opened, signed_in
from support.meetings import a_match, mails_to
from support.signing_in import Browser as Visitor
from support.stacks import ANSWER_SECONDS, Stack, until
from support.taking_in import an_open_one, fill_in
from support.whole_desk import routes, unsafe_routes

MARKUP = "<script>planted()</script><planted x=1>\"'><img src=x onerror=planted()>{{1234*5678}}"
EVIL = "http://evil.example"
ID_NAMES = {name for route in routes() for name in re.findall(r"{(\w+)}", route.path)}
TOLD_BY = """
window.planted = () => console.error("planted ran");
document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
FOREIGN = """() => [...document.querySelectorAll("*")].filter((one) =>
    ["PLANTED", "IMG", "IFRAME", "OBJECT", "BASE"].includes(one.tagName)
    || (one.tagName === "SCRIPT" && !one.src.includes("/assets/"))
    || [...one.attributes].some((said) => said.name.startsWith("on") || said.name === "style"))
    .map((one) => one.outerHTML.slice(0, 200))"""


def listening(context: BrowserContext) -> list[str]:
    """Collect what goes wrong in a browser: errors, what the policy stopped, what ran, what left the desk."""
    told: list[str] = []
    context.on("console", lambda said: told.append(said.text) if said.type == "error" else None)
    context.on("weberror", lambda error: told.append(str(error.error)))
    context.on("dialog", lambda dialog: told.append(f"dialog: {dialog.message}"))
    context.on(
        "request",
        lambda sent: None if urlsplit(sent.url).hostname == "localhost" else told.append(f"asked {sent.url}"),
    )
    return told


async def says_yes(stack: Stack, address: str, name: str) -> str:
    """Answer from somebody's mail about an opdracht; return the address of the match's page."""
    mail = (await until(lambda: mails_to(stack, address, name)))[0]
    link = re.search(r"(http://\S+/m/[^\s?]+)", await stack.mail_text(mail["id"]))
    assert link is not None
    async with httpx.AsyncClient(timeout=ANSWER_SECONDS) as http:
        (await http.post(link[1], data={"answer": "interested"})).raise_for_status()
    return link[1]


async def a_hostile_match(stack: Stack) -> tuple[str, str, str]:
    """Let somebody fit an opdracht, both with markup for words; return the ids, and the match's page."""
    name = f"Aanval{uuid4().hex[:8]}"
    assignment_id, profile_id, address = await a_match(stack, name)
    page = await says_yes(stack, address, name)
    words = {
        "title": MARKUP,
        "description": MARKUP,
        "reason": MARKUP,
        "organisation": {"name": MARKUP},
        "recruiter": {"name": MARKUP, "phone": MARKUP[:50]},
    }
    await changed(stack, "assignments", f"/assignments/{assignment_id}", words)
    contact = {"contact": {"name": MARKUP, "phone": MARKUP[:50]}}
    await changed(stack, "profiles", f"/profiles/{profile_id}", contact)
    return assignment_id, profile_id, page


async def decide(page: Page, address: str) -> None:
    """Write a note and a decision in markup, and look at each step of it."""
    await opened(page, address)
    await page.get_by_label("Nieuwe notitie").fill(MARKUP)
    await page.get_by_role("button", name="Bewaar notitie").click()
    await expect(page.locator(".notes")).to_contain_text(MARKUP)
    await opened(page, f"{address}/besluit?soort=invited")
    await page.get_by_label("Toelichting voor jezelf").fill(MARKUP)
    await page.get_by_label(re.compile("Bericht aan")).fill(MARKUP)
    await page.get_by_role("button", name="Verder").click()
    await expect(page.get_by_role("button", name="Leg vast")).to_be_visible()
    assert await page.evaluate(FOREIGN) == []
    await page.get_by_role("button", name="Leg vast").click()
    await expect(page.get_by_text("Vastgelegd.")).to_be_visible()


async def test_what_people_wrote_runs_nowhere_and_the_policy_has_nothing_to_stop(
    stack: Stack, browser: Browser
) -> None:
    assignment_id, profile_id, match_page = await a_hostile_match(stack)
    context = await signed_in(stack, browser)
    await context.add_init_script(TOLD_BY)
    told = listening(context)
    live = await live_page(context, f"/opdrachten/{assignment_id}")
    page = await context.new_page()
    await decide(page, f"/opdrachten/{assignment_id}/mensen/{profile_id}")
    await expect(live.locator("main")).to_contain_text("Op gesprek")  # by an alert, and a morph
    assert await live.evaluate(FOREIGN) == []

    async with stack.client("desk") as http:
        copied = await http.post(f"/opdrachten/{assignment_id}/kopieer", data={"key": str(uuid4())})
        template = await http.post("/instellingen/teksten", data={"anders": MARKUP.replace("{{", "[")})
        assert (copied.status_code, template.status_code) == (303, 303)
    draft = copied.headers["location"].split("/")[2]
    async with stack.client("notifications") as http:
        delivery = (await http.get("/deliveries", params={"profile_id": profile_id})).json()["items"][-1]
    ids = {"assignment_id": assignment_id, "profile_id": profile_id, "notice_id": delivery["notice_id"]}
    ids = dict.fromkeys(ID_NAMES, str(uuid4())) | ids
    looked_at = 0
    for route in routes():
        if route.method != "GET" or route.path.startswith(
            ("/alerts", "/assets", "/docs", "/sign", "/mails/a")
        ):
            continue
        for found in ({**ids}, {**ids, "assignment_id": draft}):
            address = route.path.format(**found)
            answer = await context.request.get(address)
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            query = "?soort=nominated" if address.endswith("besluit") else f"?wie=iedereen&q={MARKUP[:40]}"
            await page.goto(address + query)
            assert await page.evaluate(FOREIGN) == [], address
            looked_at += 1
    for tab in ("bijna", "bereik", "gegevens", "verloop", "verantwoording"):
        await page.goto(f"/opdrachten/{assignment_id}?tab={tab}")
        assert await page.evaluate(FOREIGN) == [], tab
    await page.goto(match_page)
    await expect(page.locator("main")).to_contain_text("<planted x=1>")
    assert await page.evaluate(FOREIGN) == []
    assert looked_at > 20
    missing = [one for one in told if "status of 4" not in one]  # a draft is no opdracht at the desk
    assert missing == []


@pytest.fixture
async def victim(stack: Stack, browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser with a recruiter's session."""
    visitor = Visitor(stack.layout)
    await visitor.sign_in()
    context = await browser.new_context(base_url=stack.layout.url("desk"))
    await context.add_cookies(
        [
            {"name": one.name, "value": one.value or "", "url": stack.layout.url("desk"), "sameSite": "Lax"}
            for one in visitor.http.cookies.jar
            if one.name.startswith("session-") and "attempt" not in one.name
        ]
    )
    yield context
    await visitor.http.aclose()


async def test_another_sites_forms_and_frames_do_nothing_with_a_session(
    stack: Stack, victim: BrowserContext
) -> None:
    desk, opdracht = stack.layout.url("desk"), await an_open_one(stack)
    ids = dict.fromkeys(ID_NAMES, str(uuid4())) | {"assignment_id": opdracht}
    forms = "".join(
        f"<form method=post action='{desk}{route.path.format(**ids)}' enctype='{kind}'>"
        "<input name=key value=k><input name=reden value=withdrawn><input name=wie value=mij>"
        "<input name=line value=a></form>"
        for route in unsafe_routes()
        if route.method == "POST"
        for kind in ("application/x-www-form-urlencoded", "text/plain")
    )

    async def evil(route: Route) -> None:
        html = f"<!doctype html><title>Evil</title>{forms}<iframe src='{desk}/'></iframe>"
        await route.fulfill(body=html, content_type="text/html")

    await victim.route(f"{EVIL}/**", evil)
    page = await victim.new_page()
    await page.goto("/opdrachten")
    await expect(page.get_by_role("heading", name="Opdrachten", level=1)).to_be_visible()
    await page.goto(EVIL)
    for number in range(await page.locator("form").count()):
        async with page.expect_navigation():
            await page.evaluate(f"document.forms[{number}].submit()")
        assert await page.get_by_role("heading", level=1).text_content() == (
            "Dit verzoek kwam niet van onze eigen pagina"
        )
        await page.goto(EVIL)
    frame = page.frames[1]
    assert "Vandaag" not in await frame.content()
    async with stack.client("assignments") as http:
        assert (await http.get(f"/assignments/{opdracht}")).json()["state"] == "open"
    await page.goto("/opdrachten")
    await expect(page.get_by_role("heading", name="Opdrachten", level=1)).to_be_visible()


async def test_a_double_click_is_one(stack: Stack, browser: Browser) -> None:
    context = await signed_in(stack, browser)
    page = await context.new_page()
    title = f"Dubbel {uuid4().hex[:8]}"
    await page.goto("/opdrachten/nieuw")
    await fill_in(page, title)
    await page.get_by_role("button", name="Bewaar concept", exact=True).dblclick()
    await expect(page.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    drafts = [one["fields"].get("title") for one in await stack.items("assignments", "/drafts")]
    assert drafts.count(title) == 1

    name = f"Dubbel{uuid4().hex[:8]}"
    assignment_id, profile_id, address = await a_match(stack, name)
    await says_yes(stack, address, name)
    pair = f"/opdrachten/{assignment_id}/mensen/{profile_id}"
    await live_page(context, f"/opdrachten/{assignment_id}")
    await opened(page, pair)
    await page.get_by_label("Nieuwe notitie").fill("Twee keer geklikt.")
    await page.get_by_role("button", name="Bewaar notitie").dblclick()
    await expect(page.locator(".notes li")).to_have_count(1)
    await opened(page, f"{pair}/besluit?soort=nominated")
    await page.get_by_label("Toelichting voor jezelf").fill("Past precies.")
    await page.get_by_role("button", name="Verder").click()
    await page.get_by_role("button", name="Leg vast").dblclick()
    await expect(page.get_by_text("Vastgelegd.")).to_be_visible()
    await page.get_by_role("button", name="Maak ongedaan").dblclick()
    await expect(page.get_by_role("link", name="Voordragen bij de opdrachtgever")).to_be_visible()

    async def decisions() -> list[str]:
        seen = await stack.items("desk", "/alerts/history")
        of_it = [one for one in seen if one["data"].get("assignment_id") == assignment_id]
        return [one["data"]["decision"] for one in of_it if one["type"] == "MatchDecided.v1"]

    assert await until(decisions) == ["reopened", "nominated"]
