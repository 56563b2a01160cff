"""The cast and what was asked for: hidden from the text, told, and put into descriptions."""

from __future__ import annotations

import pytest

from planner_service.backend import Chunk
from planner_service.wire import (
    CastTold,
    Figure,
    Message,
    Slot,
    TextPart,
)
from tests.unit.planner.scripted import FOX, ScriptedBackend, events_of
from tests.unit.planner.writing.telling import END, tag, told

CAST = (
    "<cast>\nMia = a girl in a yellow coat\nRex = an old grey dog\n</cast>\n<style>soft watercolour</style>\n"
)


@pytest.mark.parametrize("size", [1, 7, 500])
async def test_the_cast_is_hidden_told_and_put_into_every_description(size: int):
    text = (
        f"{CAST}Once. {tag(1, '@Mia waves at @rex, and @Mia smiles at @Tom')} End. {tag(2, 'An empty beach')}"
    )
    chunks = [Chunk(text[at : at + size]) for at in range(0, len(text), size)]
    events = await events_of(ScriptedBackend(*chunks, END, is_explained=True), preamble=True)
    figures = (
        Figure(name="Mia", looks="a girl in a yellow coat"),
        Figure(name="Rex", looks="an old grey dog"),
    )
    assert events[0] == CastTold(figures=figures, style="soft watercolour")
    assert told(events) == "Once. [0] End. [1]"
    assert [event.description for event in events if isinstance(event, Slot)] == [
        "Mia (a girl in a yellow coat) waves at Rex (an old grey dog), and Mia smiles at Tom. Style: soft watercolour",
        "An empty beach. Style: soft watercolour",
    ]


async def test_the_clients_own_cast_and_style_win():
    text = f"{CAST}Once. {tag(1, '@Mia and @Rex')}"
    mine = (Figure(name="mia", looks="a tall woman in green"),)
    backend = ScriptedBackend(Chunk(text), END, is_explained=True)
    events = await events_of(backend, preamble=True, cast=mine, style="charcoal")
    assert events[0] == CastTold(
        figures=(*mine, Figure(name="Rex", looks="an old grey dog")), style="charcoal"
    )
    [slot] = [event for event in events if isinstance(event, Slot)]
    assert slot.description == "mia (a tall woman in green) and Rex (an old grey dog). Style: charcoal"


async def test_a_stretch_that_goes_on_holds_the_cast_that_was_hidden():
    backend = ScriptedBackend(Chunk(f"{CAST}Once. "), END, later=((Chunk(tag(1)), END),), is_explained=True)
    await events_of(backend, preamble=True, least_images=1, most_images=1, mode="interleaved")
    assert backend.stretches[1].prefix == f"{CAST}Once. "


@pytest.mark.parametrize("fields", [{"preamble": False}, {"preamble": True, "mode": "text"}])
async def test_where_no_cast_is_wanted_its_marks_are_text(fields: dict[str, object]):
    assert (
        told(await events_of(ScriptedBackend(Chunk("<cast> of a play"), END, is_explained=True), **fields))
        == "<cast> of a play"
    )


async def test_a_description_that_wanders_from_what_was_asked_is_led_back_to_it():
    story = (
        Message(
            role="user", content=(TextPart(text="A story about a fox who finds the sea, with 3 pictures."),)
        ),
    )
    text = f"Once. {tag(1, 'A wooden table in a kitchen, seen from above')} {tag(2)}"
    backend = ScriptedBackend(Chunk(text), END, is_explained=True)
    slots = [
        event.description for event in await events_of(backend, messages=story) if isinstance(event, Slot)
    ]
    assert slots == ["A fox who finds the sea: A wooden table in a kitchen, seen from above", FOX]


async def test_the_description_of_a_picture_that_we_open_begins_with_what_was_asked():
    story = (Message(role="user", content=(TextPart(text="Explain how bread is baked in two images."),)),)
    backend = ScriptedBackend(Chunk("Well."), END, later=((Chunk(f"{tag(1)} So."), END),), is_explained=True)
    await events_of(backend, messages=story, least_images=1, most_images=1)
    assert backend.stretches[1].primer == "Bread is baked: "
