"""Descriptions that go round in a circle: what is taken of them."""

from __future__ import annotations

import pytest

from planner_service.language.grammar import LEAST_DESCRIPTION
from planner_service.writing.description import said_once


@pytest.mark.parametrize(
    "circle",
    ["the fox's wood and ", "गीली पहाड़ी पर लोमड़ी और ", "the sea-bird's nest, "],
    ids=["English", "Hindi", "parts"],
)
@pytest.mark.parametrize("before", range(8))
def test_a_circle_is_cut_between_words(circle: str, before: int):
    told = said_once("x" * before + " " + circle * 20)
    assert LEAST_DESCRIPTION <= len(told) < 3 * LEAST_DESCRIPTION
    words = {word.strip(",") for word in circle.split()} | {"x" * before}
    assert {word.strip(",") for word in told.split()} <= words
