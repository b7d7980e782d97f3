"""Writes docs/reference/ from the code; nothing has to run. `make docs` writes, `make check` compares."""

from generator import events, http, metrics, personal_data, settings


def documents() -> dict[str, str]:
    """Return every page: its name in docs/reference → its text."""
    pages = {
        "events": events,
        "http": http,
        "settings": settings,
        "metrics": metrics,
        "personal-data": personal_data,
    }
    return {f"{name}.md": module.render() for name, module in pages.items()}
