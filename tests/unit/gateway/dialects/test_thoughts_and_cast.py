"""Thoughts and casts in all six dialects: told beside the text, never in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from google.genai.types import GenerateContentResponse
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.answer.request import ThoughtsTold
from gateway.dialects.chat.completion import completion
from gateway.dialects.chat.stream import ChatRenderer
from gateway.dialects.common.renderer import Renderer
from gateway.dialects.gemini.answer import GeminiRenderer, generated
from gateway.dialects.images.result import result as images_result
from gateway.dialects.mcp.answer import result as mcp_result
from gateway.dialects.responses.items import response
from gateway.dialects.responses.stream import ResponsesRenderer
from gateway.dialects.ui.stream import UiRenderer
from planner_service.wire import Figure
from tests.fakes import FakeBlobs, ask
from tests.unit.gateway.answer.test_folding import EVENTS
from tests.unit.gateway.dialects.goldens import changed, compare, plain

TOLD = {"cast": [{"name": "Rusty", "looks": "a small red fox"}], "style": "ink"}
THOUGHTS = "A fox, then the sea."
SDK_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


def _later(event: GatewayEvent) -> GatewayEvent:
    item = getattr(event, "item", None)
    return event if item is None else changed(event, item=item + 1)


THOUGHTFUL: list[GatewayEvent] = [
    *EVENTS[:2],
    ev.ThoughtStarted(at=1, item=0),
    ev.ThoughtDelta(at=1.0, item=0, text="A fox, "),
    ev.ThoughtDelta(at=1.0, item=0, text="then the sea."),
    ev.ThoughtDone(at=1, item=0, text=THOUGHTS),
    ev.CastTold(at=1, figures=(Figure(name="Rusty", looks="a small red fox"),), style="ink"),
    *map(_later, EVENTS[2:]),
]


def asked(thoughts: ThoughtsTold = "as_text"):
    return ask(f"resp_{'0' * 32}", thoughts=thoughts)


def sent(renderer: Renderer) -> list[dict[str, Any]]:
    return [plain(wire.data) for event in THOUGHTFUL for wire in renderer.render(event)]


@pytest.mark.parametrize("thoughts", ["as_text", "as_summary"])
def test_responses_tell_thoughts_as_a_reasoning_item_in_openais_form(thoughts: ThoughtsTold):
    events = sent(ResponsesRenderer(asked(thoughts)))
    compare(
        f"responses_stream_reasoning_{thoughts}.json", [one for one in events if one.get("output_index") == 0]
    )
    for one in events:
        SDK_EVENT.validate_python(one)
    item = Response.model_validate(plain(response(asked(thoughts), fold(THOUGHTFUL)))).output[0]
    assert item.type == "reasoning"
    told = item.summary if thoughts == "as_summary" else item.content
    assert told
    assert [part.text for part in told] == [THOUGHTS]


def test_responses_tell_the_cast_beside_the_output():
    whole = response(asked(), fold(THOUGHTFUL))
    assert {name: whole[name] for name in TOLD} == TOLD


def test_a_client_without_a_cast_from_the_planner_reads_its_own():
    own = ask(cast=(Figure(name="Mia", looks="a girl"),), style="oil")
    whole = response(own, fold(EVENTS))
    assert (whole["cast"], whole["style"]) == ([{"name": "Mia", "looks": "a girl"}], "oil")


def test_chats_tell_thoughts_as_reasoning_content():
    whole = completion(asked(), fold(THOUGHTFUL))
    message = whole["choices"][0]["message"]
    assert message["reasoning_content"] == THOUGHTS
    assert {name: whole[name] for name in TOLD} == TOLD
    chunks = sent(ChatRenderer(asked(), with_usage=False))
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == THOUGHTS
    assert "".join(delta.get("content", "") for delta in deltas) == message["content"]
    assert {name: chunks[-1][name] for name in TOLD} == TOLD


def test_gemini_tells_thoughts_as_thought_parts():
    whole = plain(generated(asked(), fold(THOUGHTFUL)))
    first, second, *_ = whole["candidates"][0]["content"]["parts"]
    assert (first, second) == ({"text": THOUGHTS, "thought": True}, {"text": "One fox."})
    assert {name: whole[name] for name in TOLD} == TOLD
    parts = [
        # Their client reads known fields of an answer only.
        GenerateContentResponse.model_validate({name: one for name, one in wire.items() if name not in TOLD})
        for wire in sent(GeminiRenderer(asked()))
        if "inlineData" not in wire["candidates"][0]["content"]["parts"][0]
    ]
    assert [one.parts[0].thought for one in parts if one.parts][:3] == [True, True, None]


def test_uis_tell_thoughts_as_reasoning_parts():
    parts = sent(UiRenderer(asked()))
    kinds = [part["type"] for part in parts if not part["type"].startswith("data-")]
    assert kinds[:6] == [
        "start",
        "reasoning-start",
        "reasoning-delta",
        "reasoning-delta",
        "reasoning-end",
        "text-start",
    ]
    metadata = parts[-1]["messageMetadata"]
    assert {name: metadata[name] for name in TOLD} == TOLD


async def test_agents_and_makers_of_pictures_get_the_cast_and_no_thoughts():
    kept = FakeBlobs(img1=b"cGljdHVyZQ==")
    call = (await mcp_result(asked(), fold(THOUGHTFUL), kept)).model_dump(mode="json", by_alias=True)
    assert call["_meta"] == {"weaver/cast": TOLD["cast"], "weaver/style": "ink"}
    drawn = plain(images_result(asked(), fold(THOUGHTFUL)))
    assert {name: drawn[name] for name in TOLD} == TOLD
    assert THOUGHTS not in json.dumps([call["content"], drawn])


def test_no_text_of_any_dialect_holds_thoughts_or_looks():
    for text in texts(fold(THOUGHTFUL)):
        assert "sea" not in text
        assert "small red" not in text


def texts(document: Any) -> Sequence[str]:
    output = response(asked(), document)["output"]
    messages = [part["text"] for item in output if item["type"] == "message" for part in item["content"]]
    gemini = [
        part["text"]
        for part in generated(asked(), document)["candidates"][0]["content"]["parts"]
        if "text" in part and not part.get("thought")
    ]
    return [*messages, *gemini, completion(asked(), document)["choices"][0]["message"]["content"]]
