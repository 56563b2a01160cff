"""A planner that says the same again is stopped, whatever it says again: a sentence, a paragraph, its opening, a part of a description."""

from __future__ import annotations

import pytest

from planner_service.backend import Chunk
from planner_service.language.grammar import LEAST_DESCRIPTION
from planner_service.wire import Slot
from tests.unit.planner.scripted import ScriptedBackend
from tests.unit.planner.writing.test_answer import END, events_of, finish_of, tag, told

OPENING = "Once upon a time, a small red fox lived at the edge of a deep green wood. "
PARAGRAPH = f"{OPENING}It had heard of the sea from a gull, and it wished to see it with its own eyes. It set out at dawn."
VERSE = "Row, row, row your boat,\nGently down the stream.\nMerrily, merrily, merrily, merrily,\nLife is but a dream.\n"


def chunks(text: str, size: int) -> list[Chunk]:
    return [Chunk(text[at : at + size]) for at in range(0, len(text), size)]


@pytest.mark.parametrize("between", [" ", "\n\n", " Then it rained.\n\n"])
@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_paragraph_is_said_once_and_the_text_ends_before_it_comes_again(size: int, between: str):
    backend = ScriptedBackend(*chunks(f"{PARAGRAPH}{between}" * 4, size), END)
    events = await events_of(backend)
    assert told(events).strip() == f"{PARAGRAPH}{between}".strip()
    assert finish_of(events) == "stop"


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_paragraph_said_before_a_picture_does_not_come_again_after_it(size: int):
    more = chunks(f" It swam. {PARAGRAPH} It ran. {tag(2)} The end.", size)
    later = ((*more, END), (Chunk(f"{tag(2)} The end."), END))
    backend = ScriptedBackend(*chunks(f"{PARAGRAPH}{tag(1)}", size), END, later=later)
    events = await events_of(backend, least_images=2, most_images=2, max_output_tokens=4096)
    assert told(events) == f"{PARAGRAPH}[0] It swam.[1] The end."


async def test_no_text_after_a_picture_opens_as_the_answer_did():
    text = f"{OPENING}{tag(1)} {OPENING}It ran. {tag(2)}"
    events = await events_of(ScriptedBackend(Chunk(text), END), most_images=2)
    assert told(events).strip() == f"{OPENING}[0]"


async def test_short_lines_that_take_turns_are_a_loop_too():
    lines = "The first picture is:\n\nThe second picture is:\n\n"
    events = await events_of(ScriptedBackend(Chunk(f"Look. {lines * 9}"), END))
    assert told(events).count("The first picture") <= 3


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_a_song_keeps_its_chorus_and_a_story_its_refrain(size: int):
    refrain = "And on and on it walked until the sun went down behind the hills.\n"
    text = f"{VERSE}We row by day.\n{VERSE}We row by night.\n{VERSE}{refrain}It slept.\n{refrain}It woke."
    assert told(await events_of(ScriptedBackend(*chunks(text, size), END))) == text


FOX = "A small red fox stands on a wide sandy beach. Its scarf is blue."


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("again", [f" {FOX}", "\n\nA small red fox stands on a wide sandy beach. "])
async def test_a_description_keeps_what_it_said_first_and_the_plan_goes_on(size: int, again: str):
    backend = ScriptedBackend(
        *chunks(f"Once. {tag(1, FOX + again * 4)} It swam. {tag(2, FOX)} The end.", size),
        END,
        later=((Chunk(f" It swam. {tag(2, FOX)} The end."), END),),
    )
    events = await events_of(backend, least_images=2, most_images=2, max_output_tokens=4096)
    assert told(events) == "Once. [0] It swam. [1] The end."
    assert [event.description for event in events if isinstance(event, Slot)] == [FOX, FOX]


@pytest.mark.parametrize(
    ("again", "kept"),
    [
        ("a gentle one, ", "The moon: a gentle lover, a gentle one, a gentle one"),
        ("a gentle one and ", "The moon: a gentle lover, a gentle one and"),
    ],
)
async def test_a_description_that_goes_round_early_is_still_long_enough_for_one(again: str, kept: str):
    description = f"The moon: a gentle lover, {again * 14}"
    backend = ScriptedBackend(Chunk(f"{OPENING}{tag(1, description)} It ends."), END)
    [slot] = [event for event in await events_of(backend) if isinstance(event, Slot)]
    assert slot.description == kept
    assert len(kept) >= LEAST_DESCRIPTION


async def test_a_description_that_goes_round_in_one_sentence_says_its_phrase_once():
    endless = "A red fox on a beach" + ", with a blue scarf and a hat" * 30
    [slot] = [
        event
        for event in await events_of(ScriptedBackend(*chunks(tag(1, endless), 5), END, later=((END,),)))
        if isinstance(event, Slot)
    ]
    assert slot.description == "A red fox on a beach, with a blue scarf and a hat"


@pytest.mark.parametrize("size", [1, 5])
async def test_a_sentence_that_begins_as_another_did_is_no_repetition(size: int):
    beach = "A small red fox stands on a wide sandy beach"
    description = f"{beach}. {beach} at dusk, and looks at the sea."
    text = f"{OPENING}{OPENING[:40]}in a house. {tag(1, description)}"
    events = await events_of(ScriptedBackend(*chunks(text, size), END))
    assert told(events) == f"{OPENING}{OPENING[:40]}in a house. [0]"
    assert [event.description for event in events if isinstance(event, Slot)] == [description]
