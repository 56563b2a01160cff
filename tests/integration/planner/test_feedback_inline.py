"""Feedback as it is in earnest: a planner that sees is shown the picture that a visualizer drew of its words, and writes on after it."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncGenerator, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import PIL.Image
import PIL.ImageChops
import PIL.ImageStat
import pytest
from redis.asyncio import Redis

from gateway.running.backends import Backend, Backends
from planner_service.client import Planner
from planner_service.wire import PicturePart, PlanDone, PlanEvent, PlanRequest, TextPart
from tests.integration.gateway.gateway_app import client, served, settings
from tests.integration.planner import vision_site
from tests.integration.planner.planner_models import tiny_vision_planner
from tests.integration.planner.planner_process import PlannerProcess
from tests.visualizer_process import VisualizerProcess
from visualizer_service.client import Pool

WAIT_S = 480
TOKENS_OF_A_PICTURE = 16
"""128² pixels, 32² for each."""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(WAIT_S)]


class VisionPlanner(PlannerProcess):
    module = "tests.integration.planner.vision_service"


class Watched(Planner):
    """Notes what it was asked, and how many tokens that had."""

    def __init__(self, url: str):
        super().__init__(url, silence_s=WAIT_S)
        self.asked: list[PlanRequest] = []
        self.input_tokens: list[int] = []

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        self.asked.append(request)
        async for event in super().plan(request):
            if isinstance(event, PlanDone):
                self.input_tokens.append(event.usage.input_tokens)
            yield event


@pytest.fixture(scope="module")
def planner_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    vision_site.install()
    folder: Path = tmp_path_factory.mktemp("vision")
    tiny_vision_planner(folder)
    with VisionPlanner(folder / "log", model=str(folder)) as process:
        yield process.url


@pytest.fixture
def visualizer(redis_url: str) -> Iterator[None]:
    process = VisualizerProcess(redis_url, MODEL="models/storybook/visualizer", LEASE_S=15, RENEW_S=4)
    yield
    process.terminate()


async def some_worker(pool: Pool) -> None:
    while not await pool.workers():  # noqa: ASYNC110 - nobody announces it
        await asyncio.sleep(0.1)


def text_before_pictures(answer: dict[str, Any]) -> str:
    items = takewhile(lambda item: item["type"] == "message", answer["output"])
    return "".join(item["content"][0]["text"] for item in items)


def difference(one: str, other: str) -> float:
    """How far the pixels of two pictures, as base64, are apart on average, of 255."""
    first, second = (
        PIL.Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB") for data in (one, other)
    )
    return sum(PIL.ImageStat.Stat(PIL.ImageChops.difference(first, second)).mean) / 3


@pytest.mark.usefixtures("visualizer")
async def test_a_planner_is_shown_each_picture_that_was_drawn_where_it_belongs(
    redis: Redis, planner_url: str
):
    asked = {
        "input": "A fox",
        "feedback": "inline",
        "least_images": 2,
        "most_images": 2,
        "seed": 1,
        "max_output_tokens": 400,
    }
    async with Watched(planner_url) as planner, Pool(redis, "test", "g1") as pool:
        chosen = settings(pool="test")
        backends = Backends({chosen.model: Backend(planner, pool, "test")})
        async with served(redis, backends, chosen) as app, client(app, timeout=WAIT_S) as http:
            await some_worker(pool)
            answer = (await http.post("/v1/responses", json=asked)).json()
    drawn = [item["result"] for item in answer["output"] if item["type"] == "image_generation_call"]
    assert (answer["status"], len(set(drawn))) == ("completed", 2)
    first, second, *_ = planner.asked
    assert not first.written
    *before, shown = second.written
    assert isinstance(shown, PicturePart)
    # It is shown a smaller file of the same picture.
    assert difference(shown.data or "", drawn[0]) < min(5, difference(shown.data or "", drawn[1]))
    texts = "".join(part.text for part in before if isinstance(part, TextPart))
    assert texts.split() == text_before_pictures(answer).split()
    assert planner.input_tokens[1] > planner.input_tokens[0] + TOKENS_OF_A_PICTURE
