"""A starter and her recruiter, each in a browser of their own, and the opdrachten around them: one that she
would fit if she travelled farther, and two more if she worked fewer hours as well."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from playwright.async_api import Locator, Page, expect
from stack.identity.configuration import PEOPLE
from words import nl

from support.desk_pages import LIVE
from support.mailed_sign_in import ask, mailed, register
from support.meetings import mails_to
from support.stacks import Stack, until

RECRUITER = PEOPLE[0]
TODAY = datetime.now(nl.AMSTERDAM).date()
LAST_DAY = TODAY + timedelta(days=182)
FREE_AGAIN = LAST_DAY + timedelta(days=1)
FARTHER = "Reizen tot 100 km in plaats van 50"
FARTHER_AND_LESS = "Vanaf 16 uur in plaats van 24 en reizen tot 100 km in plaats van 50"
GOOD_NEWS = "Goed nieuws: ik draag je voor. Ik bel je morgen over het gesprek."
OPDRACHT: dict[str, Any] = {
    "description": "Je schrijft en redigeert de berichten van de gemeente voor website en wijkkrant.",
    "organisation": {"name": "Gemeente Zwolle", "type": "gemeente"},
    "level": "junior",
    "open_to_growth": False,
    "required_specialisms": ["redactie"],
    "desired_specialisms": [],
    "dossiers": [],
    "required_certificates": [],
    "starts_on": TODAY.isoformat(),
    "ends_on": LAST_DAY.isoformat(),
    "place": {"name": "Zwolle", "latitude": 52.5125, "longitude": 6.0944},
    "onsite_days": 2,
    "rate_max_cents": 8000,
    "contract_forms": ["zzp"],
    "urgency": "normaal",
    "reason": "vervanging",
    "respond_by": (datetime.now(nl.AMSTERDAM) + timedelta(weeks=3)).isoformat(timespec="seconds"),
    "positions": 1,
    "weights": None,
    "recruiter": {"name": RECRUITER.display_name, "email": RECRUITER.email, "phone": "038 123 45 67"},
    "open": True,
}
SAID = {
    "level": "junior",
    "hours_min": "24",
    "hours_max": "36",
    "place": "Groningen",
    "distance": "50",
    "rate": "55",
}
HOURS = {"Redacteur wijkkrant": (24, 32), "Redacteur website": (8, 16), "Redacteur intranet": (12, 16)}


@dataclass(frozen=True)
class Opdrachten:
    """What is open. `mark`: what sets its titles and its people apart from others'."""

    stack: Stack
    mark: str
    ids: dict[str, str]

    @property
    def title(self) -> str:
        """Return the title of the opdracht that the story is about."""
        return next(iter(self.ids))

    @property
    def place(self) -> str:
        """Return where the desk has it."""
        return f"/opdrachten/{self.ids[self.title]}"


async def opened(stack: Stack, mark: str) -> Opdrachten:
    """Open the opdrachten."""
    ids = {}
    for name, (least, most) in HOURS.items():
        title = f"{name} {mark}"
        body = {**OPDRACHT, "title": title, "hours_min": least, "hours_max": most}
        answer = await stack.post("assignments", "/assignments", body)
        ids[title] = answer.json()["assignment_id"]
    return Opdrachten(stack, mark, ids)


