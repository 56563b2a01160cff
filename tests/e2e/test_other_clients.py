"""Clients that are not OpenAI's Python client, unchanged: Google's, those of JavaScript, and agents."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google import genai
from google.genai.types import GenerateContentConfig, HttpOptions
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from PIL import Image

from gateway.dialects.chat.marks import PictureMark, split_marks
from tests.e2e.conftest import Running
from tests.integration.gateway.node import run_node

pytestmark = pytest.mark.e2e

ASKED = "Tell me a story about a fox at the sea, with 2 pictures"
LIKELIEST = GenerateContentConfig(temperature=0, seed=11)


def check_story(told: list[str | bytes]) -> None:
    """Two pictures, each after a text of its own."""
    kinds = [type(part) for part in told]
    assert kinds[:4] == [str, bytes, str, bytes]
    assert kinds.count(bytes) == 2
    for part in told:
        assert part
        if isinstance(part, bytes):
            assert Image.open(io.BytesIO(part)).size == (128, 128)


def of_data_url(url: str) -> bytes:
    return base64.b64decode(url.split(",")[1])


def of_openai(shown: list[str]) -> list[str | bytes]:
    """Texts and base64 as they came, two by two."""
    return [base64.b64decode(part) if place % 2 else part for place, part in enumerate(shown)]


def of_chat(told: dict[str, Any]) -> list[str | bytes]:
    pictures = iter(told["images"])
    return [
        of_data_url(next(pictures)) if isinstance(part, PictureMark) else part
        for part in split_marks(told["content"])
    ]


def of_google(answer: Any) -> list[str | bytes]:
    return [part.inline_data.data if part.inline_data else part.text for part in answer.parts]


def test_googles_client_gets_the_same_story_whole_and_streamed(running: Running) -> None:
    with genai.Client(api_key="any", http_options=HttpOptions(base_url=running.url)) as google:
        ask: dict[str, Any] = {"model": "storybook", "contents": ASKED, "config": LIKELIEST}
        whole = of_google(google.models.generate_content(**ask))
        streamed = [part for told in google.models.generate_content_stream(**ask) for part in of_google(told)]

    check_story(whole)
    assert [part for part in streamed if isinstance(part, bytes)] == whole[1::2]
    assert "".join(part for part in streamed if isinstance(part, str)) == "".join(whole[::2])


async def test_openais_javascript_client_reads_every_form_of_an_answer(running: Running) -> None:
    told = await run_node("openai_clients.mjs", running.url)

    check_story(of_openai(told["response"]))
    check_story(of_openai(told["responseStreamed"]))
    check_story(of_chat(told["chat"]))
    check_story(of_chat(told["chatStreamed"]))
    assert len(told["generated"]) == 2
    assert told["drawn"][-1] == "image_generation.completed"
    assert told["refused"] == {"status": 400, "code": "unknown_parameter", "param": "most_image"}


async def test_its_stream_helpers_read_an_answer_and_go_on_in_it(running: Running) -> None:
    told = await run_node("openai_streams.mjs", running.url)
    streamed, resumed = told["streamed"], told["resumed"]

    check_story(of_openai(streamed["shown"]))
    assert (resumed["shown"], resumed["numbers"]) == (streamed["shown"], streamed["numbers"][10:])
    assert told["chat"].strip()


async def test_its_stream_helper_reads_an_answer_that_is_cancelled(running: Running) -> None:
    told = await run_node("openai_streams.mjs", running.slow_url, "cancel")

    assert (told["status"], told["types"][-1]) == ("cancelled", "response.incomplete")


async def test_the_ai_sdk_parses_a_chat_of_two_turns(running: Running) -> None:
    story, change = await run_node("ui_messages.mjs", running.url)
    told, changed = (
        [part.get("text") or of_data_url(part["url"]) for part in turn["answer"]["parts"]]
        for turn in (story, change)
    )

    check_story(told)
    assert any(isinstance(part, bytes) for part in changed)
    assert "data-picture" in story["transient"]
    assert story["answer"]["metadata"]["usage"]["totalTokens"] > 0


JAVA = shutil.which("java")
TESTS = Path(__file__).parents[1]
LLM = TESTS.parent / "build" / "clients" / "bin" / "llm"


@pytest.mark.skipif(JAVA is None, reason="there is no java here")
def test_javas_own_client_reads_a_story(running: Running) -> None:
    body = {"input": ASKED, "delivery": "url", "seed": 11}
    command = [
        str(JAVA),
        str(TESTS / "clients" / "Ask.java"),
        f"{running.url}/v1/responses",
        json.dumps(body),
    ]
    said = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True).stdout
    status, _, answer = said.partition("\n")

    assert status == "200"
    assert [item["type"] for item in json.loads(answer)["output"]][:4] == [
        "message",
        "image_generation_call",
    ] * 2


@pytest.mark.skipif(not LLM.exists(), reason="the clients are not installed: make build/clients/.installed")
def test_llm_prints_a_story_with_links_to_its_pictures(running: Running, tmp_path: Path) -> None:
    page = (TESTS.parent / "docs" / "clients.md").read_text(encoding="utf-8")
    yaml = re.search(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    assert yaml
    (tmp_path / "extra-openai-models.yaml").write_text(yaml[1].replace("http://localhost:8080", running.url))
    environment = os.environ | {"LLM_USER_PATH": str(tmp_path), "OPENAI_API_KEY": "any"}
    command = [str(LLM), "-m", "storybook", "--no-stream", ASKED]
    said = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    ).stdout

    assert "fox" in said
    assert said.count(f"]({running.url}/v1/files/") == 2


def over_http(url: str) -> str:
    return f"{url}/mcp"


def over_stdio(url: str) -> StdioServerParameters:
    environment = os.environ | {"WEAVER_URL": url}
    return StdioServerParameters(command=sys.executable, args=["-m", "weaver.mcp_stdio"], env=environment)


@pytest.mark.parametrize("reach", [over_http, over_stdio])
async def test_an_agent_has_a_story_illustrated_and_a_picture_drawn(running: Running, reach: Any) -> None:
    heard: list[float] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        heard.append(progress)

    async with Client(reach(running.url)) as agent:
        illustrate = {"prompt": "Tell me a story about a fox at the sea", "count": 2, "seed": 11}
        story = await agent.call_tool("illustrate", illustrate, progress_callback=hear)
        draw = {"description": "A red fox standing on the beach at noon.", "seed": 11}
        picture = await agent.call_tool("draw", draw)

    check_story([part.text if part.type == "text" else base64.b64decode(part.data) for part in story.content])
    assert (heard[-1], heard) == (2, sorted(heard))
    assert [part.type for part in picture.content] == ["image"]
    assert (story.is_error, picture.is_error) == (False, False)
