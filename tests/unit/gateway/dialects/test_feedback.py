"""What a critic says, as readers of a stream get it: valid by the SDK, and no dialect takes back what it has said."""

from __future__ import annotations

from typing import Any

from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent
from gateway.answer.folding import fold
from gateway.dialects.chat.completion import completion
from gateway.dialects.chat.stream import ChatRenderer
from gateway.dialects.responses.stream import ResponsesRenderer
from gateway.dialects.ui.stream import UiRenderer
from tests.fakes import ask, blob
from tests.unit.gateway.answer.test_folding import EVENTS, TIMINGS
from tests.unit.gateway.dialects.goldens import plain
from visualizer_service.wire import Done

SDK_EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
REQUEST = ask(f"resp_{'0' * 32}", feedback="critic")


def drawn(name: str, seed: int) -> Done:
    return Done(
        blob=blob(name),
        media_type="image/png",
        width_px=64,
        height_px=48,
        seed=seed,
        steps=4,
        model="m",
        worker="w2",
        timings=TIMINGS,
    )


def judged(name: str, description: str, *, good: bool) -> ev.PictureJudged:
    draft = ev.Draft(
        description=description, drawn=drawn(name, 7), good=good, wrong=None if good else "A dog."
    )
    return ev.PictureJudged(at=8, item=1, draft=draft)


JUDGED: list[GatewayEvent] = [
    *EVENTS[:14],
    judged("img0", "a fox", good=False),
    ev.PictureRedrawn(at=8, item=1, description="a red fox", seed=71),
    EVENTS[8],
    judged("img1", "a red fox", good=True),
    *EVENTS[14:],
]


def test_responses_tell_each_verdict_and_each_new_beginning_in_events_that_the_sdk_knows():
    renderer = ResponsesRenderer(REQUEST)
    sent = [plain(wire.data) for event in JUDGED for wire in renderer.render(event)]
    for one in sent:
        SDK_EVENT.validate_python(one)
    states = [one["state"] for one in sent if one.get("output_index") == 1 and "state" in one]
    assert states == ["opened", "described", "queued", "judged", "described", "queued", "judged"]
    item = sent[-1]["response"]["output"][1]
    assert (item["description"], [one["shown"] for one in item["drafts"]]) == ("a red fox", [False, True])


def test_a_chats_marks_keep_the_words_that_were_streamed():
    renderer = ChatRenderer(REQUEST, with_usage=False)
    sent = [plain(wire.data) for event in JUDGED for wire in renderer.render(event)]
    text = "".join(one["choices"][0]["delta"].get("content", "") for one in sent)
    whole = completion(REQUEST, fold(JUDGED))["choices"][0]["message"]
    assert text == whole["content"]
    assert "![a fox](" in text
    assert whole["images"][0]["description"] == "a red fox"


def test_a_page_sees_that_a_picture_is_begun_again():
    renderer = UiRenderer(REQUEST)
    sent = [plain(wire.data) for event in JUDGED for wire in renderer.render(event)]
    states = [
        one["data"]["state"]
        for one in sent
        if one["type"] == "data-picture" and one["data"]["picture"] == "img1"
    ]
    assert states[-2:] == ["described", "queued"]
