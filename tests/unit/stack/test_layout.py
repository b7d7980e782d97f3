"""What is in the way of a start is told in a sentence."""

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from stack.example import shifted
from stack.layout import CannotStart, Layout


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=10, f_frsize=4096))
    monkeypatch.setattr(Layout, "ports", {})
    with pytest.raises(CannotStart, match=r"less than 1\.5 GB free"):
        Layout(8100, tmp_path).check_machine()


@pytest.mark.parametrize("base", ["", "80", "abc", "99999"])
def test_a_port_base_that_makes_no_sense_is_told(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_PORT_BASE", base)
    with pytest.raises(CannotStart, match="STACK_PORT_BASE must be"):
        Layout.from_environment()


def test_the_example_moves_with_the_days_and_keeps_the_time_of_day() -> None:
    from datetime import timedelta

    body = {"starts_on": "2027-01-31", "ends_on": None, "respond_by": "2027-03-20T12:00:00+01:00"}
    moved = shifted({"facts": [body]}, timedelta(days=14))["facts"][0]
    assert moved == {"starts_on": "2027-02-14", "ends_on": None, "respond_by": "2027-04-03T12:00:00+02:00"}
