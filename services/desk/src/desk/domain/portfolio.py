"""A portfolio as its professional sees it: what they wrote, and the placements that have started. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from desk.domain.placements import Placed


def with_placements(profile: Mapping[str, Any], placed: Iterable[Placed]) -> dict[str, Any]:
    """Return a profile, as its owner shows it (JSON), whose facts have the placements that have started among
    the portfolio: as they were agreed, with what the person wrote about them.

    `placed`: their placements as the desk knows them; the opdracht and the client are theirs until the person
    calls them otherwise.
    """
    written, effective = profile["facts"]["portfolio"], profile["effective_facts"]["portfolio"]
    about = {entry.get("placement_id"): entry for entry in written}
    called = {
        str(one.placement_id): {
            name: text
            for name, text in (("title", one.title), ("organisation_name", one.organisation))
            if text
        }
        for one in placed
    }
    own = [entry for entry in written if not entry.get("placement_id")]
    started = [
        {**called.get(entry["placement_id"], {}), **about.get(entry["placement_id"], {}), **entry}
        for entry in effective
        if entry.get("placement_id")
    ]
    return {**profile, "facts": {**profile["facts"], "portfolio": own + started}}
