"""Calibration finds the batch that still pays, and what its rows weigh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.visualizer.engine.fakes import FakeFamily
from visualizer_service.calibrate import cap_table
from visualizer_service.engine.caps import Caps, CapTable


def clock(
    family: FakeFamily, seconds: Callable[[int], float]
) -> Callable[[Callable[[], None]], tuple[float, int]]:
    """A stopwatch by which a step of n rows takes `seconds(n)` and 10 bytes a row."""

    def stopwatch(call: Callable[[], None]) -> tuple[float, int]:
        call()
        rows = len(family.calls[-1])
        return seconds(rows), 10 * rows

    return stopwatch


@pytest.mark.parametrize(
    ("seconds", "cap"),
    [(lambda rows: 1.0, 8), (lambda rows: float(rows), 1), (lambda rows: max(1.0, rows / 4), 4)],
    ids=["batching is free", "batching is worth nothing", "full at four"],
)
def test_the_cap_is_the_largest_batch_that_makes_its_pictures_faster(
    seconds: Callable[[int], float], cap: int
) -> None:
    family = FakeFamily()
    (found,) = cap_table(family, [(64, 64)], 8, clock(family, seconds)).caps
    assert (found.rows, found.row_bytes) == (cap, 10)


def test_the_cap_stays_below_what_memory_holds_and_a_size_that_never_fits_has_none() -> None:
    family = FakeFamily(fits=3)
    (found,) = cap_table(family, [(64, 64)], 8, clock(family, lambda rows: 1.0)).caps
    assert found.rows == 2
    family.fits = 0
    assert cap_table(family, [(64, 64)], 8, clock(family, lambda rows: 1.0)).caps == ()


def test_a_worker_reads_the_table_back(tmp_path: Path) -> None:
    family = FakeFamily()
    table = cap_table(family, [(64, 64), (128, 64)], 4, clock(family, lambda rows: float(rows)))
    file = tmp_path / "caps.json"
    file.write_text(table.model_dump_json(), encoding="utf-8")
    caps = Caps(8, CapTable.read(file))
    assert [caps.rows(64 * 64), caps.rows(128 * 64), caps.rows(64 * 100)] == [1, 1, 8]
    assert caps.row_bytes(64 * 64) == 10


def test_without_a_table_large_pictures_are_drawn_alone() -> None:
    caps = Caps(8)
    assert [caps.rows(512 * 512), caps.rows(1024 * 1024)] == [8, 1]
