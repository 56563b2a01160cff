"""Whoever asks, and however: texts and pictures come in the planner's order, though pictures are drawn in any."""

import asyncio
import base64
import random

import pytest
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk
from redis.asyncio import Redis

from gateway.dialects.chat.marks import Marked, parts
from planner_service.wire import SlotOpen, TextDelta
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway_app import Planner, Pool, client, events, gateway, png

pytestmark = pytest.mark.integration

RESPONSES = {"input": "A story"}
CHAT = {"messages": [{"role": "user", "content": "A story"}]}


class AnyOrder(Pool):
    """Ends its pictures in any order."""

    def __init__(self, redis: Redis, seed: int) -> None:
        super().__init__(redis)
        self.random = random.Random(seed)
        self.painting: set[asyncio.Task[None]] = set()

    async def paint(self, job):
        task = asyncio.create_task(self._paint_later(job, self.random.uniform(0, 0.02)))
        self.painting.add(task)
        task.add_done_callback(self.painting.discard)

    async def _paint_later(self, job, after_s):
        await asyncio.sleep(after_s)
        await super().paint(job)


def plan(seed):
    """A plan of up to six texts and pictures; each picture is independent of the others."""
    choose = random.Random(seed)
    script, slots = [], 0
    for place in range(choose.randint(1, 6)):
        if choose.random() < 0.5:
            script += [says(f"text {place} "), says("goes on\n")]
        else:
            script += slot(slots)
            slots += 1
    return [*script, PLAN_DONE]


def written(script):
    """The planner's order: runs of text, and the bytes of pictures."""
    order = []
    for step in script:
        if isinstance(step, SlotOpen):
            order.append(png(step.index))
        elif isinstance(step, TextDelta):
            if order and isinstance(order[-1], str):
                order[-1] += step.text
            else:
                order.append(step.text)
    return [piece.strip() if isinstance(piece, str) else piece for piece in order]


def of_response(response):
    return [
        item["content"][0]["text"] if item["type"] == "message" else base64.b64decode(item["result"])
        for item in response["output"]
    ]


def of_chat(message):
    pictures = {image["file_id"]: image["image_url"]["url"] for image in message.get("images") or []}
    return [
        base64.b64decode(pictures[part.file_id].split(",")[1]) if isinstance(part, Marked) else part.strip()
        for part in parts(message["content"])
    ]


def of_chunks(chunks):
    collected = ChatCompletionStreamState()
    for chunk in chunks:
        collected.handle_chunk(ChatCompletionChunk.model_validate(chunk))
    return of_chat(collected.get_final_completion().choices[0].message.model_dump())


@pytest.mark.parametrize("seed", range(10))
async def test_every_dialect_keeps_the_planners_order_streamed_or_not(redis, seed):
    planner, pool = Planner(plan(seed)), AnyOrder(redis, seed)
    async with gateway(redis, planner, pool) as app, client(app) as http:
        whole = (await http.post("/v1/responses", json=RESPONSES)).json()
        streamed = await http.post("/v1/responses", json=RESPONSES | {"stream": True})
        chat = (await http.post("/v1/chat/completions", json=CHAT)).json()
        chunks = await http.post("/v1/chat/completions", json=CHAT | {"stream": True})

    body = chunks.text.replace("data: [DONE]\n", "")
    assert (
        of_response(whole)
        == of_response(events(streamed.text)[-1]["response"])
        == of_chat(chat["choices"][0]["message"])
        == of_chunks(events(body))
        == written(planner.script)
    )


async def test_pictures_alone_come_in_the_planners_order_or_tell_their_place(redis):
    planner, pool = Planner([*slot(0), *slot(1), *slot(2), PLAN_DONE]), AnyOrder(redis, 1)
    async with gateway(redis, planner, pool) as app, client(app) as http:
        ask = {"prompt": "a fox", "n": 3}
        whole = (await http.post("/v1/images/generations", json=ask)).json()
        streamed = events((await http.post("/v1/images/generations", json=ask | {"stream": True})).text)

    assert [base64.b64decode(image["b64_json"]) for image in whole["data"]] == [png(n) for n in range(3)]
    assert {event["index"]: base64.b64decode(event["b64_json"]) for event in streamed} == {
        n: png(n) for n in range(3)
    }
