"""Versions, cursors and pointers."""

from uuid import UUID

import pytest
from chassis.http.problems import Problem, pointer
from chassis.http.requests import check_version, page, read_cursor, write_cursor


@pytest.mark.parametrize("condition", ['"3"', '"2", "3"', "*"])
def test_a_condition_that_names_the_present_version_passes(condition: str) -> None:
    check_version(condition, 3)


@pytest.mark.parametrize("condition", ['"2"', "3", 'W/"3"', "", '"x"'])
def test_any_other_condition_is_stale(condition: str) -> None:
    with pytest.raises(Problem) as problem:
        check_version(condition, 3)
    assert problem.value.status == 412


@pytest.mark.parametrize("cursor", ["", "onzin", "é", "AAAA", write_cursor("geen uuid")])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Problem) as problem:
        read_cursor(cursor, UUID)
    assert problem.value.status == 422


async def test_pages_follow_each_other_to_the_end() -> None:
    async def fetch(after: int | None, rows: int) -> list[int]:
        start = 0 if after is None else after + 1
        return list(range(start, min(start + rows, 7)))

    seen, cursor = [], None
    for _ in range(4):
        items, cursor = await page(fetch, 2, cursor, int, str)
        seen += items
    assert seen == list(range(7))
    assert cursor is None


def test_a_pointer_is_escaped_as_rfc_6901_says() -> None:
    assert pointer(("facts", "a/b", "c~d", 0)) == "/facts/a~1b/c~0d/0"
