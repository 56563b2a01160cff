"""The `openai` backend against a server that says what it is told to."""

from __future__ import annotations

import pytest

from planner_service.wire import (
    PLAN_EVENT,
    PlanDone,
    PlanUsage,
    ReasoningDelta,
    Slot,
    SlotOpen,
    TextDelta,
)
from tests.unit.planner.engines.planning import LONG, backend_of
from tests.unit.planner.engines.upstream_server import Upstream
from tests.unit.planner.scripted import FOX, events_of


async def test_a_plan_of_an_upstream_server_is_read_and_its_tokens_counted():
    async with backend_of(Upstream("A fox. <imag", "ine>A red fox.</imagine>")) as backend:
        assert await backend.ready()
        assert await events_of(backend) == [
            TextDelta(text="A fox. "),
            SlotOpen(index=0),
            Slot(index=0, description="A red fox."),
            PlanDone(finish_reason="stop", usage=PlanUsage(input_tokens=9, output_tokens=4)),
        ]


async def test_references_to_nothing_and_slots_beyond_the_most_are_mended():
    plan = '<imagine refs="in9">one</imagine><imagine>two</imagine>'
    async with backend_of(Upstream(plan)) as backend:
        events = await events_of(backend, most_images=1)
    assert events[:-1] == [SlotOpen(index=0), Slot(index=0, description="one")]


async def test_a_slot_left_open_is_closed_at_the_end_and_dropped_at_the_limit():
    async with backend_of(Upstream("<imagine>A fox")) as backend:
        assert Slot(index=0, description="A fox") in await events_of(backend)
    async with backend_of(Upstream("<imagine>A fo", finish="length")) as backend:
        assert [type(event) for event in await events_of(backend)] == [SlotOpen, PlanDone]


async def test_how_tokens_are_chosen_is_passed_on_and_what_is_not_asked_for_is_left_out():
    upstream = Upstream("text")
    async with backend_of(upstream, instructions="off") as backend:
        asked = {
            "temperature": 0.5,
            "max_output_tokens": 77,
            "presence_penalty": 1.0,
            "logit_bias": {"7": -5.0},
        }
        await events_of(backend, **asked, top_k=3)
    [body] = upstream.bodies
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("m", 77, 0.5)
    assert (body["presence_penalty"], body["logit_bias"], body["top_k"]) == (1.0, {"7": -5.0}, 3)
    assert not {"top_p", "min_p", "structured_outputs"} & body.keys()
    assert body["messages"] == [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize("size", [1, 9, 500])
async def test_a_picture_that_the_model_counts_anew_is_the_one_that_is_referred_to(size: int):
    plan = (
        f'A fox. <imagine id="img1">{LONG}</imagine> It ran. <Imagine id="img2" refs="img1">{FOX}</Imagine>'
    )
    pieces = [plan[at : at + size] for at in range(0, len(plan), size)]
    earlier = [
        {"role": "user", "content": [{"type": "text", "text": "a cat"}]},
        {"role": "assistant", "content": [{"type": "picture", "id": "img1", "description": "A cat"}]},
        {"role": "user", "content": [{"type": "text", "text": "now a fox"}]},
    ]
    async with backend_of(Upstream(*pieces)) as backend:
        events = await events_of(backend, messages=earlier, drawn_before=1)
    assert [event.references for event in events if isinstance(event, Slot)] == [(), ("img2",)]


SPLIT = {
    "cut in two": (("A \ud83e", "\udd8a."), "A \U0001f98a."),
    "twice": (("A \ud83e", "", "\udd8a\ud83e", "\udd8a."), "A \U0001f98a\U0001f98a."),
    "a first half alone": (("A \ud83e", " fox."), "A \ufffd fox."),
    "a second half alone": (("A \udd8a fox.",), "A \ufffd fox."),
    "a half at the end": (("A fox.", "\ud83e"), "A fox.\ufffd"),
}


@pytest.mark.parametrize(("pieces", "whole"), SPLIT.values(), ids=SPLIT)
async def test_a_character_that_the_server_cuts_in_two_is_one_again(pieces: tuple[str, ...], whole: str):
    async with backend_of(Upstream(*pieces)) as backend:
        events = await events_of(backend)
    assert b"".join(map(PLAN_EVENT.dump_json, events))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == whole


@pytest.mark.parametrize(("pieces", "whole"), SPLIT.values(), ids=SPLIT)
async def test_so_is_one_in_a_thought_and_all_thoughts_are_told_before_the_text(
    pieces: tuple[str, ...], whole: str
):
    async with backend_of(Upstream("Once.", thoughts=pieces)) as backend:
        *events, text, _ = await events_of(backend, thinking=True)
    assert "".join(event.text for event in events if isinstance(event, ReasoningDelta)) == whole
    assert text == TextDelta(text="Once.")


async def test_thoughts_are_told_apart_and_only_if_asked_for():
    for thinking in (False, True):
        async with backend_of(Upstream("A fox.", thoughts=["Let me see."])) as backend:
            events = await events_of(backend, thinking=thinking)
        thoughts = [event.text for event in events if isinstance(event, ReasoningDelta)]
        assert thoughts == (["Let me see."] if thinking else [])
        assert TextDelta(text="A fox.") in events
