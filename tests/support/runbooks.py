"""The commands and queries in the runbooks, as whoever is on call types them."""

import re
from dataclasses import dataclass
from pathlib import Path

from support.alerting import RUNBOOKS

# What a reader puts in: each word in capitals, with something that could be meant.
MEANT = {
    "SERVICE": "matching",
    "GROUP": "matching",
    "POD": "matching-5d4f9c7b8-x2x4z",
    "NODE": "node-1",
    "MONITORING": "monitoring",
    "HOST": "opdrachten.example.org",
    "MAIL_HOST": "mail.example.org",
    "LETTER": "matches.notifications.dead:0:17",
    "ASSIGNMENT_ID": "0192f0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b",
    "NOTICE_ID": "0192f0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b",
    "SUPPRESSION_ID": "0192f0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b",
    "PROFILE_ID": "0192f0c1-2d3e-7f40-8a5b-6c7d8e9f0a1b",
    "URL": "postgresql://127.0.0.1/matching",
    "PID": "0",
    "ID": "17",
}
SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^ *```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
QUERY = re.compile(r"(SELECT|SHOW|WITH)\b")


@dataclass(frozen=True)
class Written:
    """A command or query, and the runbook where it stands."""

    runbook: str
    text: str


def written(kind: str) -> list[Written]:
    """Return what stands in the runbooks of a kind: `promql`, `sql`, or a program's name."""
    return [Written(path.stem, _filled(text)) for path in _pages() for text in _of(path.read_text(), kind)]


def _pages() -> list[Path]:
    return sorted(RUNBOOKS.glob("*.md"))


def _of(text: str, kind: str) -> list[str]:
    blocks = [(language, block.strip()) for language, block in FENCE.findall(text)]
    spans = SPAN.findall(FENCE.sub("", text))
    if kind == "promql":
        return [block for language, block in blocks if language == kind]
    if kind == "sql":
        return [block for language, block in blocks if language == kind] + [
            one for one in spans if QUERY.match(one)
        ]
    lines = [line.strip() for language, block in blocks if language == "sh" for line in block.splitlines()]
    parts = [part.strip() for line in lines + spans for part in re.split(r" \| | && ", line)]
    return [part for part in parts if part.startswith(f"{kind} ")]


def _filled(text: str) -> str:
    def meant(found: re.Match[str]) -> str:
        return MEANT.get(found[0], found[0])

    ours = r"\b[A-Z][A-Z_]+\b(?! BY\b)"
    return re.sub(ours, meant, text).replace(" …", "")
