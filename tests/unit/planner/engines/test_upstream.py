"""The `openai` backend against a server that says what it is told to, broken plans included."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from prometheus_client import CollectorRegistry

from planner_service.engines.asking import END, FINISH
from planner_service.engines.upstream import UpstreamBackend, messages_of
from planner_service.errors import PlannerUnavailable, PlanRefused
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.prompts.turns import Picture, Turn
from planner_service.settings import Settings
from planner_service.wire import (
    PLAN_EVENT,
    PlanDone,
    PlanEvent,
    PlanFailed,
    PlanUsage,
    ReasoningDelta,
    Slot,
    SlotOpen,
    TextDelta,
)
from tests.unit.planner.engines.upstream_server import Upstream, choice, event
from tests.unit.planner.scripted import plan_request


@asynccontextmanager
async def backend_of(upstream: Upstream, **settings: Any) -> AsyncIterator[UpstreamBackend]:
    async with upstream.served() as url:
        backend = UpstreamBackend(Settings(backend="openai", model="m", upstream_url=url, **settings))
        try:
            yield backend
        finally:
            await backend.close()


FOX = "a small red fox in a blue scarf on the beach at dusk"


async def events_of(backend: UpstreamBackend, **fields: object) -> list[PlanEvent]:
    plan = await Plans(backend, Metrics(CollectorRegistry()), 10).begin(plan_request(**fields))
    events: list[PlanEvent] = []
    while not events or not isinstance(events[-1], PlanDone | PlanFailed):
        events.extend(await plan.next_events())
    return events


async def test_a_plan_of_an_upstream_server_is_read_and_its_tokens_counted():
    async with backend_of(Upstream("A fox. <imag", "ine>A red fox.</imagine>")) as backend:
        assert await backend.ready()
        assert await events_of(backend) == [
            TextDelta(text="A fox. "),
            SlotOpen(index=0),
            Slot(index=0, description="A red fox."),
            PlanDone(finish_reason="stop", usage=PlanUsage(input_tokens=9, output_tokens=4)),
        ]


async def test_a_connection_that_breaks_in_the_middle_is_the_servers_failure():
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        said = event({"choices": [choice("A fox. ", None)]}).encode()
        head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
        writer.write(head + b"%x\r\n%b\r\n" % (len(said), said))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(cut, "127.0.0.1", 0) as server:
        url = "http://{}:{}/v1".format(*server.sockets[0].getsockname())
        backend = UpstreamBackend(Settings(backend="openai", model="m", upstream_url=url))
        events = await events_of(backend)
        await backend.close()
    assert events[0] == TextDelta(text="A fox. ")
    assert isinstance(events[-1], PlanFailed)
    assert events[-1].code == "upstream_failed"


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


@pytest.mark.parametrize(
    "plan", ["<imagine>a <imagine>fox</imagine>", "<imagine>a fox</imagine !>", "<imagine></imagine>"]
)
async def test_a_plan_beyond_repair_fails_and_is_never_passed_on(plan: str):
    async with backend_of(Upstream("Once. ", plan, "never seen")) as backend:
        events = await events_of(backend)
    assert events[-1] == PlanFailed(code="malformed_plan")
    assert not any(isinstance(event, Slot) for event in events)
    assert not any(
        "imagine" in event.text or "never" in event.text for event in events if isinstance(event, TextDelta)
    )


@pytest.mark.parametrize(
    "upstream", [Upstream("A fox. ", finish=None), Upstream("A fox. ", finish="content_filter")]
)
async def test_a_stream_that_breaks_off_fails_the_plan(upstream: Upstream):
    async with backend_of(upstream) as backend:
        assert await events_of(backend) == [TextDelta(text="A fox. "), PlanFailed(code="upstream_failed")]


@pytest.mark.parametrize(
    ("status", "error"), [(400, PlanRefused), (429, PlannerUnavailable), (500, PlannerUnavailable)]
)
async def test_an_upstream_refusal_comes_before_the_stream_and_tells_no_details(
    status: int, error: type[Exception]
):
    async with backend_of(Upstream(status=status)) as backend:
        with pytest.raises(error) as caught:
            await events_of(backend)
    assert "secret" not in str(caught.value)


async def test_an_upstream_that_is_down_is_unavailable():
    backend = UpstreamBackend(Settings(backend="openai", upstream_url="http://127.0.0.1:9/v1"))
    assert not await backend.ready()
    with pytest.raises(PlannerUnavailable):
        await events_of(backend)
    await backend.close()


@asynccontextmanager
async def cut_once(url: str) -> AsyncIterator[str]:
    """A server's address, at which the first connection is closed once a request has come, and any other is passed on."""
    place = urlsplit(url)
    cut = asyncio.Event()

    async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                writer.write(piece)
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not cut.is_set():
            await reader.readuntil(b"\r\n\r\n")
            cut.set()
            writer.close()
            return
        there, back = await asyncio.open_connection(place.hostname, place.port)
        await asyncio.gather(passed(reader, back), passed(there, writer))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield "http://{}:{}/v1".format(*server.sockets[0].getsockname())


async def test_a_connection_that_the_server_closes_as_it_is_asked_is_asked_again():
    async with Upstream("A fox.").served() as real, cut_once(real) as url:
        backend = UpstreamBackend(Settings(backend="openai", model="m", upstream_url=url))
        try:
            assert (await events_of(backend))[0] == TextDelta(text="A fox.")
        finally:
            await backend.close()


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


LONG = "A red fox stands on a green hill at dawn, soft light, wide view, watercolour."


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


async def test_a_server_that_takes_the_grammar_goes_on_from_what_is_written():
    upstream = Upstream("it ends.")
    async with backend_of(upstream, upstream_grammar=True, instructions="off") as backend:
        await events_of(backend, written=({"type": "text", "text": "Once "},))
    [body] = upstream.bodies
    assert body["messages"][-1] == {"role": "assistant", "content": "Once "}
    assert body["continue_final_message"] is True
    assert body["add_generation_prompt"] is False
    assert body["structured_outputs"]["grammar"].startswith("prose ::=")


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


def test_images_are_sent_as_data_and_the_assistants_own_open_the_next_user_turn():
    messages = list(
        messages_of(
            [
                Turn("user", ("[image in1]", Picture("in1", "iVBORw0"), "\n", "Draw")),
                Turn("assistant", ("<imagine>A fox.</imagine>", Picture("img1", "/9j/4A"))),
                Turn("user", ("Again",)),
            ]
        )
    )
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert messages[0]["content"][1] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,iVBORw0"},
    }
    assert messages[1]["content"] == "<imagine>A fox.</imagine>"
    assert messages[2]["content"] == [
        {"type": "text", "text": "[image img1]"},
        {"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,/9j/4A"}},
        {"type": "text", "text": "Again"},
    ]


def test_an_image_of_another_format_is_refused():
    with pytest.raises(PlanRefused, match="in1"):
        list(messages_of([Turn("user", (Picture("in1", "R0lGOD"),))]))
