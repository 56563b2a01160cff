"""What is made of what a planner writes: the pictures owed come, no sentence is cut, nothing is said for ever."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry

from planner_service.backend import Chunk
from planner_service.errors import PlanRefused
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.wire import (
    CastTold,
    Figure,
    Message,
    PicturePart,
    PlanDone,
    PlanEvent,
    PlanFailed,
    PlanUsage,
    Slot,
    TextDelta,
    TextPart,
)
from planner_service.writing.budget import LEAST_TOKENS_PER_PICTURE
from tests.unit.planner.scripted import ScriptedBackend, plan_request

FOX = "a small red fox in a blue scarf on the beach at dusk"
USAGE = PlanUsage(input_tokens=5, output_tokens=3)
END = Chunk("", "stop", USAGE)
CUT = Chunk("", "length", USAGE)


def tag(number: int, description: str = FOX) -> str:
    return f'<imagine id="img{number}">{description}</imagine>'


async def events_of(backend: ScriptedBackend, **fields: object) -> list[PlanEvent]:
    plan = await Plans(backend, Metrics(CollectorRegistry()), 10).begin(plan_request(**fields))
    events: list[PlanEvent] = []
    while not events or not isinstance(events[-1], PlanDone | PlanFailed):
        events.extend(await plan.next_events())
    return events


def told(events: list[PlanEvent]) -> str:
    """The answer as one reads it: text, and `[n]` for its slots."""
    shown = (
        event.text if isinstance(event, TextDelta) else f"[{event.index}]"
        for event in events
        if isinstance(event, TextDelta | Slot)
    )
    return "".join(shown)


def finish_of(events: list[PlanEvent]) -> str:
    assert isinstance(events[-1], PlanDone), events[-1]
    return events[-1].finish_reason


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


HINDI = "एक लोमड़ी पहाड़ी पर रहती थी और {} सुबह सूरज को देखती थी। "
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


async def test_a_sentence_that_has_its_own_mark_is_not_said_for_ever():
    backend = ScriptedBackend(Chunk(HINDI.format("हर") * 20), END)
    assert told(await events_of(backend)).count("लोमड़ी") == 2


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


async def test_text_that_the_budget_ends_stops_after_a_sentence_or_trails_off():
    whole = await events_of(ScriptedBackend(Chunk("It is done. "), CUT))
    assert (told(whole), finish_of(whole)) == ("It is done. ", "length")
    half = await events_of(ScriptedBackend(Chunk("It is done. The fox went ho"), CUT))
    assert told(half) == "It is done. The fox went ho…"


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


@pytest.mark.parametrize(
    "sentence", ["The fox looked at the wide blue sea. ", "Gladly. ", "Here it is, for you.\n"]
)
async def test_a_planner_that_says_the_same_for_ever_is_stopped(sentence: str):
    backend = ScriptedBackend(Chunk("Well then, once upon a time. "), *[Chunk(sentence)] * 50, END)
    events = await events_of(backend)
    assert told(events).count(sentence) <= 4
    assert finish_of(events) == "stop"


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


async def test_with_little_room_a_picture_has_no_references_so_that_it_has_a_description():
    later = ((Chunk(tag(2)), END), (Chunk("The end. "), END))
    backend = ScriptedBackend(Chunk(f"Once. {tag(1)}"), CUT, later=later, is_explained=True)
    await events_of(backend, least_images=2, most_images=2, max_output_tokens=128)
    assert backend.stretches[1].begins == "slot"
    assert backend.stretches[1].language.known == ()


async def test_code_may_repeat_its_lines():
    code = "```\n" + "assert response.status_code == 200\n" * 8 + "```\nDone."
    assert told(await events_of(ScriptedBackend(Chunk(code), END))) == code


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


async def test_a_sentence_said_before_the_break_is_not_said_for_ever_after_it():
    said = "The fox looked at the wide blue sea. "
    backend = ScriptedBackend(Chunk(said), Chunk(said), END)
    assert told(await events_of(backend, written=(TextPart(text=said * 2),))) == ""


async def test_a_plan_may_pause_after_each_picture():
    backend = ScriptedBackend(Chunk(f"Once. {tag(1)} never"), Chunk(" read"))
    events = await events_of(backend, pauses=True, least_images=2)
    assert told(events) == "Once. [0]"
    assert finish_of(events) == "picture"


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
