"""A real browser for the tests that open pages: fixtures, which their folders' conftest imports."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from playwright.async_api import Browser, async_playwright, expect

# Chromium without its windows takes half the processor time; Ubuntu has the whole one alone.
PROGRAM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

expect.set_options(timeout=30_000)
CLOSING_SECONDS = 30


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=PROGRAM, args=FLAGS)
        yield launched
        await launched.close()


@pytest.fixture
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """A browser without a page of another test."""
    yield chromium
    for context in chromium.contexts:
        with suppress(TimeoutError):  # chromium now and then never says that a page is closed
            async with asyncio.timeout(CLOSING_SECONDS):
                await context.close()
