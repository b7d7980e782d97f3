"""Pages, tables and links."""

from collections.abc import Iterable, Sequence


def sections(*parts: str) -> str:
    """Return the parts with an empty line between; a part without text is left out."""
    return "\n\n".join(part.strip() for part in parts if part.strip())


def page(title: str, *parts: str) -> str:
    """Return a page, which says that nobody should edit it."""
    return (
        sections(f"# {title}", "<!-- `make docs` writes this page from the code: do not edit it. -->", *parts)
        + "\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; one without rows is no text."""
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    if not lines:
        return ""
    return "\n".join(f"| {line} |" for line in [" | ".join(head), " | ".join(["---"] * len(head)), *lines])


def link(heading: str) -> str:
    """Return a link to a heading of the same page."""
    fragment = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return f"[{heading}](#{fragment.replace(' ', '-')})"


def code(text: str) -> str:
    """Return a text as code; an empty one stays empty."""
    return f"`{text}`" if text else ""


def one_line(text: str) -> str:
    """Return a text as a table's cell."""
    return " ".join(text.split())


def paragraphs(text: str) -> str:
    """Return a docstring without its indentation."""
    return "\n".join(line.strip() for line in text.strip().splitlines())
