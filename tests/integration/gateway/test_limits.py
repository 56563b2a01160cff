"""Every limit of docs/limits.md, exceeded: the error names the field, the limit and what was sent."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from gateway.settings import Settings
from gateway.timeouts import Timeouts
from planner_service.wire import PlanFailed
from tests.fakes import failed
from tests.integration.gateway.gateway_app import PATIENCE, STORY, Planner, Pool, client, gateway, png
from tests.integration.gateway.test_responses_api import data_url
from visualizer_service.client import QueueFull

PAGE = (Path(__file__).parents[3] / "docs" / "limits.md").read_text(encoding="utf-8")
SETTINGS = dict(re.findall(r"^\|[^|]*\| `GATEWAY_([A-Z_]+)` \| `?(\w+)`? \|", PAGE, flags=re.MULTILINE))
FIXED = re.findall(r"^\| ([^|]*) \| (\d+)[^|]* \| [^|]* \|$", PAGE.split("## Fixed")[1], flags=re.MULTILINE)

ASK = {"input": "A story"}
DRAW = {"prompt": "a fox", "planner": False}
DRAWN = {"type": "image_generation_call", "id": "ig_1"}
IMAGE = {"type": "input_image", "image_url": data_url(png(1))}


def shown(*images: Any) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Look"}, *images]}]}


def described(text: str) -> dict[str, Any]:
    return shown(IMAGE | {"description": text})


SHOWN = "input[0].content[1].image_url"
# Each setting, a value for it, a request that is over it, the field, the code, and what the message holds.
EXCEEDED: dict[str, tuple[Any, dict[str, Any], str | None, str, tuple[str, ...]]] = {
    "MOST_BODY_BYTES": (100, ASK | {"user": "x" * 200}, None, "body_too_large", ("100", "229")),
    "MOST_JSON_BYTES": (100, ASK | {"user": "x" * 200}, None, "body_too_large", ("100", "229", "file_id")),
    "MOST_JSON_VALUES": (5, shown(IMAGE), None, "too_many_values", ("at most 5",)),
    "MOST_JSON_DEPTH": (4, shown(IMAGE), None, "body_too_deep", ("more than 4 levels",)),
    "MOST_IMAGE_BYTES": (50, shown(IMAGE), SHOWN, "image_file_too_large", ("at most 50", f"{len(png(1))}")),
    "MOST_IMAGE_PIXELS": (100, shown(IMAGE), SHOWN, "image_too_large", ("at most 100", "64x64 = 4096")),
    "LEAST_IMAGE_SIDE_PX": (99, shown(IMAGE), SHOWN, "image_too_small", ("99", "64x64")),
    "MOST_INPUT_IMAGES": (1, shown(IMAGE, IMAGE), "input", "invalid_value", ("2 images", "at most 1")),
    "MOST_INPUT_CHARS": (5, ASK, "input", "invalid_value", ("7 characters", "at most 5")),
    "MOST_IMAGES": (2, ASK | {"most_images": 3}, "most_images", "invalid_value", ("is 3", "at most 2")),
    "MOST_OUTPUT_TOKENS": (
        50,
        ASK | {"max_output_tokens": 60},
        "max_output_tokens",
        "invalid_value",
        ("is 60", "at most 50"),
    ),
}
# These end an answer or a picture, or forget it; each has a test of its own, here or where it is named.
ELSEWHERE = {
    "MOST_CONNECTIONS": "tests/integration/gateway/hostile/test_connections.py",
    "MOST_CONNECTIONS_PER_ADDRESS": "tests/integration/gateway/hostile/test_connections.py",
    "HEADERS_S": "tests/integration/gateway/hostile/test_connections.py",
    "MOST_BODY_BYTES_AT_ONCE": "tests/unit/gateway/http/layers/test_bodies.py",
    "BODY_S": "tests/unit/gateway/http/layers/test_bodies.py",
    "IMAGE_S": "tests/unit/gateway/media/test_decoders.py",
    "MOST_SHARE_S": "tests/integration/gateway/test_shares_api.py",
    "MOST_RESPONSES": "below",
    "MOST_WAITING_JOBS": "below",
    "JOB_TIMEOUT_S": "below",
    "REMOTE_IMAGE_S": "tests/unit/gateway/media/test_fetch.py",
    "PATIENCE__PLAN_START_S": "below",
    "PATIENCE__RESPONSE_S": "below",
    "PATIENCE__STORE_S": "tests/integration/gateway/test_conductor_losses.py",
    "PATIENCE__READER_GRACE_S": "tests/integration/gateway/test_conductor.py",
    "WRITE_S": "tests/unit/gateway/http/test_sse.py",
    "MOST_STORED_BYTES": "tests/integration/gateway/test_sweeping.py",
    "KEEP_S": "below, and of links in tests/integration/gateway/test_links_api.py",
}
TOO_MUCH: dict[str, tuple[str, dict[str, Any], str, tuple[str, ...]]] = {
    "`seed`": ("responses", ASK | {"seed": 2**53}, "seed", (f"{2**53 - 1}", f"got {2**53}")),
    "`metadata`": (
        "responses",
        ASK | {"metadata": {str(n): "" for n in range(17)}},
        "metadata",
        ("at most 16", "got 17 entries"),
    ),
    "a name in `metadata`": (
        "responses",
        ASK | {"metadata": {"k" * 65: ""}},
        f"metadata.{'k' * 65}",
        ("at most 64", "got 65"),
    ),
    "a value in `metadata`": (
        "responses",
        ASK | {"metadata": {"a": "v" * 513}},
        "metadata.a",
        ("at most 512", "got 513"),
    ),
    "`most_redraws`": ("responses", ASK | {"most_redraws": 4}, "most_redraws", ("equal to 3", "got 4")),
    "`cast`": (
        "responses",
        ASK | {"cast": {f"F{n}": "a fox" for n in range(17)}},
        "cast",
        ("at most 16", "got 17"),
    ),
    "`looks` of one in `cast`": (
        "responses",
        ASK | {"cast": {"Rusty": "x" * 401}},
        "cast.looks",
        ("at most 400", "got 401"),
    ),
    "`style`": ("responses", ASK | {"style": "x" * 301}, "style", ("at most 300", "got 301")),
    "pieces of text in one request, messages and parts of them": (
        "responses",
        {"input": [{"role": "user", "content": "x"}] * 1001},
        "input",
        ("at most 1000", "1001 pieces of text"),
    ),
    "`adapter`": ("responses", ASK | {"adapter": "a" * 201}, "adapter", ("at most 200", "got 201")),
    "`revised_prompt` of a picture sent back": (
        "responses",
        {"input": [DRAWN | {"revised_prompt": "x" * 8001}]},
        "input[0].revised_prompt",
        ("at most 8000", "got 8001"),
    ),
    "`stop`": ("responses", ASK | {"stop": ["x"] * 17}, "stop", ("at most 16", "17")),
    "`logit_bias`": (
        "responses",
        ASK | {"logit_bias": {str(n): 1 for n in range(301)}},
        "logit_bias",
        ("at most 300", "301"),
    ),
    "`references`": ("responses", ASK | {"references": ["img1"] * 9}, "references", ("at most 8", "9")),
    "`partial_images`": (
        "images/generations",
        DRAW | {"stream": True, "partial_images": 4},
        "partial_images",
        ("to 3", "got 4"),
    ),
    "`n`": ("images/generations", DRAW | {"n": 5}, "n", ("to 4", "got 5")),
    "`description` of an image": (
        "responses",
        described("x" * 2001),
        "input[0].content[1].description",
        ("at most 2000", "got 2001"),
    ),
}


def test_the_page_lists_every_limit_that_is_set_with_its_default():
    defaults = {name.upper(): field.default for name, field in Settings.model_fields.items()}
    patience = {f"PATIENCE__{name.upper()}": default for name, default in asdict(Timeouts()).items()}
    limits = {name for name in defaults if name.startswith(("MOST_", "LEAST_"))}

    assert limits <= SETTINGS.keys()
    assert {
        name: str((defaults | patience)[name]).lower().removesuffix(".0") for name in SETTINGS
    } == SETTINGS


def test_every_limit_of_the_page_is_exceeded():
    assert EXCEEDED.keys() | ELSEWHERE.keys() == SETTINGS.keys()
    others = {
        "fields of one JSON object",
        "scans of a progressive JPEG",
        "bytes of a call to a tool of `/mcp`",
        "bytes of a JSON body outside its strings, for each value that it may hold",
        "headers of a request",
        "days of usage at once",
        "`Idempotency-Key`",
        "`X-Request-Id`",
        "a remote image's URL",
    }
    assert TOO_MUCH.keys() | others == {name for name, _ in FIXED}


async def refused(
    redis: Redis, path: str, body: dict[str, Any], *, headers: Any = None, **settings: Any
) -> Any:
    async with gateway(redis, Planner(*STORY), Pool(redis), **settings) as app, client(app) as http:
        return await http.post(f"/v1/{path}", json=body, headers=headers)


@pytest.mark.integration
@pytest.mark.parametrize("name", EXCEEDED)
async def test_a_request_over_a_set_limit_is_told_the_field_the_limit_and_what_was_sent(redis, name):
    limit, body, param, code, said = EXCEEDED[name]
    answer = await refused(redis, "responses", body, **{name.lower(): limit})

    assert answer.status_code == (413 if code == "body_too_large" else 400)
    error = answer.json()["error"]
    assert (error["param"], error["code"]) == (param, code)
    assert [words for words in said if words not in error["message"]] == [], error["message"]


@pytest.mark.integration
@pytest.mark.parametrize("name", TOO_MUCH)
async def test_a_request_over_a_fixed_limit_is_told_the_same(redis, name):
    path, body, param, said = TOO_MUCH[name]
    answer = await refused(redis, path, body)

    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["param"], error["code"]) == (param, "invalid_value")
    assert [words for words in said if words not in error["message"]] == [], error["message"]


@pytest.mark.integration
async def test_a_key_that_is_too_long_is_refused_by_name(redis):
    answer = await refused(redis, "responses", ASK, headers={"Idempotency-Key": "k" * 256})

    assert (answer.status_code, answer.json()["error"]["param"].lower()) == (400, "idempotency-key")
    assert "255" in answer.json()["detail"]
    assert "256" in answer.json()["detail"]


@pytest.mark.integration
async def test_a_picture_that_the_pool_has_no_room_for_fails_and_the_text_stands(redis):
    class Full(Pool):
        async def submit(self, job):
            raise QueueFull(1)

    async with gateway(redis, Planner(*STORY), Full(redis)) as app, client(app) as http:
        output = (await http.post("/v1/responses", json=ASK)).json()["output"]

    errors = [item["error"] for item in output if item["type"] == "image_generation_call"]
    assert {error["code"] for error in errors} == {"queue_unavailable"}
    assert "1 wait in the pool already, and no more may" in errors[0]["message"]
    assert any(item["type"] == "message" for item in output)


@pytest.mark.integration
async def test_a_picture_that_takes_too_long_is_told_the_limit_and_the_time_and_the_text_stands(redis):
    class Late(Pool):
        async def paint(self, job):
            self.say(job, failed("deadline"))

    async with gateway(redis, Planner(*STORY), Late(redis), job_timeout_s=7) as app, client(app) as http:
        output = (await http.post("/v1/responses", json=ASK)).json()["output"]

    errors = [item["error"] for item in output if item["type"] == "image_generation_call"]
    assert {error["code"] for error in errors} == {"deadline"}
    assert re.search(r"not ready 0\.\d s after it was queued; it may take 7 s", errors[0]["message"])
    assert any(item["type"] == "message" for item in output)


@pytest.mark.integration
async def test_an_answer_that_takes_too_long_is_told_the_limit_and_the_time(redis):
    pool, patience = Pool(redis, draws=False), replace(PATIENCE, response_s=0.3)
    async with gateway(redis, Planner(*STORY), pool, patience=patience) as app, client(app) as http:
        told = (await http.post("/v1/responses", json=ASK)).json()

    assert (told["status"], told["error"]["code"]) == ("failed", "deadline")
    assert re.search(r"not complete after 0\.\d s; it may take 0\.3 s", told["error"]["message"])
    assert any(item["type"] == "message" for item in told["output"])


@pytest.mark.integration
async def test_a_planner_that_does_not_begin_is_told_with_the_limit(redis):
    planner, patience = Planner(asyncio.Event()), replace(PATIENCE, plan_start_s=0.2)
    async with gateway(redis, planner, Pool(redis), patience=patience) as app, client(app) as http:
        answer = await http.post("/v1/responses", json=ASK)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "planner_unavailable")
    assert "has not begun to answer within 0.2 s" in answer.json()["detail"]


@pytest.mark.integration
async def test_a_plan_that_takes_too_long_fails_in_the_planners_words(redis):
    late = PlanFailed(code="deadline", message="The planner was not done after 300.1 s; it may take 300 s.")
    async with gateway(redis, Planner(*STORY[:3], late), Pool(redis)) as app, client(app) as http:
        told = (await http.post("/v1/responses", json=ASK)).json()

    assert told["error"] == {"code": "planner_deadline", "message": late.message}


@pytest.mark.integration
@pytest.mark.parametrize(
    ("path", "code"), [("responses/resp_1", "response_not_found"), ("files/file-1", "file_not_found")]
)
async def test_what_is_not_there_any_more_is_told_with_how_long_it_is_kept(redis, path, code):
    async with gateway(redis, Planner(), Pool(redis), keep_s=100) as app, client(app) as http:
        answer = await http.get(f"/v1/{path}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)
    assert "are kept for 100 s" in answer.json()["detail"]
