"""Calibration finds the batch that still pays, and what its rows weigh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.visualizer.engine.fakes import FakeFamily
from tests.unit.visualizer.engine.families import tiny
from visualizer_service.calibrate import cap_table
from visualizer_service.engine.caps import Caps, CapTable, table_of
from visualizer_service.engine.load import load_family


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
    assert (found.tokens, found.rows, found.row_bytes) == (64, cap, 10)


def test_pictures_with_references_are_measured_apart() -> None:
    family = FakeFamily()
    family.limits = family.limits.model_copy(update={"most_references": 4})
    table = cap_table(family, [(64, 64)], 8, clock(family, lambda rows: 1.0))
    assert [cap.tokens for cap in table.caps] == [64, 128, 320]


def test_the_cap_stays_below_what_memory_holds_and_a_size_that_never_fits_has_none() -> None:
    family = FakeFamily(fits=3)
    (found,) = cap_table(family, [(64, 64)], 8, clock(family, lambda rows: 1.0)).caps
    assert found.rows == 2
    family.fits = 0
    assert cap_table(family, [(64, 64)], 8, clock(family, lambda rows: 1.0)).caps == ()


@pytest.mark.parametrize("make", [tiny.flux1, tiny.stable_diffusion], ids=["in blocks", "generic"])
def test_a_model_that_shares_no_calls_is_measured_one_picture_at_a_time(
    make: Callable[[Path], Path], tmp_path: Path
) -> None:
    family = load_family(str(make(tmp_path)))

    def stopwatch(call: Callable[[], None]) -> tuple[float, int]:
        call()
        return 1.0, 10

    caps = cap_table(family, [(64, 64)], 8, stopwatch).caps
    assert [(cap.rows, cap.row_bytes) for cap in caps] == [(1, 10)]
    family.close()


def test_a_worker_reads_the_table_back(tmp_path: Path) -> None:
    family = FakeFamily()
    table = cap_table(family, [(64, 64), (128, 64)], 4, clock(family, lambda rows: float(rows)))
    file = tmp_path / "caps.json"
    file.write_text(table.model_dump_json(), encoding="utf-8")
    caps = Caps(8, CapTable.read(file))
    assert [caps.rows(tokens) for tokens in (60, 64, 100, 128, 200)] == [1, 1, 1, 1, 1]
    assert [caps.row_bytes(tokens) for tokens in (64, 256)] == [10, 20]


def test_without_a_table_large_pictures_are_drawn_alone() -> None:
    caps = Caps(8)
    text = 512
    assert [caps.rows(text + (side // 16) ** 2) for side in (256, 512, 768, 1024)] == [8, 4, 2, 1]


def test_what_was_measured_on_a_device_is_shipped_for_it_and_a_file_goes_before_it(tmp_path: Path) -> None:
    h100, model = "NVIDIA H100 80GB HBM3", "black-forest-labs/FLUX.2-klein-4B"
    shipped = table_of(model, h100, None)
    assert shipped is not None
    assert [Caps(8, shipped).rows(tokens) for tokens in (768, 1536, 4608, 9000)] == [8, 4, 1, 1]
    assert table_of(model, "another device", None) is None
    file = tmp_path / "caps.json"
    file.write_text(CapTable(model=model, device=h100).model_dump_json(), encoding="utf-8")
    assert table_of(model, h100, file) == CapTable(model=model, device=h100)


def test_too_little_memory_lowers_the_caps_of_rows_as_long_and_of_longer_ones_only() -> None:
    caps = Caps(8)
    caps.lower(600, tried=6)
    assert [caps.rows(tokens) for tokens in (100, 599, 600, 700)] == [8, 8, 3, 3]
