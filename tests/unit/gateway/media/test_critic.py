"""What a vision model is asked about a picture, and what is made of whatever it answers."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from gateway.answer.event_budget import BETTER_BYTES
from gateway.answer.stitching.judging import Shown, Verdict
from gateway.media.critic import ChatCritic, NoVerdict, PlannerCritic, verdict_of
from planner_service.wire import ImagePart, PlanEvent, PlanFailed, PlanRequest
from tests.fakes import PLAN_DONE, FakeBlobs, blob, says

SHOWN = Shown(blob("img1"), "a fox\nat sea", (("in1", blob("in1")),))
VIEWS = FakeBlobs(img1=b"cGljdHVyZQ==", in1=b"Zm94")
BAD = '{"good": false, "score": 3, "wrong": "It is a dog.", "better_description": "a red fox"}'


@pytest.mark.parametrize(
    "answer",
    [
        BAD,
        f"```json\n{BAD}\n```",
        f"Let me see {{it}}. {BAD} That is all.",
        '{"good": false, "score": 3.0, "wrong": " It is a dog. ", "better_description": "a red fox", "more": []}',
    ],
)
def test_a_verdict_is_found_whatever_stands_around_it(answer: str):
    assert verdict_of(answer) == Verdict(False, "It is a dog.", "a red fox", 3)


def test_a_verdict_may_say_no_more_than_that_the_picture_is_good():
    assert verdict_of('{"good": true}') == Verdict(good=True)


@pytest.mark.parametrize(
    "answer", ["", "Nice!", "{", '{"good": "perhaps"}', "[1]", '{"score": 3}', "{" * 5000]
)
def test_an_answer_without_a_verdict_is_none(answer: str):
    with pytest.raises(NoVerdict):
        verdict_of(answer)


def test_a_better_description_is_cut_where_events_would_grow_too_long():
    verdict = verdict_of(json.dumps({"good": False, "better_description": "a" * 9000}))
    assert verdict.better_description == "a" * BETTER_BYTES


def test_half_a_character_in_a_verdict_is_replaced_so_that_it_can_be_kept():
    verdict = verdict_of(r'{"good": false, "wrong": "A \ud83e fox", "better_description": "a \ud83e\udd8a"}')
    assert verdict == Verdict(False, "A \ufffd fox", "a \U0001f98a")


def critic(answer: httpx.Response, asked: list[httpx.Request]) -> ChatCritic:
    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return answer

    transport = httpx.MockTransport(handle)
    return ChatCritic("http://critic/v1/", "judge-1", SecretStr("sesame"), VIEWS, transport)


def said(content: Any) -> httpx.Response:
    return httpx.Response(200, json={"choices": [{"message": {"content": content}}]})


async def test_a_server_is_shown_the_picture_and_its_references_and_asked_by_name_and_key():
    asked: list[httpx.Request] = []
    async with critic(said(BAD), asked) as judge:
        assert (await judge.judge(SHOWN)).good is False
    (request,) = asked
    assert str(request.url) == "http://critic/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sesame"
    body = json.loads(request.content)
    *images, text = body["messages"][0]["content"]
    assert body["model"] == "judge-1"
    assert [one["image_url"]["url"] for one in images] == [
        "data:image/jpeg;base64,cGljdHVyZQ==",
        "data:image/jpeg;base64,Zm94",
    ]
    assert "The description: a fox at sea" in text["text"]
    assert "(in1)" in text["text"]


@pytest.mark.parametrize(
    "answer",
    [httpx.Response(500), httpx.Response(200, text="no JSON"), said(None), httpx.Response(200, json=[])],
)
async def test_a_server_that_fails_or_says_nothing_raises(answer: httpx.Response):
    async with critic(answer, []) as judge:
        with pytest.raises((httpx.HTTPError, NoVerdict)):
            await judge.judge(SHOWN)


async def test_a_picture_that_is_gone_is_not_judged():
    async with critic(said(BAD), []) as judge:
        with pytest.raises(NoVerdict):
            await judge.judge(Shown(blob("gone"), "a fox"))


class Planner:
    """Answers with its script."""

    def __init__(self, *script: PlanEvent) -> None:
        self.script = script
        self.asked: list[PlanRequest] = []

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        self.asked.append(request)
        for event in self.script:
            yield event


async def test_a_planner_that_sees_can_be_the_critic():
    planner = Planner(says(BAD[:20]), says(BAD[20:]), PLAN_DONE)
    assert (await PlannerCritic(planner, VIEWS).judge(SHOWN)).wrong == "It is a dog."
    (request,) = planner.asked
    images = [part.data for part in request.messages[0].content if isinstance(part, ImagePart)]
    assert (request.mode, images) == ("text", ["cGljdHVyZQ==", "Zm94"])


async def test_a_planner_that_fails_gives_no_verdict():
    with pytest.raises(NoVerdict):
        await PlannerCritic(Planner(PlanFailed(code="engine_failed")), VIEWS).judge(SHOWN)
