"""Templates, which know Dutch: those of a room, and of what it builds on; and pages made of them."""

import re
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse

from words import criteria, legible, nl, relaxations, rules

# One within another is isolated by the inner pair.
ISOLATED = re.compile(f"{legible.FSI}([^{legible.CONTROLS.pattern[1:-1]}]*){legible.PDI}")


def environment(*packages: str, **own: object) -> Environment:
    """Return the templates in these packages' folders `templates`; of equal names the first counts. `own`:
    what they know by name besides the words of this package. Its own templates, those of every page, need
    `asset`: the address of a file by its name.
    """
    templates = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finished,
    )
    templates.globals |= {
        "nl": nl,
        "criteria": criteria,
        "rules": rules,
        "relaxations": relaxations,
        "once": once,
        **own,
    }
    templates.filters |= {
        "line": legible.line,
        "short": legible.short,
        "plain": legible.plain,
        "blocks": legible.blocks,
        "mailto": mailto,
    }
    for form in {"parts.html", "parts.txt"} & set(templates.list_templates()):
        # an import in each template would be looked up for each mail
        templates.globals[form.removeprefix("parts.")] = templates.get_template(form).module
    for name in templates.list_templates():
        templates.get_template(name)  # compiled now: on its first page everybody would wait for it
    return templates


@lru_cache(maxsize=512)
def once(macro: Callable[..., str], *values: Hashable) -> str:
    """Render a macro once for all who read the same: what an opdracht says goes to many. Never give it
    anything of a professional, whose data must not stay in memory."""
    return macro(*values)


def mailto(address: str, subject: str = "") -> str:
    """Return the link that writes to an address (RFC 6068), about a subject."""
    about = f"?subject={quote(legible.clean(subject))}" if subject else ""
    return f"mailto:{quote(address, safe='@')}{about}"


@pass_eval_context
def _finished(context: EvalContext, value: Any) -> Any:
    """Write for HTML: an amount keeps its sign beside it, a line that is isolated is a `<bdi>`, and no other
    directional control turns what stands around it."""
    if type(value) is not str or value.isascii() or not context.autoescape:
        return value
    value = value.replace("€ ", "€\u00a0")
    if not legible.CONTROLS.search(value):
        return value
    isolated = ISOLATED.sub(r"<bdi>\1</bdi>", str(escape(value)))
    return Markup(legible.CONTROLS.sub("", isolated))


def page(templates: Environment, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template as a page, or a part of one."""
    return HTMLResponse(templates.get_template(template).render(context), status)
