"""A real browser for the tests that open pages."""

from support.browsing import browser, chromium

__all__ = ["browser", "chromium"]
