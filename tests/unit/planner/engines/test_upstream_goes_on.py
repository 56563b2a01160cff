"""How a server is asked to go on: for pictures it owes, for an end, after what is written."""

from __future__ import annotations

from planner_service.engines.asking import END, FINISH
from planner_service.wire import (
    PlanDone,
    Slot,
    TextDelta,
)
from tests.unit.planner.engines.planning import LONG, backend_of
from tests.unit.planner.engines.upstream_server import Upstream
from tests.unit.planner.scripted import FOX, events_of


async def test_pictures_that_an_upstream_server_owes_are_asked_for_one_by_one_and_then_the_end():
    upstream = Upstream(
        answers=["Once there was a fox.", f"<imagine>{FOX}", "It wore a scarf.", "So it ended. More"]
    )
    async with backend_of(upstream) as backend:
        events = await events_of(backend, mode="interleaved", least_images=2, most_images=2)
    told = [
        event.text if isinstance(event, TextDelta) else event.description
        for event in events
        if isinstance(event, TextDelta | Slot)
    ]
    assert told == ["Once there was a fox.", FOX, "It wore a scarf.", "So it ended."]
    second, fourth = upstream.bodies[1]["messages"], upstream.bodies[3]["messages"]
    assert second[-2] == {"role": "assistant", "content": "Once there was a fox."}
    assert "Describe the picture img1" in second[-1]["content"]
    assert f'<imagine id="img1">{FOX}</imagine>' in fourth[-2]["content"]


async def test_a_description_without_a_tag_is_asked_for_as_a_description_once_and_wrapped():
    upstream = Upstream(LONG)
    async with backend_of(upstream) as backend:
        events = await events_of(backend, mode="image")
    assert Slot(index=0, description=LONG) in events
    assert isinstance(events[-1], PlanDone)
    assert len(upstream.bodies) == 2
    messages = upstream.bodies[1]["messages"]
    assert [message["role"] for message in messages] == ["system", "user"]
    assert messages[1]["content"].startswith("hello")
    assert "[Describe the picture img1" in messages[1]["content"]


async def test_a_sentence_that_a_picture_interrupts_is_asked_for_as_that_and_not_as_an_end():
    upstream = Upstream(
        answers=[f"The fox walks to the<imagine>{LONG}</imagine>", "sea. More.", LONG, "So it ended."]
    )
    async with backend_of(upstream) as backend:
        events = await events_of(backend, mode="interleaved", most_images=1)
    text = "".join(event.text if isinstance(event, TextDelta) else "|" for event in events[:-1])
    assert text.replace("||", "|") == "The fox walks to the sea.|So it ended."
    asked = [body["messages"][-1]["content"] for body in upstream.bodies]
    assert asked[1] == FINISH
    assert asked[3] == END


async def test_a_text_that_goes_on_after_a_lost_planner_is_not_glued_to_what_was_written():
    written = ({"type": "text", "text": "A fox sat on a hill."},)
    async with backend_of(Upstream("The fox", " ran home.")) as backend:
        events = await events_of(backend, written=written)
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == " The fox ran home."


async def test_a_description_that_the_servers_limit_cuts_ends_with_its_last_whole_sentence():
    upstream = Upstream(f"{LONG} Over the hill there com", finish="length")
    written = ({"type": "text", "text": "Once."},)
    async with backend_of(upstream) as backend:
        events = await events_of(backend, mode="image", written=written)
    assert Slot(index=0, description=LONG) in events
    assert isinstance(events[-1], PlanDone)


async def test_a_server_that_takes_the_grammar_goes_on_from_what_is_written():
    upstream = Upstream("it ends.")
    async with backend_of(upstream, upstream_grammar=True, instructions="off") as backend:
        await events_of(backend, written=({"type": "text", "text": "Once "},))
    [body] = upstream.bodies
    assert body["messages"][-1] == {"role": "assistant", "content": "Once "}
    assert body["continue_final_message"] is True
    assert body["add_generation_prompt"] is False
    assert body["structured_outputs"]["grammar"].startswith("prose ::=")
