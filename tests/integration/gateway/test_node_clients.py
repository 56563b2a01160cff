"""What JavaScript's own clients make of our answers: OpenAI's, and the AI SDK's parser behind `useChat`."""

import base64

import pytest
from redis.asyncio import Redis

from gateway.dialects.chat.marks import PictureMark, split_marks
from planner_service.wire import PicturePart
from tests.integration.gateway.gateway_app import Planner, Pool, gateway, listening, png
from tests.integration.gateway.node import run_node

pytestmark = pytest.mark.integration

STORY_TOLD = ["Once. A fox.", png(0), "Then the sea.", png(1)]


@pytest.fixture
async def url(redis: Redis, planner: Planner):
    async with gateway(redis, planner, Pool(redis), heartbeat_s=0.01) as app, listening(app) as url:
        yield url


def of_data_url(url):
    return base64.b64decode(url.split(",")[1])


def of_chat(told):
    pictures = iter(told["images"])
    return [
        of_data_url(next(pictures)) if isinstance(part, PictureMark) else part
        for part in split_marks(told["content"])
    ]


async def test_openais_client_reads_every_form_of_an_answer(url):
    told = await run_node("openai_clients.mjs", url)

    for response in (told["response"], told["responseStreamed"]):
        assert [base64.b64decode(item) if n % 2 else item for n, item in enumerate(response)] == STORY_TOLD
    assert of_chat(told["chat"]) == of_chat(told["chatStreamed"]) == STORY_TOLD
    assert [base64.b64decode(picture) for picture in told["generated"]] == [png(0), png(1)]
    assert told["drawn"].count("image_generation.completed") == 2
    assert told["refused"] == {"status": 400, "code": "unknown_parameter", "param": "most_image"}


async def test_openais_stream_helpers_read_an_answer_and_go_on_in_it(url):
    told = await run_node("openai_streams.mjs", url)
    streamed, resumed = told["streamed"], told["resumed"]

    for response in (streamed, resumed):
        assert [base64.b64decode(item) if n % 2 else item for n, item in enumerate(response["shown"])] == (
            STORY_TOLD
        )
    assert streamed["numbers"] == list(range(len(streamed["numbers"])))
    assert resumed["numbers"] == streamed["numbers"][10:]
    assert streamed["states"] == ["opened", "described", "queued"] * 2
    assert [part for part in split_marks(told["chat"]) if isinstance(part, str)] == STORY_TOLD[::2]


async def test_openais_stream_helper_reads_an_answer_that_is_cancelled(redis, planner):
    async with gateway(redis, planner, Pool(redis, draws=False)) as app, listening(app) as url:
        told = await run_node("openai_streams.mjs", url, "cancel")

    assert (told["status"], told["types"][-1]) == ("cancelled", "response.incomplete")


async def test_the_ai_sdk_parses_a_chat_of_two_turns_and_sends_its_pictures_back(url, planner):
    turns = await run_node("ui_messages.mjs", url)

    for turn in turns:
        answer = turn["answer"]
        assert [part["type"] for part in answer["parts"]] == ["text", "file", "text", "file"]
        told = [part.get("text") or of_data_url(part["url"]) for part in answer["parts"]]
        assert told == STORY_TOLD
        assert answer["metadata"]["usage"]["totalTokens"] == 18
        assert {"data-picture", "data-preview"} == set(turn["transient"])
    again = planner.asked[-1].messages[1].content
    pictures = [part.description for part in again if isinstance(part, PicturePart)]
    assert pictures == ["picture 0", "picture 1"]
