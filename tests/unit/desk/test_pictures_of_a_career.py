"""Where the parts of a career's pictures are drawn."""

import json
from datetime import date

import pytest
from contracts.facts import PortfolioEntry
from desk.domain.pictures import WIDTH, bar, box, time_line

TODAY = date(2026, 11, 24)


def an_entry(started_on: str, ended_on: str | None, placement_id: str | None = None) -> PortfolioEntry:
    entry = {"organisation_type": "gemeente", "level": "medior", "started_on": started_on}
    entry |= {"ended_on": ended_on, "placement_id": placement_id}  # type: ignore[dict-item]
    return PortfolioEntry.model_validate_json(json.dumps(entry))


def test_the_parts_of_a_bar_fill_it_the_longest_first() -> None:
    parts = bar({"provincie": 12.0, "gemeente": 36.0})
    assert [(one.name, one.x, one.width, one.share) for one in parts] == [
        ("gemeente", 0.0, 480.0, 0.75),
        ("provincie", 480.0, 160.0, 0.25),
    ]
    assert bar({}) == ()


@pytest.mark.parametrize("own", [0, 8000, 9200, 100_000])
def test_a_box_keeps_its_order_and_stays_within_the_picture(own: int) -> None:
    found = box(9000, 9200, 9800, own)
    assert 0 < found.p25 < found.p50 < found.p75 < WIDTH
    assert 0 < found.own < WIDTH
    assert (found.own < found.p25) is (own < 9000)


def test_a_box_of_one_amount_is_drawn_in_the_middle() -> None:
    found = box(9000, 9000, 9000, 9000)
    assert {found.p25, found.p50, found.p75, found.own} == {WIDTH / 2}


def test_a_time_line_shows_work_of_24_months_and_days_to_come() -> None:
    placement = "0190a000-0000-7000-8000-0000000000aa"
    entries = [
        an_entry("2010-01-01", "2012-01-01"),
        an_entry("2020-01-01", "2025-11-24"),
        an_entry("2026-10-24", None, placement),
    ]
    line = time_line(entries, TODAY, date(2026, 12, 24), date(2099, 1, 1))
    assert [start for start, _ in line.work] == [0.0, pytest.approx(491.6, abs=1)]
    start, width = line.work[1]
    ends = line.placement_ends or 0
    assert ends == pytest.approx(start + width, abs=0.2)
    assert line.today < ends < WIDTH
    assert line.first_start == WIDTH
