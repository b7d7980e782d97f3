"""Every page, in light and dark, on a phone and a desk: axe finds nothing against WCAG 2.1 AA."""

import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from axe_playwright_python.async_playwright import Axe
from contracts.vocabulary import Role
from playwright.async_api import Browser, BrowserContext, Page, expect
from stack import issuer
from support.meetings import a_match, mails_to
from support.stacks import Stack, until

WCAG = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}
WIDTHS = {"phone": 360, "desk": 1280}


@pytest.fixture(params=[("light", "phone"), ("dark", "phone"), ("light", "desk"), ("dark", "desk")])
async def visit(request: pytest.FixtureRequest, browser: Browser) -> AsyncIterator[BrowserContext]:
    scheme, width = request.param
    context = await browser.new_context(
        viewport={"width": WIDTHS[width], "height": 800}, color_scheme=scheme, reduced_motion="reduce"
    )
    yield context
    await context.close()


async def check(page: Page) -> None:
    found = (await Axe().run(page, options=WCAG)).response
    assert found["passes"], "axe looked at nothing"
    violations = [
        (one["id"], node["target"], node["failureSummary"])
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert violations == []
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


async def first_mail(stack: Stack, address: str, name: str) -> tuple[str, str]:
    """Return the text and the HTML of somebody's first mail."""
    mail = (await until(lambda: mails_to(stack, address, f"Opdracht voor {name}")))[0]
    return await stack.mail_text(mail["id"]), await stack.mail_text(mail["id"], "html")


def link(text: str, kind: str) -> str:
    found = re.search(rf"http://\S+/{kind}/[^\s?]+", text)
    assert found is not None
    return found[0]


async def test_what_a_professional_opens(stack: Stack, visit: BrowserContext) -> None:
    name = f"Iedereen{uuid4().hex[:8]}"
    _, _, address = await a_match(stack, name)
    text, html = await first_mail(stack, address, name)
    page = await visit.new_page()

    match = link(text, "m")
    await page.goto(match)
    await check(page)
    await page.get_by_role("button", name="Vraag het me later nog eens").click()
    await expect(page.get_by_role("status")).to_contain_text("nog eens te zien in je mail van")
    await check(page)
    await page.get_by_role("button", name="Ja, ik heb interesse").click()
    await expect(page.get_by_role("status")).to_contain_text("Je antwoord is binnen")
    await check(page)
    await page.get_by_role("button", name="Ik zie ervan af").click()
    await expect(page.get_by_text("niets voor je is")).to_be_visible()
    await check(page)

    await page.goto(link(text, "preferences"))
    await check(page)
    await page.get_by_role("button", name="Bewaar").click()
    await expect(page.get_by_role("status")).to_contain_text("Bewaard")
    await check(page)

    await page.goto(link(text, "unsubscribe"))
    await check(page)
    await page.get_by_role("button", name="Stuur me geen mail meer").click()
    await expect(page.get_by_role("heading", name="Je krijgt geen mail meer")).to_be_visible()
    await check(page)
    await page.get_by_label("Wil je zeggen waarom?").select_option("Ik kreeg te veel mail.")
    await page.get_by_role("button", name="Verstuur").click()
    await expect(page.get_by_role("status")).to_contain_text("Dank je wel")
    await check(page)
    async with stack.client("notifications") as http:
        assert 'unsubscribed_total{reason="too_much"}' in (await http.get("/metrics")).text

    await page.goto(match[:-3] + "abc")
    await expect(page.get_by_role("heading", name="Deze link werkt niet")).to_be_visible()
    await check(page)

    mail = await visit.new_page()
    await mail.set_content(html)
    await check(mail)


async def test_what_a_recruiter_opens(stack: Stack, visit: BrowserContext) -> None:
    name = f"Bord{uuid4().hex[:8]}"
    assignment_id, profile_id, address = await a_match(stack, name)
    page = await visit.new_page()
    await page.goto(stack.layout.url("notifications"))
    await check(page)
    token = issuer.token(stack.layout, Role.RECRUITER, "recruiter", name="Rosa Recruiter")
    await page.goto(f"{stack.layout.url('notifications')}/?assignment={assignment_id}#token={token}")
    await expect(page.locator("#live")).to_be_visible()
    await check(page)

    # a mail comes back: shown with the reason, and to be released
    mail = (await until(lambda: mails_to(stack, address, name)))[0]
    source = await stack.mail_text(mail["id"], "source")
    found = re.search(r"^Message-ID: *(<\S+>)", source, re.MULTILINE | re.IGNORECASE)
    assert found is not None
    async with stack.client("notifications", Role.OPERATOR) as http:
        answer = await http.post("/reports", content=came_back(found[1]))
        assert answer.json() == {"taken": True}
        answer = await http.post("/reports", content=came_back(found[1]))
        assert answer.json() == {"taken": False}
        answer = await http.post("/reports", content=b"Subject: hallo\n\n")
        assert (answer.status_code, answer.json()) == (202, {"taken": False})
        items = (await http.get("/deliveries")).json()["items"]
    ids = (assignment_id, profile_id)
    (delivery,) = [one for one in items if (one["assignment_id"], one["profile_id"]) == ids]
    assert (delivery["outcome"], delivery["detail"]) == ("bounced", "the mail came back: 5.1.1")
    async with stack.client("notifications") as http:
        assert (await http.post("/reports", content=came_back(found[1]))).status_code == 403
    await page.reload()
    card = page.locator("[data-match]", has_text=name).first
    await expect(card.get_by_text("mail komt niet aan")).to_be_visible()
    await card.locator("summary").click()
    await expect(card.get_by_text("een mail kwam terug")).to_be_visible()
    steps = card.locator(".timeline li")
    await expect(steps.nth(0)).to_contain_text("Opdracht geopend")
    await expect(steps.nth(1)).to_contain_text("Voorgesteld")
    await expect(steps.nth(2)).to_contain_text("Mail over de opdracht: kwam terug")
    await check(page)
    await card.get_by_role("button", name="Geef het adres weer vrij").click()
    await expect(page.locator("[data-match]", has_text=name).get_by_text("mail komt niet aan")).to_have_count(
        0
    )
    assert f"assignment={assignment_id}" in page.url


def came_back(message_id: str) -> bytes:
    return f"""\
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; weg@example.org
Action: failed
Status: 5.1.1

--x
Content-Type: message/rfc822

Message-ID: {message_id}

Hallo
--x--
""".encode()
