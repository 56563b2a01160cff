"""What a slot may name, whatever wrote it."""

from __future__ import annotations

import pytest

from planner_service.language.bounds import Language
from planner_service.language.check import repaired
from planner_service.wire import Slot

FREE = Language(least=0, most=2, known=("in1", "in3", "in4", "in5", "in6"), sizes=("128x128",))


@pytest.mark.parametrize(
    ("index", "written", "kept"),
    [
        (0, ("in1", "in2", "img1", "in1"), ("in1",)),
        (1, ("img1", "img2"), ("img1",)),
        (0, ("in1", "in3", "in4", "in5", "in6"), ("in1", "in3", "in4", "in5")),
    ],
    ids=["unknown or named twice", "itself", "more than four"],
)
def test_references_that_cannot_be_followed_are_dropped(
    index: int, written: tuple[str, ...], kept: tuple[str, ...]
):
    slot = Slot(index=index, description="a fox", references=written)
    assert repaired(slot, FREE).references == kept


@pytest.mark.parametrize(("size", "kept"), [("128x128", "128x128"), ("64x64", None), (None, None)])
def test_a_size_that_was_not_offered_is_left_to_the_gateway(size: str | None, kept: str | None):
    assert repaired(Slot(index=0, description="a fox", size=size), FREE).size == kept
