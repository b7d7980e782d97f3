"""A desk whose people sign in at a real Keycloak, and a browser to do so."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext
from stack.layout import Layout
from support.browsing import browser, chromium
from support.desk_at_keycloak import Platform, running
from support.ports import STACK
from support.stacks import a_folder_for_all

__all__ = ["browser", "chromium"]


@pytest.fixture(scope="session")
async def platform() -> AsyncIterator[Platform]:
    with a_folder_for_all("keycloak-") as folder:
        async with running(Layout(STACK, folder)) as made:
            yield made


@pytest.fixture
async def visitor(platform: Platform, browser: Browser) -> BrowserContext:
    """A browser in which nobody has signed in yet."""
    return await browser.new_context(base_url=platform.layout.url("desk"), locale="nl-NL")
