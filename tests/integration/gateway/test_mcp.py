"""The gateway's tools as agents find them, with the MCP SDK's own client, over HTTP and over standard input and output."""

import asyncio
import base64
import os
import re
import sys

import httpx2
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from pydantic import SecretStr
from redis.asyncio import Redis

from planner_service.wire import ImagePart, TextPart
from tests.fakes import failed
from tests.integration.gateway.gateway_app import (
    STORY,
    Pool,
    client,
    eventually,
    gateway,
    listening,
    png,
)

pytestmark = pytest.mark.integration


class SteppingPool(Pool):
    """Shows each picture twice on the way, though nobody asked, and can be told to give up."""

    gives_up = False

    async def paint(self, job):
        if self.gives_up:
            self.say(job, failed("deadline"))
        else:
            await super().paint(job.model_copy(update={"previews": 2}))


@pytest.fixture
def pool(redis: Redis):
    return SteppingPool(redis)


@pytest.fixture
async def url(app):
    async with listening(app) as url:
        yield url


def over_http(url):
    return f"{url}/mcp"


def over_stdio(url):
    environment = os.environ | {"WEAVER_URL": url}
    return StdioServerParameters(command=sys.executable, args=["-m", "weaver.mcp_stdio"], env=environment)


def told(result):
    """What an agent gets, in order: texts, and the bytes of pictures."""
    return [
        part.text if part.type == "text" else (part.mime_type, base64.b64decode(part.data))
        for part in result.content
    ]


def data_url(data):
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize("reach", [over_http, over_stdio])
async def test_an_agent_has_a_story_illustrated_and_hears_how_far_it_is(url, reach):
    heard = []

    async def hear(progress, total, message):
        heard.append((progress, total, message))

    async with Client(reach(url)) as agent:
        tools = (await agent.list_tools()).tools
        result = await agent.call_tool("illustrate", {"prompt": "A fox", "count": 2}, progress_callback=hear)

    assert {tool.name for tool in tools} == {"illustrate", "draw"}
    assert told(result) == [
        "Once. A fox.",
        ("image/png", png(0)),
        "Then the sea.",
        ("image/png", png(1)),
    ]
    assert not result.is_error
    assert [progress for progress, _, _ in heard] == sorted({progress for progress, _, _ in heard})
    assert (heard[0][:2], heard[-1][:2]) == ((0, 2), (2, 2))
    assert "img1: drawing, step 1 of 4" in [message for _, _, message in heard]


async def test_one_picture_is_drawn_as_described_guided_by_images(url, planner, pool):
    arguments = {"description": "a red fox", "size": "80x64", "seed": 7, "references": [data_url(png(5))]}
    async with Client(over_http(url)) as agent:
        result = await agent.call_tool("draw", arguments)
    (job,) = pool.jobs

    assert told(result) == [("image/png", png(0, (80, 64)))]
    assert (job.description, job.seed, job.width_px, len(job.references)) == ("a red fox", 7, 80, 1)
    assert planner.asked == []


async def test_a_story_is_told_about_images_by_data_url_or_file(app, url, planner):
    async with client(app) as http:
        sent = await http.post("/v1/files", files={"file": png(9)}, data={"purpose": "vision"})
    images = [data_url(png(5)), sent.json()["id"]]
    async with Client(over_http(url)) as agent:
        await agent.call_tool("illustrate", {"prompt": "them", "references": images, "mode": "auto"})
    plan = planner.asked[-1]

    assert plan.mode == "auto"
    assert plan.messages[0].content == (ImagePart(id="in1"), ImagePart(id="in2"), TextPart(text="them"))


async def test_a_picture_that_fails_is_a_text_that_says_so(url, pool):
    pool.gives_up = True
    async with Client(over_http(url)) as agent:
        result = await agent.call_tool("draw", {"description": "a fox"})

    (words,) = told(result)
    late = r"\[img1 is missing: The picture was not ready \d\.\d s after it was queued; it may take 120 s\.\]"
    assert re.fullmatch(late, words)


async def test_an_answer_that_breaks_off_is_an_error_with_what_there_is(url, planner):
    planner.script = [*STORY[:1], RuntimeError("secret")]
    async with Client(over_http(url)) as agent:
        result = await agent.call_tool("illustrate", {"prompt": "A fox"})

    assert result.is_error
    assert told(result)[0] == "Once."
    assert "secret" not in str(result)


REFUSED = {
    "no prompt": ("illustrate", {}, "`prompt` is required"),
    "empty prompt": ("illustrate", {"prompt": " "}, "`prompt` is empty"),
    "unknown argument": (
        "draw",
        {"description": "x", "seeds": 3},
        "Unknown field `seeds`; did you mean `seed`?",
    ),
    "too many": ("illustrate", {"prompt": "x", "count": 99}, "`count` holds 99 pictures; at most 8"),
    "no picture": ("illustrate", {"prompt": "x", "count": 0}, "`count`: Input should be greater"),
    "size": ("draw", {"description": "x", "size": "7x7"}, "`size`"),
    "unknown file": ("draw", {"description": "x", "references": ["file-x"]}, "file-x"),
    "no image": (
        "draw",
        {"description": "x", "references": ["data:image/png;base64,aGk="]},
        "`references[0]`",
    ),
    "unknown tool": ("paint", {}, "There is no tool paint; there are illustrate, draw."),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_call_that_cannot_be_done_says_why_to_the_agent(url, planner, name):
    tool, arguments, why = REFUSED[name]
    async with Client(over_http(url)) as agent:
        result = await agent.call_tool(tool, arguments)

    assert result.is_error
    assert why in told(result)[0]
    assert planner.asked == []


async def test_an_agent_that_leaves_is_drawn_no_more_for(url, pool):
    pool.draws = False
    async with Client(over_http(url)) as agent:
        call = asyncio.create_task(agent.call_tool("draw", {"description": "a fox"}))
        await pool.submitted.wait()
        call.cancel()
        await eventually(lambda: pool.cancelled)


async def test_only_who_has_a_key_is_an_agent(redis, planner, pool):
    keys = {SecretStr("secret-key"): "acme"}
    async with gateway(redis, planner, pool, api_keys=keys) as app, listening(app) as url:
        async with httpx2.AsyncClient(headers={"authorization": "Bearer secret-key"}) as http:
            transport = streamable_http_client(over_http(url), http_client=http)
            async with Client(transport) as agent:
                result = await agent.call_tool("draw", {"description": "a fox"})
        async with httpx2.AsyncClient() as http:
            refused = await http.post(over_http(url), json={})

    assert not result.is_error
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_api_key")
