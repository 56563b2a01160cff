"""What becomes of plans that were written without the grammar."""

from __future__ import annotations

import pytest

from planner_service.check import PlanReader
from planner_service.errors import MalformedPlan
from planner_service.language import Language
from planner_service.segmenter import Segment
from planner_service.wire import Slot, SlotOpen, TextDelta

FREE = Language(least=0, most=2, known=("in1",), sizes=("128x128",))


def read(language: Language, plan: str, *, cut: bool = False) -> list[Segment]:
    reader = PlanReader(language)
    return [*reader.feed(plan), *reader.finish(cut=cut)]


def test_references_to_pictures_that_are_not_there_are_dropped():
    plan = '<imagine refs="in1,in2,img1,in1">a fox</imagine><imagine refs="img1,img2">it</imagine>'
    slots = [event for event in read(FREE, plan) if isinstance(event, Slot)]
    assert [slot.references for slot in slots] == [("in1",), ("img1",)]


def test_no_more_than_four_references_are_kept():
    many = Language(least=0, most=1, known=tuple(f"in{n}" for n in range(1, 8)))
    [_, slot] = read(many, '<imagine refs="in1,in2,in3,in4,in5">a group</imagine>')
    assert isinstance(slot, Slot)
    assert slot.references == ("in1", "in2", "in3", "in4")


def test_a_size_that_was_not_offered_is_left_to_the_gateway():
    plan = '<imagine size="128x128">a fox</imagine><imagine size="64x64">an owl</imagine>'
    assert [event.size for event in read(FREE, plan) if isinstance(event, Slot)] == ["128x128", None]


def test_slots_beyond_the_most_are_left_out_and_the_text_around_them_kept():
    events = read(FREE, "a<imagine>1</imagine>b<imagine>2</imagine>c<imagine>3</imagine>d")
    assert [type(event) for event in events] == [
        TextDelta,
        SlotOpen,
        Slot,
        TextDelta,
        SlotOpen,
        Slot,
        TextDelta,
        TextDelta,
    ]
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == "abcd"


def test_text_is_left_out_where_only_pictures_are_wanted():
    events = read(Language(least=1, most=1, has_text=False), "Here it is: <imagine>a fox</imagine> Enjoy!")
    assert events == [SlotOpen(index=0), Slot(index=0, description="a fox")]


def test_a_plan_with_fewer_slots_than_asked_for_is_refused():
    with pytest.raises(MalformedPlan):
        read(Language(least=1, most=2), "No pictures today.")


def test_a_plan_cut_by_its_length_limit_may_have_fewer_slots():
    assert read(Language(least=1, most=2), "No pictures y", cut=True) == [TextDelta(text="No pictures y")]
