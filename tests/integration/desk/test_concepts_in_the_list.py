"""Concepts stand in the list of opdrachten by the filters of the list, as the others do."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from chassis.database import Pool
from desk.pages import overview
from support.owned import Answering, desk_of

NOW = datetime.now(UTC).isoformat()
WIJK: dict[str, Any] = {
    "title": "Adviseur wijkregie",
    "organisation": {"name": "Gemeente Winterswijk"},
    "level": "senior",
    "urgency": "spoed",
    "recruiter": {"email": "Rosa@example.org"},
}
CONCEPTS = [WIJK, {"title": "Woordvoerder", "level": "medior", "urgency": "normaal"}, {"level": ["senior"]}]


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ("", ["Adviseur wijkregie", "Woordvoerder", "Zonder titel"]),
        ("&q=WIJK+winters", ["Adviseur wijkregie"]),
        ("&level=medior", ["Woordvoerder"]),
        ("&level=senior", ["Adviseur wijkregie"]),
        ("&spoed=1", ["Adviseur wijkregie"]),
        ("&mijn=1", []),
        ("&q=niets", []),
    ],
)
async def test_a_concept_is_listed_and_counted_where_the_filters_find_it(
    pool: Pool, filters: str, titles: list[str]
) -> None:
    owners = Answering()
    kept = {"missing": [], "errors": [], "updated_at": NOW}
    items = [{"draft_id": str(uuid4()), "fields": fields, **kept} for fields in CONCEPTS]
    owners.tell("GET", "/drafts", {"items": items})
    owners.tell("GET", "/draft-count", {"count": len(items)})
    async with desk_of(pool, owners, overview.router) as browser:
        page = (await browser.get(f"/opdrachten?tab=concept{filters}")).text
    listed = page.partition("<tbody>")[2]
    assert [
        title for title in ("Adviseur wijkregie", "Woordvoerder", "Zonder titel") if title in listed
    ] == titles
    assert f'>Concept <span class="count">{len(titles)}</span>' in page
