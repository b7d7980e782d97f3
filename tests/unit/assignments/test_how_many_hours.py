"""The busiest day of somebody's work, held against a count day by day."""

from datetime import date, timedelta

from contracts.workload import Work, busiest
from hypothesis import given
from hypothesis import strategies as st

START = date(2027, 1, 1)
DAYS = st.integers(0, 40).map(lambda days: START + timedelta(days=days))


@st.composite
def work(draw: st.DrawFn) -> Work:
    first = draw(DAYS)
    last = draw(st.none() | st.integers(0, 20).map(lambda days: first + timedelta(days=days)))
    return Work(draw(st.integers(1, 40)), first, last)


@given(st.lists(work(), max_size=8), DAYS, st.none() | DAYS)
def test_the_busiest_day_is_the_one_that_a_count_day_by_day_finds(
    found: list[Work], first: date, last: date | None
) -> None:
    end = START + timedelta(days=100) if last is None else last
    days = [first + timedelta(days=number) for number in range((end - first).days + 1)]
    counted = [
        sum(one.hours for one in found if one.first <= day and (one.last is None or day <= one.last))
        for day in days
    ]
    assert busiest(found, first, last) == max(counted, default=0)


def test_the_ends_of_time_are_days_like_others() -> None:
    assert busiest([Work(8, date.min, date.max), Work(4, date.max, None)], date.min) == 12


def test_who_begins_where_another_ends_is_beside_them_on_that_day_and_not_the_day_after() -> None:
    first = Work(20, START, START + timedelta(days=3))
    assert busiest([first, Work(20, START + timedelta(days=3), None)], START) == 40
    assert busiest([first, Work(20, START + timedelta(days=4), None)], START) == 20
