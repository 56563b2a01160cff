"""Whoever asks, and however: texts and pictures come in the planner's order, though pictures are drawn in any."""

import asyncio
import base64
import random

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import ImageContent
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk
from redis.asyncio import Redis

from gateway.dialects.chat.marks import PictureMark, split_marks
from planner_service.wire import SlotOpen, TextDelta
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway.gateway_app import Planner, Pool, client, events, gateway, png

pytestmark = pytest.mark.integration

RESPONSES = {"input": "A story"}
CHAT = {"messages": [{"role": "user", "content": "A story"}]}
GEMINI = "/v1beta/models/storybook"
CONTENTS = {"contents": [{"parts": [{"text": "A story"}]}]}
MESSAGES = {"messages": [{"role": "user", "parts": [{"type": "text", "text": "A story"}]}]}


class AnyOrder(Pool):
    """Ends its pictures in any order: each lets the others go on a random number of times before it is done."""

    def __init__(self, redis: Redis, seed: int) -> None:
        super().__init__(redis)
        self.random = random.Random(seed)
        self.painting: set[asyncio.Task[None]] = set()

    async def paint(self, job):
        task = asyncio.create_task(self._paint_later(job, self.random.randrange(50)))
        self.painting.add(task)
        task.add_done_callback(self.painting.discard)

    async def _paint_later(self, job, turns):
        for _ in range(turns):
            await asyncio.sleep(0)
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
    told = [step for step in script if isinstance(step, SlotOpen | TextDelta)]
    return joined(png(step.index) if isinstance(step, SlotOpen) else step.text for step in told)


def joined(pieces):
    """The same with adjacent texts joined, and no white space around them."""
    order = []
    for piece in pieces:
        if isinstance(piece, str) and order and isinstance(order[-1], str):
            order[-1] += piece
        elif piece:
            order.append(piece)
    return [piece.strip() if isinstance(piece, str) else piece for piece in order]


def of_response(response):
    return [
        item["content"][0]["text"] if item["type"] == "message" else base64.b64decode(item["result"])
        for item in response["output"]
    ]


async def response(http):
    return of_response((await http.post("/v1/responses", json=RESPONSES)).json())


async def response_streamed(http):
    told = await http.post("/v1/responses", json=RESPONSES | {"stream": True})
    return of_response(events(told.text)[-1]["response"])


def of_chat(message):
    pictures = {image["file_id"]: image["image_url"]["url"] for image in message.get("images") or []}
    return [
        of_data_url(pictures[part.file_id]) if isinstance(part, PictureMark) else part.strip()
        for part in split_marks(message["content"])
    ]


async def chat(http):
    answer = (await http.post("/v1/chat/completions", json=CHAT)).json()
    return of_chat(answer["choices"][0]["message"])


async def chat_streamed(http):
    told = await http.post("/v1/chat/completions", json=CHAT | {"stream": True})
    collected = ChatCompletionStreamState()
    for chunk in events(without_done(told.text)):
        collected.handle_chunk(ChatCompletionChunk.model_validate(chunk))
    return of_chat(collected.get_final_completion().choices[0].message.model_dump())


def of_gemini(*answers):
    told = [part for answer in answers for part in answer["candidates"][0]["content"]["parts"]]
    return joined(
        base64.b64decode(part["inlineData"]["data"]) if "inlineData" in part else part["text"]
        for part in told
    )


async def gemini(http):
    return of_gemini((await http.post(f"{GEMINI}:generateContent", json=CONTENTS)).json())


async def gemini_streamed(http):
    told = await http.post(f"{GEMINI}:streamGenerateContent?alt=sse", json=CONTENTS)
    return of_gemini(*events(told.text))


async def ui_streamed(http):
    told = await http.post("/v1/ui-messages", json=MESSAGES)
    pieces = [
        of_data_url(part["url"]) if part["type"] == "file" else part.get("delta")
        for part in events(without_done(told.text))
    ]
    return joined(piece for piece in pieces if piece)


async def tool(http):
    within = httpx2.AsyncClient(transport=httpx2.ASGITransport(http._transport.app))
    async with within, Client(streamable_http_client("http://gateway/mcp", http_client=within)) as agent:
        called = await agent.call_tool("illustrate", {"prompt": "A story", "mode": "auto"})
    return [
        base64.b64decode(part.data) if isinstance(part, ImageContent) else getattr(part, "text", None)
        for part in called.content
    ]


def of_data_url(url):
    return base64.b64decode(url.split(",")[1])


def without_done(told):
    return told.replace("data: [DONE]\n", "")


@pytest.mark.parametrize(
    "ask", [response, response_streamed, chat, chat_streamed, gemini, gemini_streamed, ui_streamed, tool]
)
async def test_fifty_answers_come_in_the_planners_order(redis, ask):
    planner = Planner()
    async with gateway(redis, planner, AnyOrder(redis, 0)) as app, client(app) as http:
        for seed in range(50):
            planner.script = plan(seed)
            assert await ask(http) == written(planner.script), f"plan {seed}"


async def pictures(http, ask):
    whole = (await http.post("/v1/images/generations", json=ask)).json()
    return [base64.b64decode(image["b64_json"]) for image in whole["data"]]


async def pictures_streamed(http, ask):
    """Each comes as soon as it is drawn, and tells its place."""
    told = events((await http.post("/v1/images/generations", json=ask | {"stream": True})).text)
    ordered = sorted(told, key=lambda event: event["index"])
    assert [event["index"] for event in ordered] == list(range(ask["n"]))
    return [base64.b64decode(event["b64_json"]) for event in ordered]


@pytest.mark.parametrize("ask", [pictures, pictures_streamed])
async def test_fifty_answers_of_pictures_alone_come_in_the_planners_order(redis, ask):
    planner = Planner()
    async with gateway(redis, planner, AnyOrder(redis, 1)) as app, client(app) as http:
        for seed in range(50):
            count = seed % 4 + 1
            planner.script = [step for index in range(count) for step in slot(index)] + [PLAN_DONE]
            assert await ask(http, {"prompt": "a fox", "n": count}) == [png(n) for n in range(count)]
