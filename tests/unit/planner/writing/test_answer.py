"""What is made of what a planner writes: the pictures owed come, where sentences end, and none more than the most."""

from __future__ import annotations

import pytest

from planner_service.backend import Chunk
from planner_service.wire import (
    PicturePart,
    PlanDone,
    PlanUsage,
    TextPart,
)
from tests.unit.planner.scripted import FOX, ScriptedBackend, events_of
from tests.unit.planner.writing.telling import END, HINDI, finish_of, tag, told


async def test_a_picture_that_is_owed_is_opened_at_the_end_of_the_sentence_where_text_passes_its_share():
    ramble = (
        "Once there was a fox. " * 2 + "She walked. " * 2 + "She ran. " * 2 + "It rained and rained. Then"
    )
    backend = ScriptedBackend(Chunk(ramble), later=((Chunk(f"{tag(1)} The end."), END),))
    events = await events_of(backend, least_images=1, most_images=1, max_output_tokens=80)
    assert told(events).endswith(".[0] The end.")
    assert finish_of(events) == "stop"
    first, second = backend.stretches
    assert (first.begins, second.begins) == ("text", "slot")
    assert second.prefix == told(events).partition("[0]")[0]
    assert first.most_tokens < 80


async def test_every_chunking_of_the_same_text_makes_the_same_answer():
    ramble = "Once there was a fox. She walked far and wide in the wood. " * 2 + "It rained. Then the sun"
    answers = set()
    for size in (1, 2, 5, 200):
        chunks = [Chunk(ramble[at : at + size]) for at in range(0, len(ramble), size)]
        backend = ScriptedBackend(*chunks, END, later=((Chunk(f"{tag(1)} The end."), END),))
        answers.add(told(await events_of(backend, least_images=1, most_images=1, max_output_tokens=120)))
    assert len(answers) == 1


THAI = "สุนัขจิ้งจอกตัวที่ {} เดินไปทะเลสีคราม "


@pytest.mark.parametrize("sentence", [HINDI, THAI], ids=["Hindi", "Thai"])
@pytest.mark.parametrize("size", [1, 7, 5000])
async def test_a_picture_is_opened_whatever_ends_sentences_in_the_language(size: int, sentence: str):
    ramble = "".join(sentence.format(number) for number in range(50))
    chunks = [Chunk(ramble[at : at + size]) for at in range(0, len(ramble), size)]
    backend = ScriptedBackend(*chunks, END, later=((Chunk(tag(1)), END),))
    events = await events_of(backend, least_images=1, most_images=1, max_output_tokens=400)
    text, _, rest = told(events).partition("[0]")
    share = (400 - 48) // 2 * 3
    assert share <= len(text.encode()) < share + 600
    assert ramble.startswith(text)
    assert ramble[len(text)] == " "
    assert rest == ""


async def test_a_sentence_that_a_picture_would_cut_is_finished_first():
    backend = ScriptedBackend(
        Chunk(f"The fox saw the {tag(1)} never read"),
        later=((Chunk("wide sea. Then it"), END), (Chunk(f"{tag(1)} It was blue."), END)),
    )
    events = await events_of(backend)
    assert told(events) == "The fox saw the wide sea.[0] It was blue."
    assert [stretch.begins for stretch in backend.stretches] == ["text", "sentence", "slot"]


@pytest.mark.parametrize(
    "before", ["See:", "**The sea**\n", "Go! ", '"Go," it said. ', "- salt\n", "大海。", "\n\n"]
)
async def test_a_picture_may_open_wherever_a_sentence_or_line_is_over(before: str):
    backend = ScriptedBackend(Chunk(f"{before}{tag(1)}"), END)
    assert told(await events_of(backend)) == f"{before}[0]"
    assert len(backend.stretches) == 1


async def test_a_planner_that_stops_before_it_drew_or_ended_is_asked_for_the_rest():
    backend = ScriptedBackend(
        Chunk("Once there was a fox."),
        END,
        later=((Chunk(tag(1)), END), (Chunk("The end. More"), END)),
        is_explained=True,
    )
    events = await events_of(backend, least_images=1, most_images=1)
    assert told(events) == "Once there was a fox.[0]The end."
    assert [stretch.begins for stretch in backend.stretches] == ["text", "slot", "sentence"]
    assert isinstance(events[-1], PlanDone)
    assert events[-1].usage == PlanUsage(input_tokens=5, output_tokens=19), "the words kept, one token each"


async def test_a_planner_trained_on_the_language_may_end_with_a_picture():
    backend = ScriptedBackend(Chunk(f"Once. {tag(1)}"), END)
    assert told(await events_of(backend, least_images=1, most_images=1)) == "Once. [0]"
    assert backend.stretches[0].owes_text == (False, False)


@pytest.mark.parametrize("size", [1, 3, 200])
async def test_a_trained_planner_that_wants_a_picture_more_than_the_most_ends_there(size: int):
    said = f"Once. {tag(1)} At last it slept.{tag(2)} Gladly. Here is a tale. Once more."
    script = [Chunk(said[at : at + size]) for at in range(0, len(said), size)]
    events = await events_of(ScriptedBackend(*script, END), most_images=1)
    assert (told(events), finish_of(events)) == ("Once. [0] At last it slept.", "stop")
    explained = await events_of(ScriptedBackend(*script, END, is_explained=True), most_images=1)
    assert told(explained).endswith("Once more.")
    alone = await events_of(ScriptedBackend(*script, END), mode="text")
    assert told(alone).endswith("Once more.")


async def test_a_sentence_before_a_picture_more_than_the_most_is_finished():
    backend = ScriptedBackend(
        Chunk(f"Once. {tag(1)} At last it<imagine>"), later=((Chunk(" slept. Then"), END),)
    )
    events = await events_of(backend, most_images=1)
    assert (told(events), finish_of(events)) == ("Once. [0] At last it slept.", "stop")


@pytest.mark.parametrize("size", [1, 3, 100])
async def test_a_stop_string_ends_the_text_before_it_and_is_not_looked_for_in_descriptions(size: int):
    text = f"One END two. {tag(1, f'{FOX} STOP')} three STOP four"
    chunks = [Chunk(text[at : at + size]) for at in range(0, len(text), size)]
    events = await events_of(ScriptedBackend(*chunks, END), stop=("STOP", "STOPWATCH"))
    assert told(events) == "One END two. [0] three "
    assert finish_of(events) == "stop"


async def test_a_plan_goes_on_from_what_was_written_with_the_next_slot():
    written = (
        TextPart(text="Once. "),
        PicturePart(id="img1", description=FOX),
        TextPart(text=" Then "),
    )
    backend = ScriptedBackend(Chunk(f"it rained. {tag(2)} The end."), END)
    events = await events_of(backend, written=written, least_images=2, most_images=2)
    assert told(events) == "it rained. [1] The end."
    [stretch] = backend.stretches
    assert (stretch.language.least, stretch.language.drawn_before) == (1, 1)
    assert stretch.language.known == ("img1",)


async def test_a_plan_may_pause_after_each_picture():
    backend = ScriptedBackend(Chunk(f"Once. {tag(1)} never"), Chunk(" read"))
    events = await events_of(backend, pauses=True, least_images=2)
    assert told(events) == "Once. [0]"
    assert finish_of(events) == "picture"
