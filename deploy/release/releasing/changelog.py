"""CHANGELOG.md: its releases, and what one has to say to whoever upgrades."""

import re
from dataclasses import dataclass
from datetime import date

UNRELEASED = "Unreleased"
HEADING = re.compile(r"^## (?P<name>\S+)(?: - (?P<day>\d{4}-\d{2}-\d{2}))?$", re.MULTILINE)
PART = re.compile(r"^### (?P<name>.+)$", re.MULTILINE)
LEAD = re.compile(r"^- \*\*(?P<lead>[^*]+)\*\*:? (?P<text>(?:.|\n  )+)", re.MULTILINE)
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Section:
    """One release: its version (or UNRELEASED), its day, and what is written under it."""

    name: str
    day: date | None
    body: str

    def part(self, name: str) -> str:
        """Return what is written under a heading of the section; empty where there is none."""
        found = [*PART.finditer(self.body)]
        for place, heading in enumerate(found):
            if heading["name"] == name:
                end = found[place + 1].start() if place + 1 < len(found) else len(self.body)
                return self.body[heading.end() : end].strip()
        return ""

    def lead(self, name: str) -> str:
        """Return the text of an item of *Upgrade* that begins with a name in bold: `- **Order**: …`."""
        leads = {one["lead"].rstrip(":"): one["text"] for one in LEAD.finditer(self.part("Upgrade"))}
        return leads.get(name, "")

    @property
    def order(self) -> list[str]:
        """Return the services in the order in which they go: *Order* up to its first colon or dot."""
        return CODE.findall(re.split("[:;.]", self.lead("Order"), maxsplit=1)[0])


def sections(text: str) -> list[Section]:
    """Return the releases, as they stand: the latest first."""
    found = [*HEADING.finditer(text)]
    ends = [*(heading.start() for heading in found[1:]), len(text)]
    return [
        Section(
            heading["name"],
            date.fromisoformat(heading["day"]) if heading["day"] else None,
            text[heading.end() : end].strip(),
        )
        for heading, end in zip(found, ends, strict=True)
    ]


def section(text: str, name: str) -> Section | None:
    """Return one release."""
    return next((one for one in sections(text) if one.name == name), None)


def cut(text: str, version: str, today: date) -> str:
    """Return the changelog with what was unreleased under a version, and nothing unreleased."""
    return text.replace(f"## {UNRELEASED}\n", f"## {UNRELEASED}\n\n## {version} - {today}\n", 1)
