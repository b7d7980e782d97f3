"""What is typed to take in an opdracht at the desk, and the buttons that are pressed."""

import random
import re
from typing import Any
from uuid import uuid4

from playwright.async_api import Page, expect

from support.desk_pages import opened
from support.meetings import demanding
from support.stacks import Stack


def typed(title: str) -> dict[str, str]:
    """Return what is typed into the form's text fields."""
    asked = demanding(random.Random(16))
    return {
        "title": title,
        "organisation_name": "Gemeente Amersfoort",
        "place": "Amersfoort",
        "onsite_days": "0",
        "description": "Help de gemeente.\n\n- met verkiezingen",
        "reason": "Vervanging",
        "hours_min": "24",
        "hours_max": "32",
        "rate_max_cents": "112,50",
        "starts_on": asked["starts_on"],
        "ends_on": asked["ends_on"],
        "respond_by_day": "2099-01-31",
        "respond_by_time": "12:00",
        "recruiter_name": "Sanne de Wit",
        "recruiter_email": "sanne@example.org",
    }


BOXES = (
    ("required_specialisms", "media-analyse"),
    ("required_specialisms", "evenementen"),
    ("contract_forms", "zzp"),
)


async def fill_in(page: Page, title: str) -> None:
    for name, value in typed(title).items():
        await page.fill(f"#{name}", value)
    await page.select_option("#organisation_type", "gemeente")
    await page.select_option("#level", "strategisch")
    for name, value in BOXES:
        await page.check(f"[name={name}][value={value}]")


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def a_draft(page: Page, title: str) -> str:
    """Save a whole draft; return its address."""
    await page.goto("/opdrachten/nieuw")
    await fill_in(page, title)
    await press(page, "Bewaar concept")
    await expect(page.get_by_role("status").filter(has_text="bewaard")).to_be_visible()
    return page.url.partition("/wijzigen")[0]


async def to_publish(page: Page) -> str:
    """Wait for the page on which an opdracht is published; return its id."""
    await expect(page).to_have_url(re.compile("/opdrachten/[0-9a-f-]{36}/publiceer$"))
    return page.url.split("/")[-2]


async def published(page: Page, assignment_id: str) -> None:
    """Wait until an opdracht is published, and open it: where the desk hears of it late, the list came."""
    await expect(page).to_have_url(re.compile(f"/opdrachten(/{assignment_id})?$"))
    await opened(page, f"/opdrachten/{assignment_id}")


async def an_open_one(stack: Stack, **facts: Any) -> str:
    body = {**demanding(random.Random(17)), "title": f"Opdracht {uuid4().hex[:8]}", **facts}
    opened = await stack.post("assignments", "/assignments", body)
    return str(opened.json()["assignment_id"])
