"""What axe finds wrong with a page, against WCAG 2.2 AA."""

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],  # of what passes one node a rule: all of them cost more than the look
}
LOOK = """async options => {
    const {violations, passes} = await axe.run(options)
    return {violations, passes: passes.length}
}"""
TOO_WIDE = """() => {
    const width = document.documentElement.clientWidth
    if (document.documentElement.scrollWidth <= width) return []
    const wide = [...document.querySelectorAll("body *")].filter(one => one.scrollWidth > width)
    return wide.length ? wide.map(one => one.outerHTML.slice(0, 80)) : ["nothing of it alone"]
}"""


async def violations(page: Page) -> list[tuple[str, str, str]]:
    """Return of each violation its rule, its element and what is wrong, once the page has come with its
    styles; and what of it is wider than the window."""
    await page.wait_for_load_state()
    if not await page.evaluate("() => 'axe' in window"):  # half a megabyte, once a page for all its looks
        await page.evaluate(Axe().axe_script)
    found = await page.evaluate(LOOK, OPTIONS)
    assert found["passes"], "axe looked at nothing"
    seen = [
        (one["id"], str(node["target"]), node["failureSummary"])
        for one in found["violations"]
        for node in one["nodes"]
    ]
    return [*seen, *(("wider than the window", one, "") for one in await page.evaluate(TOO_WIDE))]
