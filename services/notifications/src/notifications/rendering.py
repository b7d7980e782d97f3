"""Templates, which know the words of this service; how their pages are documented."""

from typing import Any

from chassis.http.problems import problems
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from words import rendering

from notifications.words import timelines, to_professionals, to_recruiters


def environment(*packages: str) -> Environment:
    """Return the templates of these packages as `words.rendering` does, with the words of this service."""
    templates = rendering.environment(
        *packages,
        asset=asset,
        timelines=timelines,
        to_professionals=to_professionals,
        to_recruiters=to_recruiters,
    )
    for name in templates.list_templates():
        # Each rendering copies what a template knows: of a chain of dictionaries in ten times the time.
        template = templates.get_template(name)
        template.globals = dict(template.globals)
    return templates


def asset(name: str) -> str:
    """Return the address of a file that pages load."""
    return f"/static/{name}"


def html(meaning: str, problem: int | None = None) -> dict[str, Any]:
    """Document a page that is no success; with `problem`, that status may be answered as a problem too."""
    other = {} if problem is None else problems(problem)[problem]
    content = {HTMLResponse.media_type: {"schema": {"type": "string"}}, **other.get("content", {})}
    return {**other, "description": meaning, "content": content}
