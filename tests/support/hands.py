"""How a person works at the desk's pages: with a mouse, or with nothing but the keys.

A story that is told to a `Hand` is played by either.
"""

import re
from abc import ABC, abstractmethod
from typing import Literal

from playwright.async_api import Locator, Page, expect

Role = Literal["button", "link"]
Name = str | re.Pattern[str]

MOST_TABS = 40  # from where the focus is to what is wanted; farther is no way to work all day
MOST_ROWS = 200  # of a list

# An outline, in the window, with nothing before it.
FOCUS_IS_SEEN = """() => {
    const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
    const [x, y] = [box.x + Math.min(box.width, 20) / 2, box.y + Math.min(box.height, 20) / 2];
    const top = document.elementFromPoint(x, y);
    return at.matches(":focus-visible") && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
        && top !== null && (at.contains(top) || top.contains(at));
}"""
IS_BEFORE = """wanted => Boolean(
    document.activeElement.compareDocumentPosition(wanted) & Node.DOCUMENT_POSITION_PRECEDING
)"""


class Hand(ABC):
    """What somebody does on a page, in the words of who looks at it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def press(self, role: Role, name: Name, *, key: str = "", within: Locator | None = None) -> None:
        """Press a button or follow a link. `key`: the keys that do the same, for who knows them."""
        wanted = (within or self.page).get_by_role(role, name=name, exact=True)
        await self._press(wanted, key)

    async def unfold(self, name: str) -> None:
        """Open what is folded up under a name."""
        await self._press(self.page.locator("summary", has_text=name), "")

    @abstractmethod
    async def write(self, label: Name, text: str, *, key: str = "") -> None:
        """Fill a field with a text, or a day or moment in the form of ISO 8601. `key`: leads to the field."""

    @abstractmethod
    async def choose(self, label: Name, option: str) -> None:
        """Choose one of a list."""

    @abstractmethod
    async def tick(self, label: Name) -> None:
        """Tick a box, or one of a few."""

    @abstractmethod
    async def _press(self, wanted: Locator, key: str) -> None: ...

    def _field(self, label: Name) -> Locator:
        return self.page.get_by_label(label, exact=True)


class Mouse(Hand):
    """Clicks; where something is written, the keys only write."""

    async def write(self, label: Name, text: str, *, key: str = "") -> None:
        field = self._field(label)
        await field.click()
        await field.fill(text)

    async def choose(self, label: Name, option: str) -> None:
        await self._field(label).select_option(label=option)

    async def tick(self, label: Name) -> None:
        await self._field(label).check()

    async def _press(self, wanted: Locator, key: str) -> None:
        await wanted.click()


class Keyboard(Hand):
    """Touches no mouse: tabs to what it wants, sees the focus there, and presses."""

    async def write(self, label: Name, text: str, *, key: str = "") -> None:
        field = self._field(label)
        await (self._by_key(field, key) if key else self._reach(field))
        kind = await field.evaluate("field => field.type")
        if kind in ("date", "datetime-local"):
            await self._type_a_moment(text)
        else:
            await self.page.keyboard.press("Control+A")
            await self.page.keyboard.type(text)
        await expect(field).to_have_value(text)

    async def choose(self, label: Name, option: str) -> None:
        field = self._field(label)
        await self._reach(field)
        await self.page.keyboard.press("Home")
        for _ in range(MOST_TABS):
            if await field.evaluate("field => field.selectedOptions[0].label") == option:
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {option}")

    async def tick(self, label: Name) -> None:
        wanted = self._field(label)
        group = await wanted.evaluate("one => one.type === 'radio' ? one.name : ''")
        if not group:
            await self._reach(wanted)
            await self.page.keyboard.press("Space")
        else:
            ones = self.page.locator(f"input[type=radio][name={group}]")
            await self._reach(ones)
            for _ in range(await ones.count()):
                if await _has_focus(wanted):
                    break
                await self.page.keyboard.press("ArrowDown")
            if not await wanted.is_checked():
                await self.page.keyboard.press("Space")
        await expect(wanted).to_be_checked()

    async def _press(self, wanted: Locator, key: str) -> None:
        if key:
            await expect(wanted).to_be_visible()
            await self._shortcut(key)
        else:
            await self._reach(wanted)
            await self.page.keyboard.press("Enter")

    async def _by_key(self, wanted: Locator, key: str) -> None:
        await self._shortcut(key)
        await expect(wanted).to_be_focused()
        assert await self.page.evaluate(FOCUS_IS_SEEN), f"the focus is not seen at {wanted}"

    async def _shortcut(self, keys: str) -> None:
        await self.page.wait_for_load_state("domcontentloaded")  # by then the page's scripts know their keys
        for key in keys.split():
            await self.page.keyboard.press(key)

    async def _reach(self, wanted: Locator) -> None:
        await expect(wanted.first).to_be_visible()
        await self._go_to_row(self.page.locator("[data-key]").filter(has=wanted))
        for _ in range(MOST_TABS):
            if await _has_focus(wanted):
                break
            is_before = await wanted.first.evaluate(IS_BEFORE)
            await self.page.keyboard.press("Shift+Tab" if is_before else "Tab")
        assert await _has_focus(wanted), f"{MOST_TABS} tabs do not lead to {wanted}"
        assert await self.page.evaluate(FOCUS_IS_SEEN), f"the focus is not seen at {wanted}"

    async def _go_to_row(self, row: Locator) -> None:
        """Go through the rows of a list by the keys for it, where what is wanted is in one of them."""
        for _ in range(MOST_ROWS if await row.count() else 0):
            if await row.evaluate("row => row.contains(document.activeElement)"):
                return
            await self._shortcut("k" if await row.evaluate(IS_BEFORE) else "j")

    async def _type_a_moment(self, text: str) -> None:
        """Type into a browser's own field: month, day, year, hour and minute, as English ones have them."""
        year, month, day = text[:10].split("-")
        await self.page.keyboard.type(f"{month}{day}{year}")
        if clock := text[11:]:
            hour, minute = map(int, clock.split(":"))
            await self.page.keyboard.press("Tab")
            half = "AM" if hour < 12 else "PM"
            await self.page.keyboard.type(f"{(hour - 1) % 12 + 1:02}{minute:02}{half}")


async def _has_focus(wanted: Locator) -> bool:
    found: bool = await wanted.evaluate_all("all => all.includes(document.activeElement)")
    return found
