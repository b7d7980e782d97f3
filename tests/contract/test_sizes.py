"""The pages on sizes say what the kept run of the bench says."""

import inspect
from pathlib import Path

import pytest
from chassis.database import open_pool
from performance import figures, sizing
from performance.growing import Measured, drawn, line, sizes
from performance.picture import draw
from performance.rows import alone, better, write


@pytest.mark.parametrize("file", sizing.PAGES, ids=lambda file: file.name)
def test_the_tables_are_those_of_the_kept_bench(file: Path) -> None:
    assert sizing.page(file.read_text(), figures.read()) == file.read_text(), (
        f"{file.name}: run `make sizing`"
    )


def test_every_table_is_in_a_page_and_in_one_place() -> None:
    assert sorted(sizing.names_in(sizing.PAGES)) == sorted(sizing.TABLES)


def test_another_bench_makes_other_tables() -> None:
    bench = figures.read()
    other = figures.Figures({name: 3 * value for name, value in bench.rows.items()})
    for name in sizing.TABLES.keys() - {"cost", "markets", "machine", "grown-said"}:
        assert sizing.TABLES[name](bench) != sizing.TABLES[name](other), name


def test_a_pods_connections_are_those_that_it_opens() -> None:
    assert inspect.signature(open_pool).parameters["size"].default == figures.POOL


def test_a_run_of_one_part_replaces_its_rows_and_leaves_the_others(tmp_path: Path) -> None:
    kept, measured = tmp_path / "kept", tmp_path / "measured"
    write([alone("a", 1, "s"), alone("b", 2, "s")], kept)
    write([alone("b", 3, "s"), alone("c", 4, "s")], measured)
    figures.keep(measured / "bench.json", kept / "bench.json")
    assert figures.read(kept / "bench.json").rows == {"a": 1, "b": 3, "c": 4}


def test_the_picture_is_that_of_the_kept_bench(tmp_path: Path) -> None:
    draw(figures.read(), tmp_path / "again.svg")
    assert (tmp_path / "again.svg").read_bytes() == sizing.PICTURE.read_bytes(), "run `make sizing`"


def test_what_is_promised_stands_beside_what_was_reached(tmp_path: Path) -> None:
    write([better("bulk_load", 3000, "events/s", "floor", 6000, more=True), alone("other", 1, "s")], tmp_path)
    said = sizing.promises(figures.read(tmp_path / "bench.json"))
    assert "| `bulk_load` | 3,000 events/s | `floor` | 6,000 events/s | 0.5 | ≥ 0.6 |" in said
    assert "other" not in said


def test_a_size_that_was_not_measured_lies_on_the_line() -> None:
    rows = {"growing_1m_memory": 300.0, "growing_2m_memory": 500.0, "growing_5m_memory": 1100.0}
    bench = figures.Figures(rows)
    assert bench.sizes() == [1_000_000, 2_000_000, 5_000_000]
    assert bench.of("memory", 20_000_000) == pytest.approx(4100)
    assert line([(1.0, 300.0), (2.0, 500.0)]) == pytest.approx((200, 100))


def test_what_the_machine_does_not_bear_is_drawn_and_the_page_says_so() -> None:
    measured = [
        Measured(size * 10**6, size * 160 * 2**20, size * 340 * 2**20, 4.0 * size, 9.0 * size, 90.0 * size)
        for size in (1, 2, 5)
    ]
    rows = {row.name: row.value for row in drawn(measured, 20_000_000)}
    assert rows["growing_measured_to"] == 5_000_000
    assert rows["growing_memory_each_million"] == 160
    assert rows["growing_20m_memory_drawn"] == 3200
    said = sizing.grown_said(figures.Figures(rows))
    assert "Measured up to 5,000,000" in said
    assert "20,000,000 take 3.1 GiB and 80 ms" in said
    assert "nothing" in sizing.grown_said(figures.Figures({"growing_measured_to": 20_000_000})).lower()


def test_growing_stops_at_what_is_wanted() -> None:
    assert sizes(3_000_000) == [10_000, 100_000, 1_000_000, 2_000_000, 3_000_000]
    assert sizes(500_000) == [10_000, 100_000, 500_000]
