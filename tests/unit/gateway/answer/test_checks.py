"""Counts and sizes: what follows from a request, and what cannot be done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.answer.checks import ImageCounts, fit_size, fit_steps, image_counts
from gateway.answer.errors import InvalidRequest
from visualizer_service.wire import Limits

FREE = Limits(default_size=(512, 512), most_references=4, default_steps=4, most_steps=8)
LISTED = FREE.model_copy(update={"sizes": ((128, 128), (192, 128)), "default_size": (128, 128)})


@pytest.mark.parametrize(
    ("mode", "least", "most", "counts"),
    [
        ("auto", None, None, (0, 8)),
        ("text", None, None, (0, 0)),
        ("image", None, None, (1, 1)),
        ("image", 3, None, (3, 3)),
        ("image", None, 4, (1, 4)),
        ("interleaved", None, None, (1, 8)),
        ("interleaved", 2, 3, (2, 3)),
        ("auto", 8, None, (8, 8)),
        ("auto", None, 0, (0, 0)),
    ],
)
def test_counts_follow_from_the_mode(mode, least, most, counts):
    assert image_counts(mode, least, most, cap=8) == ImageCounts(*counts)


@given(
    st.sampled_from(["auto", "text", "image", "interleaved"]),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 12),
)
def test_counts_are_possible_or_refused_by_field(mode, least, most):
    try:
        counts = image_counts(mode, least, most, cap=8)
    except InvalidRequest as error:
        refused = error.param
    else:
        assert 0 <= counts.least <= counts.most <= 8
        assert (counts.most == 0) or mode != "text"
        refused = "most_images"
    assert refused in ("least_images", "most_images")


@pytest.mark.parametrize(
    ("size", "limits", "fits"),
    [
        ("auto", FREE, (512, 512)),
        ("64x2048", FREE, (64, 2048)),
        ("192x128", LISTED, (192, 128)),
        ("auto", LISTED, (128, 128)),
    ],
)
def test_a_size_that_can_be_drawn_is_taken(size, limits, fits):
    assert fit_size(size, "size", limits) == fits


@pytest.mark.parametrize(
    ("size", "limits", "words"),
    [
        ("48x64", FREE, "between 64 and 2048"),
        ("64x2064", FREE, "between 64 and 2048"),
        ("100x64", FREE, "multiples of 16"),
        ("128x192", LISTED, "128x128, 192x128"),
    ],
)
def test_another_size_is_refused_with_those_allowed(size, limits, words):
    with pytest.raises(InvalidRequest, match=words) as refused:
        fit_size(size, "size", limits)

    assert refused.value.param == "size"
    assert size in refused.value.message


@pytest.mark.parametrize(("quality", "steps"), [("auto", None), ("low", 10), ("medium", 20), ("high", 30)])
def test_a_quality_is_a_share_of_the_models_own_steps_within_its_limits(quality, steps):
    limits = FREE.model_copy(update={"default_steps": 20, "least_steps": 2, "most_steps": 30})

    assert fit_steps(quality, "quality", limits) == steps


@pytest.mark.parametrize("quality", ["low", "medium", "high"])
def test_a_quality_is_refused_where_the_model_takes_one_number_of_steps(quality):
    distilled = FREE.model_copy(update={"least_steps": 4, "most_steps": 4})

    with pytest.raises(InvalidRequest) as refused:
        fit_steps(quality, "tools[0].quality", distilled)
    assert refused.value.param == "tools[0].quality"
    assert f"is {quality}; it must be auto, for the model here draws in 4 steps" in refused.value.message
    assert fit_steps("auto", "quality", distilled) is None
