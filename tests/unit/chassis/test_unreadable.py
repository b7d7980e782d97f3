"""A row that cannot be read is set apart and counted until it is read."""

import pytest
from chassis.metrics import UNREADABLE_ROWS
from chassis.unreadable import UnreadableRow, forget, read_if_possible, read_row


def counted() -> float:
    (family,) = UNREADABLE_ROWS.collect()
    return sum(sample.value for sample in family.samples if sample.labels["table"] == "things")


def test_a_row_counts_once_until_it_is_read() -> None:
    for _ in range(2):
        with pytest.raises(UnreadableRow):
            read_row("things", 1, "new", int)
    assert read_if_possible("things", 2, "newer", int) is None
    assert counted() == 2
    assert read_row("things", 1, "7", int) == 7
    assert counted() == 1
    forget("things", [2, 3])
    assert counted() == 0


def test_the_log_tells_of_which_row_and_not_what_is_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_if_possible("secrets", 1, "06-12345678", int) is None
    said = capsys.readouterr().out
    assert "secrets" in said
    assert "06-12345678" not in said
    forget("secrets", [1])
