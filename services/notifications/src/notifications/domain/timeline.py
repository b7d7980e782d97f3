"""What happened to a match, in order: "did she get it?" answered in one look. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

# The steps of a notice by where it is; its own outcome names the rest.
WAITING = {"pending", "sending"}


def steps(match: Mapping[str, Any], notices: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the steps: what, when (None: not yet), and in which detail."""
    found = [
        {"step": "opened", "at": match["opened_at"], "detail": None},
        {"step": "proposed", "at": match["proposed_at"], "detail": None},
    ]
    for notice in notices:
        waits = notice["state"] in WAITING
        found.append(
            {
                "step": f"notice_{notice['kind']}",
                "at": notice["settled_at"],
                "outcome": notice["state"],
                "due_at": notice["due_at"] if waits else None,
                "detail": notice["detail"],
            }
        )
    if match["answer"] is not None:
        found.append({"step": match["answer"], "at": match["answered_at"], "detail": match["answer_reason"]})
    if match["decision"] is not None:
        found.append(
            {"step": match["decision"], "at": match["decided_at"], "detail": match["decision_reason"]}
        )
    if match["closed_reason"] is not None:
        found.append({"step": match["closed_reason"], "at": None, "detail": None})
    return sorted(found, key=_moment)


def _moment(step: Mapping[str, Any]) -> tuple[bool, float]:
    at: datetime | None = step["at"] or step.get("due_at")
    return at is None, at.timestamp() if at else 0.0
