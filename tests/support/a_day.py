"""A day at the desk: who spends it, on which opdracht, with which people."""

import random
import re
from dataclasses import dataclass, field

from playwright.async_api import Locator, Page, expect

from support.hands import Hand
from support.meetings import somebody
from support.stacks import Stack

MAIL = """Dag,

Wij zoeken een strategisch communicatieadviseur voor de herindelingsverkiezingen.
Opdrachtgever: Gemeente Amersfoort. Standplaats Amersfoort, het werk kan helemaal op afstand.
Het gaat om 24 tot 32 uur per week, van 1 maart 2027 tot en met 1 september 2027.
Het tarief is maximaal 80 euro per uur. Zzp is akkoord. Het is spoed.
Eisen: ervaring met verkiezingscommunicatie en arbeidsmarktcommunicatie.

Groet, Piet de Boer
"""
FITTING = {
    "specialisms": ["verkiezingscommunicatie", "arbeidsmarktcommunicatie"],
    "dossiers": ["herindeling", "verkiezingen"],
    "portfolio": [],
    "ambition": {"direction": "depth", "step_up": False, "specialisms": ["verkiezingscommunicatie"]},
}


@dataclass(frozen=True)
class Day:
    """Where the day is spent, by which hand, and what sets its people and its opdracht apart from others."""

    stack: Stack
    page: Page
    hand: Hand
    mark: str
    people: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"Adviseur herindeling {self.mark}"

    @property
    def anna(self) -> str:
        return f"Annelies Vermeer-{self.mark}"

    @property
    def bert(self) -> str:
        return f"Bert Prins-{self.mark}"

    @property
    def carla(self) -> str:
        return f"Carla Duur-{self.mark}"

    @property
    def dirk(self) -> str:
        return f"Dirk Bijna-{self.mark}"

    async def joins(self, name: str, **facts: object) -> None:
        """Add somebody who fits the opdracht but for these facts."""
        body = somebody(random.Random(name), name)
        body["contact"] |= {"name": name, "email": self.address(name)}
        body["facts"] |= {**FITTING, **facts}
        made = await self.stack.post("profiles", "/profiles", body)
        self.people.append(made.json()["profile_id"])

    def address(self, name: str) -> str:
        return f"{name.partition(' ')[0].lower()}.{self.mark}@example.org"

    async def sees_heading(self, name: str) -> None:
        await expect(self.page.get_by_role("heading", name=name, level=1, exact=True)).to_be_visible()

    def part(self, heading: str) -> Locator:
        return self.page.get_by_role("region", name=re.compile(f"^{heading}"))

    async def finds_the_opdracht(self) -> None:
        await self.hand.press("link", "Opdrachten")
        await self.sees_heading("Opdrachten")
        await self.hand.write("Zoek op titel of opdrachtgever", self.title, key="/")
        await self.hand.press("button", "Zoek", key="Enter")
        await expect(self.page.get_by_label("Gekozen filters")).to_contain_text(self.title)
        await self.hand.press("link", self.title, key="j Enter")
        await self.sees_heading(self.title)

    async def goes_back_to_the_opdracht(self) -> None:
        await self.hand.press("link", self.title)
        await self.sees_heading(self.title)
