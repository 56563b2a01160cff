"""Where text ends: nothing is said for ever, and what is cut trails off."""

from __future__ import annotations

import pytest

from planner_service.backend import Chunk
from planner_service.wire import (
    TextPart,
)
from tests.unit.planner.scripted import ScriptedBackend, events_of
from tests.unit.planner.writing.telling import CUT, END, HINDI, finish_of, tag, told


async def test_a_sentence_that_has_its_own_mark_is_not_said_for_ever():
    backend = ScriptedBackend(Chunk(HINDI.format("हर") * 20), END)
    assert told(await events_of(backend)).count("लोमड़ी") == 2


async def test_text_that_the_budget_ends_stops_after_a_sentence_or_trails_off():
    whole = await events_of(ScriptedBackend(Chunk("It is done. "), CUT))
    assert (told(whole), finish_of(whole)) == ("It is done. ", "length")
    half = await events_of(ScriptedBackend(Chunk("It is done. The fox went ho"), CUT))
    assert told(half) == "It is done. The fox went ho…"


@pytest.mark.parametrize(
    "sentence", ["The fox looked at the wide blue sea. ", "Gladly. ", "Here it is, for you.\n"]
)
async def test_a_planner_that_says_the_same_for_ever_is_stopped(sentence: str):
    backend = ScriptedBackend(Chunk("Well then, once upon a time. "), *[Chunk(sentence)] * 50, END)
    events = await events_of(backend)
    assert told(events).count(sentence) <= 4
    assert finish_of(events) == "stop"


async def test_a_loop_of_several_sentences_ends_and_the_picture_owed_comes():
    loop = "Here is a story in three pictures. Of course I will tell it. Gladly and at once. "
    backend = ScriptedBackend(*[Chunk(loop)] * 9, later=((Chunk(f"{tag(1)}It ends."), END),))
    events = await events_of(backend, least_images=1, most_images=1, max_output_tokens=4096)
    assert told(events).count("Here is") == 3
    assert told(events).endswith("[0]It ends.")


async def test_an_answer_whose_end_would_repeat_what_was_said_has_an_end_all_the_same():
    said = "The fox looked at the wide blue sea. "
    end = (Chunk(f"{said}{said}"), END)
    script = Chunk(f"{said}It ran. {said}It sat. {said}{tag(1)}{said}"), END
    events = await events_of(
        ScriptedBackend(*script, later=(end,), is_explained=True), least_images=1, most_images=1
    )
    assert told(events).endswith(f"[0]{said.strip()}")


async def test_code_may_repeat_its_lines():
    code = "```\n" + "assert response.status_code == 200\n" * 8 + "```\nDone."
    assert told(await events_of(ScriptedBackend(Chunk(code), END))) == code


async def test_a_sentence_said_before_the_break_is_not_said_for_ever_after_it():
    said = "The fox looked at the wide blue sea. "
    backend = ScriptedBackend(Chunk(said), Chunk(said), END)
    assert told(await events_of(backend, written=(TextPart(text=said * 2),))) == ""


async def test_a_helped_planner_that_ends_in_the_middle_of_a_sentence_trails_off():
    backend = ScriptedBackend(
        Chunk("Once upon a time"),
        END,
        later=((Chunk(f"{tag(1)}And then the fox"), END),),
        is_explained=True,
    )
    events = await events_of(backend, least_images=1, most_images=1)
    assert told(events) == "Once upon a time[0]And then the fox\u2026"


LOOP = (
    "The story goes that the fox was found in a sea, and it was a very special place"
    + ", and it was very special" * 40
)


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
async def test_a_sentence_that_goes_round_in_a_circle_trails_off_and_the_picture_owed_is_opened(size: int):
    chunks = [Chunk(LOOP[at : at + size]) for at in range(0, len(LOOP), size)]
    backend = ScriptedBackend(*chunks, CUT, later=((Chunk(f"{tag(1)} The end."), END),))
    events = await events_of(backend, least_images=1, most_images=1, max_output_tokens=2048)
    text, _, end = told(events).partition("[0]")
    assert end == " The end."
    assert text.endswith("\u2026")
    assert text.count("very special") == 5
