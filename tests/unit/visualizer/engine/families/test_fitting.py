"""References come to few sizes, none larger than the model was trained for, and what is drawn here stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visualizer_service.engine.families.flux2.fitting import MOST_REFERENCE_PX, fitted


@pytest.mark.parametrize("size", [(1024, 1024), (512, 768), (128, 192), (64, 64), (96, 64)])
def test_sizes_that_are_drawn_here_stay(size: tuple[int, int]) -> None:
    assert fitted(size, 16) == size


@given(st.integers(1, 9000), st.integers(1, 9000))
def test_no_reference_is_too_large_or_gains_pixels(width: int, height: int) -> None:
    wide, high = fitted((width, height), 16)
    assert wide * high <= MOST_REFERENCE_PX
    assert (wide % 16, high % 16) == (0, 0)
    assert wide <= width
    assert high <= height


def test_photographs_of_many_sizes_share_few_layouts() -> None:
    sizes = {fitted((1600 + extra, 1200 - extra), 16) for extra in range(60)}
    assert len(sizes) <= 4


def test_a_speck_has_no_token() -> None:
    assert fitted((8, 64), 16) == (0, 64)
