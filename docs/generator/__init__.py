"""Writes docs/reference/ from the code; nothing has to run. `make docs` writes, `make check` compares."""

from generator.events import events
from generator.http import http
from generator.metrics import metrics
from generator.settings import settings


def documents() -> dict[str, str]:
    """Return every page: its name in docs/reference → its text."""
    return {"events.md": events(), "http.md": http(), "settings.md": settings(), "metrics.md": metrics()}
