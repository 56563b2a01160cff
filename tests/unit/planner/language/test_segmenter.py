"""The parser: the events of a plan, alike under every chunking, and as early as they can be known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner_service.errors import MalformedPlan
from planner_service.language.segmenter import BLANK, Segment, Segmenter
from planner_service.wire import Slot, SlotOpen, TextDelta

PIECES = st.sampled_from(
    [
        "<imagine>",
        '<imagine refs="in1,img2" size="128x64">',
        "</imagine>",
        "<imagine",
        "</imagine",
        "<im",
        "<",
        ">",
        "/",
        " ",
        "\n",
        "fox",
        "imagine",
        "漢",
        '"',
    ]
)
PLANS = st.lists(PIECES | st.text(max_size=3), max_size=14).map("".join)


def merged(segments: list[Segment]) -> list[Segment]:
    """The same events with adjacent text deltas joined."""
    result: list[Segment] = []
    for segment in segments:
        if isinstance(segment, TextDelta) and result and isinstance(result[-1], TextDelta):
            result[-1] = TextDelta(text=result[-1].text + segment.text)
        else:
            result.append(segment)
    return result


def read(chunks: list[str], *, cut: bool = False) -> tuple[list[Segment], bool]:
    """The merged events of a plan, and whether it turned out malformed."""
    segmenter, events = Segmenter(), []
    try:
        for chunk in chunks:
            events.extend(segmenter.feed(chunk))
        events.extend(segmenter.finish(cut=cut))
    except MalformedPlan:
        return merged(events), True
    return merged(events), False


@given(PLANS, st.data(), st.booleans())
def test_any_chunking_of_a_plan_gives_the_same_events(plan: str, data: st.DataObject, cut: bool):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(plan)), max_size=8)))
    chunks = [plan[start:end] for start, end in zip([0, *cuts], [*cuts, len(plan)], strict=True)]
    whole, pieces, letters = read([plan], cut=cut), read(chunks, cut=cut), read(list(plan), cut=cut)
    assert whole == pieces == letters


@given(PLANS)
def test_no_text_is_lost_invented_or_reordered(plan: str):
    events, malformed = read([plan])
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    remaining = iter(plan)
    assert all(character in remaining for character in text)
    if not malformed and "<imagine" not in plan:
        assert text == plan


DESCRIPTIONS = st.text(min_size=1).filter(lambda text: text == text.strip(BLANK) and "<" not in text)


@given(st.text(), DESCRIPTIONS, st.text())
def test_a_slot_is_found_between_any_texts(before: str, description: str, after: str):
    before, after = before.replace("<", "("), after.replace("<", "(")
    events, malformed = read([f'{before}<imagine refs="in1" size="64x64">{description}</imagine>{after}'])
    slot = Slot(index=0, description=description, references=("in1",), size="64x64")
    texts = [[TextDelta(text=text)] if text else [] for text in (before, after)]
    assert not malformed
    assert events == [*texts[0], SlotOpen(index=0), slot, *texts[1]]


def test_only_what_may_start_a_tag_is_held_back():
    segmenter = Segmenter()
    assert list(segmenter.feed("one < two <b> <im")) == [TextDelta(text="one < two <b> ")]
    assert list(segmenter.feed("p, ")) == [TextDelta(text="<imp, ")]
    assert list(segmenter.feed("</imag")) == []
    assert list(segmenter.finish(cut=False)) == [TextDelta(text="</imag")]


def test_a_slot_opens_before_its_description_is_written():
    segmenter = Segmenter()
    assert list(segmenter.feed("<imagine>")) == [SlotOpen(index=0)]
    assert list(segmenter.feed("a fox</imagine")) == []
    assert list(segmenter.feed(">")) == [Slot(index=0, description="a fox")]


def test_attributes_are_read_leniently_and_unknown_ones_ignored():
    events, _ = read(["<imagine size='64x64' style=\"ink\" refs='in1; img2, fox'>a fox</imagine>"])
    assert events[1] == Slot(index=0, description="a fox", references=("in1", "img2"), size="64x64")


@pytest.mark.parametrize(
    "plan",
    [
        "text</imagine>",
        "<imagines>a fox</imagine>",
        "<imagine <b>a fox</imagine>",
        "<imagine>  </imagine>",
        "<imagine>a <imagine>fox</imagine>",
        "<imagine>a fox</imagine !>",
        "<imagine " + "x" * 600,
    ],
)
def test_a_plan_beyond_repair_is_malformed(plan: str):
    assert read([plan])[1]


def test_a_plan_that_ends_inside_a_slot_closes_it():
    assert read(["<imagine>a fox</imag"])[0][-1] == Slot(index=0, description="a fox")


def test_a_plan_that_is_cut_drops_what_is_unfinished():
    assert read(["text <imag"], cut=True)[0] == [TextDelta(text="text ")]
    assert read(["<imagine>a fo"], cut=True)[0] == [SlotOpen(index=0)]
