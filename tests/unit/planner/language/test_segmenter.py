"""The parser: the events of a plan, alike under every chunking, and as early as they can be known."""

from __future__ import annotations

import re

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
        "<Imagine>",
        "</IMAGINE",
        "</imagine >",
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
STRAY = re.compile(r"</imagine\s*(>|\Z)", re.IGNORECASE)
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
    if not malformed and "<imagine" not in plan.lower():
        assert text == STRAY.sub("", plan)


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
        "<imagines>a fox</imagine>",
        "<imagine <b>a fox</imagine>",
        "<imagine>  </imagine>",
        "<imagine>a <imagine>fox</imagine>",
        "<imagine>a fox</imagine !>",
        "<imagine>a <IMAGINE>fox</imagine>",
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


FOX = Slot(index=0, description="a fox", references=("in1",))
FORMS = {
    "capitals": '<Imagine Refs="in1">a fox</IMAGINE>',
    "a blank in the closing tag": '<imagine refs="in1">a fox</imagine >',
    "a line in it": '<imagine refs="in1">a fox</imagine\n >',
}


@pytest.mark.parametrize("tag", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_tags_in_other_forms_are_tags_wherever_they_are_cut(tag: str, size: int):
    plan = f"Once. {tag} The end."
    events, malformed = read([plan[at : at + size] for at in range(0, len(plan), size)])
    assert not malformed
    assert events == [TextDelta(text="Once. "), SlotOpen(index=0), FOX, TextDelta(text=" The end.")]


@pytest.mark.parametrize("stray", ["</imagine>", "</Imagine >", "</imagine></imagine>"])
@pytest.mark.parametrize("size", [1, 100])
def test_a_closing_tag_without_a_slot_is_left_out(stray: str, size: int):
    plan = f'<imagine refs="in1">a fox</imagine>{stray} It ran.{stray}'
    events = read([plan[at : at + size] for at in range(0, len(plan), size)])
    assert events == ([SlotOpen(index=0), FOX, TextDelta(text=" It ran.")], False)


def test_an_unfinished_closing_tag_in_another_form_is_no_part_of_a_description():
    segmenter = Segmenter()
    list(segmenter.feed("<imagine>a fox</Imagine "))
    assert segmenter.open_description == "a fox"


def test_a_name_that_only_begins_like_a_tag_in_capitals_is_text():
    assert read(["<Imagine", "Card a='b'/> is code"]) == (
        [TextDelta(text="<ImagineCard a='b'/> is code")],
        False,
    )