class Somebody:
    """Whoever looks at pages."""

    address: str

    def __init__(self, page: Page, opdrachten: Opdrachten) -> None:
        self.page = page
        self.opdrachten = opdrachten
        self.stack = opdrachten.stack

    async def sees_heading(self, name: str | re.Pattern[str]) -> None:
        await expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()

    def part(self, heading: str) -> Locator:
        return self.page.get_by_role("region", name=re.compile(f"^{re.escape(heading)}"))

    async def press(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        await (within or self.page).get_by_role("button", name=name, exact=True).click()

    async def follow(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        await (within or self.page).get_by_role("link", name=name, exact=True).click()

    async def gets_a_mail(self, about: str) -> int:
        """Wait for a mail with these words in its subject; return its number."""
        mails = await until(lambda: mails_to(self.stack, self.address, about), what=f"a mail: {about}")
        return int(mails[0]["id"])


class Starter(Somebody):
    """Somebody who begins, with an address that nobody has."""

    def __init__(self, page: Page, opdrachten: Opdrachten) -> None:
        super().__init__(page, opdrachten)
        self.name = f"Fenna Postma {opdrachten.mark}"
        self.address = f"fenna.{opdrachten.mark}@example.org"

    async def comes_by_a_mailed_link(self) -> None:
        await ask(self.page, self.stack, self.address)
        number, _ = await mailed(self.stack, self.address)
        await self.opens_the_mail(number)
        await self.follows_in_the_mail("Inschrijven")
        await self.press("Log in")
        await self.sees_heading("Schrijf je in")

    async def registers(self) -> None:
        said = {
            "level": "junior",
            "hours_min": "24",
            "hours_max": "36",
            "place": "Groningen",
            "distance": "50",
        }
        await register(self.page, self.name, free=TODAY.isoformat(), rate="55", **said)
        await self.sees_heading("Je bent ingeschreven")

    async def wants_mail_at_any_hour(self) -> None:
        """A story may be told at night."""
        await self.page.goto("/mijn/gegevens")
        await self.page.get_by_label("Geen mail tussen 21:00 en 07:00 uur").uncheck()
        await self.press("Opslaan")
        await expect(self.page.get_by_role("status")).to_be_visible()

    async def takes_over_what_brings_one(self) -> None:
        await self.page.goto("/mijn")
        await self.follow(f"Bekijk {FARTHER}")
        await self.sees_heading("Wat als …")
        says = self.page.get_by_role("status")
        await expect(says).to_contain_text("dan had je voor 1 opdracht meer in aanmerking gekomen")
        await expect(says).to_contain_text("Nu pas je bij 0, dan bij 1.")
        await expect(self.page.get_by_role("list").filter(has_text=self.opdrachten.title)).to_be_visible()
        await self.follow("Neem dit over in je profiel")
        await self.sees_heading("Dit verandert in je profiel")
        row = self.page.get_by_role("row", name=re.compile("^Reist hoogstens"))
        await expect(row.get_by_role("cell")).to_have_text(["50", "100"])
        await self.press("Neem over")
        await expect(self.page.get_by_role("status")).to_contain_text("Opgeslagen")

    async def says_yes_from_the_mail(self) -> None:
        await self.opens_the_mail(await self.gets_a_mail(self.opdrachten.title))
        await self.follows_in_the_mail("Ja, ik heb interesse")
        await self.sees_heading(self.opdrachten.title)
        await self.press("Ja, ik heb interesse")
        await expect(self.page.get_by_role("status")).to_contain_text("Bedankt")

    async def opens_the_mail(self, number: int) -> None:
        await self.page.goto(f"{self.stack.layout.url('mail')}/api/messages/{number}.html")

    async def follows_in_the_mail(self, name: str) -> None:
        """Open a link in this tab, where the mail catcher would open another."""
        link = await self.page.get_by_role("link", name=name, exact=True).get_attribute("href")
        assert link is not None
        await self.page.goto(link)

    async def sees_in_the_mail(self, about: str, *words: str) -> None:
        await self.opens_the_mail(await self.gets_a_mail(about))
        for one in words:
            await expect(self.page.locator("body")).to_contain_text(one)

    async def sees_at_home(self, part: str, *words: str) -> None:
        """Load the own page anew until a part of it says this."""

        async def says() -> bool:
            await self.page.goto("/mijn")
            found = self.part(part)
            text = await found.inner_text() if await found.count() else ""
            return all(one in text for one in words)

        await until(says, what=f"{part}: {words}")


class Recruiter(Somebody):
    """Who has the opdrachten."""

    address = RECRUITER.email

    async def signs_in(self) -> None:
        await self.page.goto("/")
        await self.page.get_by_label("Naam").fill(RECRUITER.name)
        await self.page.get_by_label("Wachtwoord").fill(RECRUITER.password)
        await self.press("Inloggen")
        await self.sees_heading("Vandaag")

    async def watches(self) -> None:
        """Open the opdracht's page, which is live from then on."""
        await self.page.goto(self.opdrachten.place)
        await self.sees_heading(self.opdrachten.title)
        await expect(self.page.locator("#connection")).to_contain_text(LIVE)

    async def sees_live(self, part: str, name: str) -> None:
        await expect(self.part(part)).to_contain_text(name)

    async def nominates(self, name: str) -> None:
        """Nominate who said yes, with a message that was looked at."""
        await self.watches()
        await self.sees_live("Heeft interesse", name)
        await self.follow(re.compile(f"^Draag voor ?: {name}"))
        await self.page.get_by_label("Toelichting voor jezelf").fill("Schrijft goed, wil graag.")
        await self.page.get_by_label(f"Bericht aan {name}").fill(GOOD_NEWS)
        await self.press("Verder")
        await expect(self.part("Controleer je besluit")).to_contain_text(GOOD_NEWS)
        await self.press("Leg vast")
        await expect(self.page.locator("#standing")).to_contain_text("Vastgelegd.")

    async def places(self, name: str) -> None:
        """Place who is nominated, for what the opdracht and she have in common."""
        await self.watches()
        await self.follow(re.compile(f"^Plaats ?: {name}"), self.part("Voorgedragen bij de opdrachtgever"))
        await self.sees_heading(f"Plaats {name}")
        for label, value in (("Eerste dag", TODAY), ("Laatste dag", LAST_DAY), ("Uren per week", 32)):
            await expect(self.page.get_by_label(label)).to_have_value(str(value))
        await self.page.get_by_label("Tarief per uur").fill("62,50")
        await self.press("Verder")
        checked = self.part("Controleer wat je vastlegt")
        for words in (day(TODAY), day(LAST_DAY), "32 uur per week", "€ 62,50 per uur"):
            await expect(checked).to_contain_text(words)
        await self.press("Plaats")
        await expect(self.page.locator("#standing")).to_contain_text("Geplaatst.")


def day(one: date) -> str:
    """Write a day as pages do."""
    return nl.day(one)
