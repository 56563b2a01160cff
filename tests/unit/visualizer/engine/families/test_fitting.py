"""References come to few sizes, none larger than the model was trained for, and what is drawn here stays as it is; specks and strips are refused."""

from __future__ import annotations

import pytest
from diffusers.pipelines.flux2.image_processor import Flux2ImageProcessor
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from visualizer_service.engine.families.flux2.fitting import check, fitted
from visualizer_service.engine.family import Rejected

MOST_PX = 1024**2


@pytest.mark.parametrize("size", [(1024, 1024), (512, 768), (128, 192), (64, 64), (96, 64)])
def test_sizes_that_are_drawn_here_stay(size: tuple[int, int]) -> None:
    assert fitted(size, 16, MOST_PX) == size


@given(st.integers(1, 9000), st.integers(1, 9000))
def test_no_reference_is_too_large_or_gains_pixels(width: int, height: int) -> None:
    wide, high = fitted((width, height), 16, MOST_PX)
    assert wide * high <= MOST_PX
    assert (wide % 16, high % 16) == (0, 0)
    assert wide <= width
    assert high <= height


def test_photographs_of_many_sizes_share_few_layouts() -> None:
    sizes = {fitted((1600 + extra, 1200 - extra), 16, MOST_PX) for extra in range(60)}
    assert len(sizes) <= 4


@pytest.mark.parametrize("size", [(64, 64), (512, 64), (64, 512), (4000, 500)])
def test_what_the_model_was_trained_for_is_taken(size: tuple[int, int]) -> None:
    check(size)


@pytest.mark.parametrize("size", [(63, 64), (64, 63), (1, 1), (1024, 63), (513, 64), (500, 4001)])
def test_specks_and_strips_are_refused_as_diffusers_refuses_them(size: tuple[int, int]) -> None:
    with pytest.raises(Rejected):
        check(size)
    with pytest.raises(ValueError, match=r"too small|too extreme"):
        Flux2ImageProcessor.check_image_input(Image.new("L", size))


def test_half_the_side_is_a_quarter_of_the_tokens() -> None:
    assert fitted((1024, 1024), 16, 512**2) == (512, 512)
    assert fitted((512, 512), 16, 512**2) == (512, 512)
