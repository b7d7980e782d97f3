"""The recruiter's page and the professional's page in a real browser."""

import re
from uuid import UUID

from contracts.vocabulary import Role
from playwright.async_api import Browser, Page, expect
from stack import issuer
from support.meetings import a_match, mails_to
from support.stacks import Stack, until


def listen(page: Page) -> list[str]:
    """Collect what goes wrong on a page."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    return faults


async def test_a_link_signs_in_and_a_new_match_appears_by_itself(stack: Stack, browser: Browser) -> None:
    page = await browser.new_page()
    faults = listen(page)
    assignment_id, profile_id, _ = await a_match(stack, "Pagina", frequency="none")
    token = issuer.token(stack.layout, Role.RECRUITER, "recruiter", name="Rosa Recruiter")
    address = f"{stack.layout.url('notifications')}/?assignment={assignment_id}"
    await page.goto(f"{address}#token={token}")
    await expect(page.get_by_role("heading", name="Opdracht voor Pagina")).to_be_visible()
    await expect(page.get_by_text("Rosa Recruiter")).to_be_visible()
    assert "token" not in page.url
    await expect(page.get_by_role("status")).to_contain_text("Live")
    card = page.locator("[data-match]", has_text="Pagina")
    await card.locator("summary").click()
    await expect(card.get_by_role("row", name=re.compile("Specialismen.*30,0 van 30"))).to_be_visible()

    # somebody new fits: the card comes, and what was open stays open
    async with stack.client("profiles") as http:
        body = (await http.get(f"/profiles/{profile_id}")).json()
    contact = {**body["contact"], "name": "Nieuw Gezicht", "email": "nieuw.gezicht@example.org"}
    body = {"contact": contact, "facts": body["facts"]}
    newcomer = (await stack.post("profiles", "/profiles", body)).json()["profile_id"]
    await expect(page.locator("[data-match]", has_text="Nieuw Gezicht")).to_be_visible()
    await expect(card.get_by_role("table")).to_be_visible()

    # erased: the card goes
    async with stack.client("profiles") as http:
        await http.delete(f"/profiles/{newcomer}")
    await expect(page.locator("[data-match]", has_text="Nieuw Gezicht")).to_have_count(0)

    await page.get_by_role("button", name="Uitloggen").click()
    await expect(page.get_by_role("heading", name="Inloggen")).to_be_visible()
    assert faults == []


async def test_a_wrong_access_code_is_told_in_words(stack: Stack, browser: Browser) -> None:
    page = await browser.new_page()
    await page.goto(stack.layout.url("notifications"))
    await page.get_by_label("Toegangscode").fill("onzin")
    await page.get_by_role("button", name="Inloggen").click()
    await expect(page.get_by_role("alert")).to_contain_text("werkt niet")


async def test_a_professional_says_yes_and_then_no_on_a_phone(stack: Stack, browser: Browser) -> None:
    assignment_id, profile_id, address = await a_match(stack, "Telefoon")
    mail = (await until(lambda: mails_to(stack, address, "Telefoon")))[0]
    link = re.search(r"http://\S+/m/\S+answer=interested", await stack.mail_text(mail["id"]))
    assert link is not None
    page = await browser.new_page(viewport={"width": 360, "height": 740}, color_scheme="dark")
    faults = listen(page)
    await page.goto(link[0])
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.get_by_role("button", name="Ja, ik heb interesse").click()
    await expect(page.get_by_text("Je antwoord is binnen")).to_be_visible()
    assert (await until(lambda: answered(stack, assignment_id, profile_id))) == "interested"
    await page.get_by_label("Toch niet?").select_option("Te ver reizen.")
    await page.get_by_label("Wil je het toelichten?").fill("Twee uur is te veel.")
    await page.get_by_role("button", name="Ik zie ervan af").click()
    await expect(page.get_by_text("Je hebt laten weten dat deze opdracht niets voor je is")).to_be_visible()
    only_yes = ["Ja, ik heb interesse"]  # the latest answer counts
    await expect(page.get_by_role("button")).to_have_text(only_yes)
    async with stack.client("notifications") as http:
        items = (await http.get("/alerts/history?limit=50")).json()["items"]
    reasons = [
        item["data"]["reason"]
        for item in items
        if item["data"]["profile_id"] == profile_id and item["type"] == "MatchAnswered.v1"
    ]
    assert reasons[0] == "Te ver reizen. Twee uur is te veel."
    assert faults == []


async def test_preferences_are_chosen_on_a_phone(stack: Stack, browser: Browser) -> None:
    _, _, address = await a_match(stack, "Keuze")
    mail = (await until(lambda: mails_to(stack, address, "Opdracht voor Keuze")))[0]
    link = re.search(r"http://\S+/preferences/\S+", await stack.mail_text(mail["id"]))
    assert link is not None
    page = await browser.new_page(viewport={"width": 360, "height": 740}, color_scheme="dark")
    faults = listen(page)
    await page.goto(link[0])
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await expect(page.get_by_label("Meteen, hoogstens drie mails per dag")).to_be_checked()
    await page.get_by_label("Eén mail per dag").check()
    await page.get_by_label("Geen mail tussen 21:00 en 07:00 uur").check()
    await page.get_by_role("button", name="Bewaar").click()
    await expect(page.get_by_role("status")).to_contain_text("Bewaard")
    await expect(page.get_by_label("Eén mail per dag")).to_be_checked()
    await expect(page.get_by_label("Geen mail tussen 21:00 en 07:00 uur")).to_be_checked()
    assert faults == []


async def answered(stack: Stack, assignment_id: str, profile_id: str) -> str | None:
    match = (await stack.matches(assignment_id)).get(UUID(profile_id))
    return match["state"] if match and match["state"] != "proposed" else None
