"""What pictures cost Redis: an hour of them at three a second must fit 200 MB, whatever their bytes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from bench.serving.bed import bed
from bench.serving.script import Script
from tests.e2e.streams import whole
from visualizer_service.engine.simulated import Simulation

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

STORY = Script(pictures=4, words=25, pace_s=0.002)
PREVIEWS: list[Any] = [{"type": "image_generation", "partial_images": 1}]
SIMULATION = Simulation(steps=4, step_ms=5, sizes=((1024, 1024),))
ANSWERS = 10
AN_HOUR = 3 * 3600
MOST_BYTES = 200_000_000
MOST_AN_ANSWER = 64_000


def used(redis: Redis) -> int:
    info: Any = redis.info("memory")
    return info["used_memory"]


def test_an_hour_of_large_pictures_at_three_a_second_fits_in_little_memory(tmp_path: Path) -> None:
    with (
        bed(tmp_path) as made,
        Redis.from_url(made.stack.redis_url) as redis,
        made.visualizers("large", 2, SIMULATION),
        made.gateway("large") as front,
    ):
        asked = STORY.question(stream=True, tools=PREVIEWS, delivery="url")
        # What is there once for all comes with the first.
        assert whole(front.url, asked)[-1]["type"] == "response.completed"
        before = used(redis)
        for _ in range(ANSWERS):
            assert whole(front.url, asked)[-1]["type"] == "response.completed"
        an_answer = (used(redis) - before) / ANSWERS
        stored = sum(file.stat().st_size for file in (tmp_path / "pictures").rglob("*") if file.is_file())

    assert stored > ANSWERS * STORY.pictures * 10_000
    assert an_answer < MOST_AN_ANSWER
    assert an_answer / STORY.pictures * AN_HOUR < MOST_BYTES, f"{an_answer:.0f} bytes an answer"
