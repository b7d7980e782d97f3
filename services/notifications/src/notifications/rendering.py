"""Templates, which know the words of this service; how their pages are documented."""

from typing import Any

from chassis.http.problems import problems
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from words import rendering

from notifications.words import timelines, to_professionals, to_recruiters


def environment(*packages: str) -> Environment:
    """Return the templates of these packages as `words.rendering` does, with the words of this service."""
    return rendering.environment(
        *packages,
        asset=asset,
        timelines=timelines,
        to_professionals=to_professionals,
        to_recruiters=to_recruiters,
    )


def asset(name: str) -> str:
    """Return the address of a file that pages load."""
    return f"/static/{name}"


def html(meaning: str, problem: int | None = None) -> dict[str, Any]:
    """Document a page that is no success; with `problem`, that status may be answered as a problem too."""
    other = {} if problem is None else problems(problem)[problem]
    content = {HTMLResponse.media_type: {"schema": {"type": "string"}}, **other.get("content", {})}
    return {**other, "description": meaning, "content": content}
