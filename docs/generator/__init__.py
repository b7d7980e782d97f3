"""Writes docs/reference/ from the code; nothing has to run. `make docs` writes, `make check` compares."""

from generator import events, http, metrics, settings


def documents() -> dict[str, str]:
    """Return every page: its name in docs/reference → its text."""
    pages = {"events": events, "http": http, "settings": settings, "metrics": metrics}
    return {f"{name}.md": module.render() for name, module in pages.items()}
