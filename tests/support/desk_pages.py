"""The desk's pages in a browser, for somebody who is signed in."""

from typing import Any
from urllib.parse import urlsplit

from contracts.vocabulary import Role
from playwright.async_api import Browser, BrowserContext, Page, Route, expect
from stack import issuer

from support.stacks import Stack, until

LIVE = "Live: wat verandert"
AWAY = "De verbinding is weg"


async def signed_in(stack: Stack, browser: Browser, **options: Any) -> BrowserContext:
    """Open a browser of a recruiter's, who has a token at the desk alone."""
    token = issuer.token(stack.layout, Role.RECRUITER, "recruiter", name="Rosa Recruiter")
    base = stack.layout.url("desk")
    headers = {"Authorization": f"Bearer {token}"}
    return await browser.new_context(base_url=base, extra_http_headers=headers, **options)


async def opened(page: Page, path: str) -> None:
    """Open a page, anew until the desk has heard of what it is about."""

    async def is_there() -> bool:
        answer = await page.goto(path)
        return answer is not None and answer.ok

    await until(is_there, what=f"the desk has {path}")


async def live_page(context: BrowserContext, path: str) -> Page:
    """Open a page once the desk has heard of what it is about, and wait until it is live."""
    page = await context.new_page()
    await opened(page, path)
    await expect(page.locator("#connection")).to_contain_text(LIVE)
    return page


def counted(context: BrowserContext, path: str) -> list[str]:
    """Collect the requests for a path."""
    seen: list[str] = []
    context.on("request", lambda one: seen.append(one.url) if urlsplit(one.url).path == path else None)
    return seen


async def refuse(route: Route, status: int) -> None:
    """Answer in the desk's place, as a proxy does."""
    await route.fulfill(status=status, body="")


async def changed(stack: Stack, service: str, path: str, changes: dict[str, Any]) -> None:
    """Change something over its owner's API, as a merge patch."""
    async with stack.client(service) as http:
        etag = (await http.get(path)).headers["etag"]
        answer = await http.patch(
            path, json=changes, headers={"If-Match": etag, "Content-Type": "application/merge-patch+json"}
        )
        assert answer.is_success, answer.text
