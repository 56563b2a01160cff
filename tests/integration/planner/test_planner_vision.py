"""A planner that sees, a tiny random Qwen3-VL in a real vLLM: the conversation's pictures reach it as images, in order."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import PIL.Image
import pytest

from planner_service.wire import PLAN_EVENT, ImagePart, Message, PicturePart, PlanRequest, TextPart
from tests.integration.planner import vision_site
from tests.integration.planner.plan_rules import assert_well_formed
from tests.integration.planner.planner_models import tiny_vision_planner

pytestmark = pytest.mark.integration

RUN_S = 280


def png(width_px: int, height_px: int, colour: str) -> str:
    """An image as base64; the model's token for it covers 32² pixels."""
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (width_px, height_px), colour).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


FOUR = ImagePart(id="in1", data=png(64, 64, "red"))
EIGHT = ImagePart(id="in2", data=png(128, 64, "blue"))
NINE = PicturePart(id="img1", description="A fox.", data=png(96, 96, "green"))
FIRST = (TextPart(text="Like"), FOUR, TextPart(text="and"), EIGHT)


def request(*messages: tuple[Any, ...], **fields: Any) -> PlanRequest:
    """A conversation whose turns alternate, the user's first."""
    roles = ("user", "assistant", "user")
    turns = tuple(Message(role=role, content=parts) for role, parts in zip(roles, messages, strict=False))
    return PlanRequest(id="r", messages=turns, max_output_tokens=150, seed=1, **fields)


REQUESTS = (
    request(FIRST, mode="interleaved"),
    request((EIGHT, FOUR), mode="image"),
    request(FIRST, (TextPart(text="Once. "), NINE), (TextPart(text="Go on"),), least_images=1, most_images=2),
    request(FIRST, written=(TextPart(text="Once. "), NINE), least_images=2, most_images=3, pauses=True),
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What the process tells of each request."""
    vision_site.install()
    folder = tmp_path_factory.mktemp("vision")
    tiny_vision_planner(folder)
    command = [sys.executable, "-m", "tests.integration.planner.vision_planner", str(folder)]
    command += [request.model_dump_json() for request in REQUESTS]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    with Path(folder / "log").open("w", encoding="utf-8") as log:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=log, timeout=RUN_S)
    assert done.returncode == 0, (folder / "log").read_text(encoding="utf-8")[-4000:]
    return json.loads(done.stdout.splitlines()[-1])


pytest_timeout = pytest.mark.timeout(RUN_S + 300)


@pytest_timeout
def test_the_users_images_reach_the_model_as_images_in_order(told: list[dict[str, Any]]):
    first, second, *_ = told
    assert first["sees_images"]
    assert first["tokens_of_images"] == [4, 8]
    assert second["tokens_of_images"] == [8, 4]
    assert first["images"] == second["images"][::-1]


@pytest_timeout
def test_the_answers_own_pictures_reach_the_model_in_a_later_turn(told: list[dict[str, Any]]):
    first, _, third, _ = told
    assert third["tokens_of_images"] == [4, 8, 9]
    assert third["images"][:2] == first["images"]


@pytest_timeout
def test_a_planner_that_paused_sees_the_picture_that_was_drawn_before_it_writes_on(
    told: list[dict[str, Any]],
):
    first, _, third, resumed = told
    assert resumed["tokens_of_images"] == [4, 8, 9]
    assert resumed["images"] == [*first["images"], third["images"][2]]
    end_mark = 1
    assert resumed["ends_of_images"][-1] == resumed["tokens"] - end_mark, (
        "the picture is the last that it reads"
    )
    *events, end = resumed["events"]
    assert [event["index"] for event in events if event["type"] == "slot"] == [1]
    assert end["finish_reason"] == "picture"


@pytest_timeout
def test_the_engine_computes_every_image_token(told: list[dict[str, Any]]):
    for answer in told:
        assert answer["events"][-1]["usage"]["input_tokens"] == answer["tokens"]
        assert answer["tokens"] > sum(answer["tokens_of_images"])


@pytest_timeout
def test_the_plans_of_a_planner_that_sees_are_well_formed(told: list[dict[str, Any]]):
    whole = [request for request in REQUESTS if not request.written]
    for asked, answer in zip(whole, told[: len(whole)], strict=True):
        assert_well_formed(asked, [PLAN_EVENT.validate_python(event) for event in answer["events"]])
    assert any(event["type"] == "slot" for answer in told for event in answer["events"])
