"""What there is of an answer when its tokens are few: pictures owed come, descriptions are whole."""

from __future__ import annotations

import pytest

from planner_service.backend import Chunk
from planner_service.errors import PlanRefused
from planner_service.wire import (
    Message,
    Slot,
    TextPart,
)
from planner_service.writing.budget import LEAST_TOKENS_PER_PICTURE
from tests.unit.planner.scripted import FOX, ScriptedBackend, events_of
from tests.unit.planner.writing.telling import CUT, END, finish_of, tag, told


async def test_pictures_still_owed_when_the_tokens_end_come_from_what_was_kept_back_for_them():
    later = ((Chunk(tag(1)), CUT), (Chunk(tag(2)), CUT), (Chunk("The end. "), CUT))
    backend = ScriptedBackend(Chunk("Once. A fox went"), CUT, later=later, is_explained=True)
    events = await events_of(backend, least_images=2, most_images=2, max_output_tokens=160)
    assert told(events).endswith("[0][1]The end.")
    assert [stretch.begins for stretch in backend.stretches] == ["text", "slot", "slot", "sentence"]
    assert [stretch.language.least for stretch in backend.stretches] == [2, 2, 1, 0]


async def test_a_description_that_the_tokens_end_is_closed_and_one_that_goes_on_and_on_too():
    backend = ScriptedBackend(Chunk(f'<imagine id="img1">{FOX}. The light is so'), CUT, later=((END,),))
    [_, slot, _] = await events_of(backend, mode="image", max_output_tokens=64)
    assert isinstance(slot, Slot)
    assert slot.description == f"{FOX}."
    endless = " ".join(f"A red fox sits by {number} trees." for number in range(200))
    backend = ScriptedBackend(Chunk('<imagine id="img1">'), Chunk(endless), later=((Chunk("Bye."), END),))
    events = await events_of(backend)
    assert told(events) == "[0]Bye."
    [slot] = [event for event in events if isinstance(event, Slot)]
    assert 500 < len(slot.description) < 1000
    assert slot.description.endswith("trees.")


@pytest.mark.parametrize("size", [7, 10_000])
async def test_a_picture_alone_is_the_whole_answer_however_long_its_description(size: int):
    sentences = [f"{number:02} Füchslein sitzen dort. " for number in range(100)]
    text = '<imagine id="img1">' + "".join(sentences)
    chunks = [Chunk(text[at : at + size]) for at in range(0, len(text), size)]
    events = await events_of(ScriptedBackend(*chunks), mode="image")
    assert finish_of(events) == "stop"
    [slot] = [event for event in events if isinstance(event, Slot)]
    assert slot.description == "".join(sentences[:35]).strip()


async def test_with_too_few_tokens_for_the_pictures_owed_a_plan_is_refused_and_told_the_least():
    least = 3 * LEAST_TOKENS_PER_PICTURE
    with pytest.raises(PlanRefused, match=rf"max_output_tokens: .* 3 pictures need at least {least}"):
        await events_of(ScriptedBackend(), least_images=3, max_output_tokens=least - 1)
    with pytest.raises(PlanRefused, match="room for 100 tokens") as caught:
        await events_of(ScriptedBackend(room_tokens=100), least_images=3)
    assert caught.value.code == "prompt_too_long"


async def test_with_little_room_a_picture_has_no_references_so_that_it_has_a_description():
    later = ((Chunk(tag(2)), END), (Chunk("The end. "), END))
    backend = ScriptedBackend(Chunk(f"Once. {tag(1)}"), CUT, later=later, is_explained=True)
    await events_of(backend, least_images=2, most_images=2, max_output_tokens=128)
    assert backend.stretches[1].begins == "slot"
    assert backend.stretches[1].language.known == ()


async def test_a_picture_owed_has_tokens_left_even_if_those_before_it_took_more_than_theirs():
    long = " ".join(f"word{number}" for number in range(120))
    backend = ScriptedBackend(
        Chunk(f"Look. {tag(1, long)}"), CUT, later=((Chunk(tag(2)), END), (Chunk("Bye for now."), END))
    )
    events = await events_of(backend, least_images=2, most_images=2, max_output_tokens=128)
    assert sum(isinstance(event, Slot) for event in events) == 2
    assert backend.stretches[1].most_tokens == 24


@pytest.mark.parametrize("said", ["1 2 3 4", "the sea at night, with a moon and starsand"])
async def test_a_description_is_a_sentence_long_even_if_the_tokens_end_in_it(said: str):
    opened = Chunk(f'Once. <imagine id="img1">{said}')
    closing = (Chunk("And that was it."), END)
    backend = ScriptedBackend(opened, CUT, later=(closing,), is_explained=True)
    asked = Message(
        role="user", content=(TextPart(text="A picture of the sea, please, with all that is in it."),)
    )
    events = await events_of(backend, messages=(asked,), least_images=1, most_images=1, max_output_tokens=64)
    (slot,) = [event for event in events if isinstance(event, Slot)]
    assert len(slot.description) >= 40
    assert slot.description.startswith((said[:4], "The sea"))
