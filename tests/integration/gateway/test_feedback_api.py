"""Feedback through the API: who may ask for it, what is told of it, and that it costs nothing where nobody asks."""

import json

import pytest

from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway

pytestmark = pytest.mark.integration

BAD = '{"good": false, "wrong": "It is a dog.", "better_description": "a red fox", "score": 2}'
GOOD = '{"good": true, "score": 9}'


class Judging(Planner):
    """Sees; as critic it says what its verdicts say, in turn."""

    def __init__(self, *verdicts):
        super().__init__(says("Once."), slot(0), PLAN_DONE, sees_images=True)
        self.verdicts = list(verdicts)

    async def plan(self, request):
        if request.id == "critic":
            yield says(self.verdicts.pop(0))
            yield PLAN_DONE
            return
        async for event in super().plan(request):
            yield event


async def test_a_planner_that_sees_judges_and_both_drafts_are_told(redis):
    pool = Pool(redis)
    async with gateway(redis, Judging(BAD, GOOD), pool) as app, client(app) as http:
        answer = (await http.post("/v1/responses", json={"input": "A fox", "feedback": "critic"})).json()
    picture = answer["output"][1]
    assert [job.description for job in pool.jobs] == ["picture 0", "a red fox"]
    assert picture["description"] == picture["revised_prompt"] == "a red fox"
    assert [(one["good"], one["wrong"], one["shown"]) for one in picture["drafts"]] == [
        (False, "It is a dog.", False),
        (True, None, True),
    ]
    assert answer["timeline"]["slots"][0]["redrawn"] == 1
    assert (answer["feedback"], answer["most_redraws"]) == ("critic", 1)


async def test_a_critic_that_talks_nonsense_costs_no_picture_and_that_is_said(redis):
    async with gateway(redis, Judging("Nice!"), Pool(redis)) as app, client(app) as http:
        answer = (await http.post("/v1/responses", json={"input": "A fox", "feedback": "critic"})).json()
    picture = answer["output"][1]
    assert (answer["status"], picture["status"]) == ("completed", "completed")
    assert picture["drafts"][0]["wrong"] == "The critic could not be heard."


async def test_a_critic_that_is_down_costs_no_picture(redis):
    nobody = {"critic_url": "http://127.0.0.1:9/v1"}
    async with gateway(redis, Planner(*STORY), Pool(redis), **nobody) as app, client(app) as http:
        answer = (await http.post("/v1/responses", json={"input": "A fox", "feedback": "critic"})).json()
    pictures = [item for item in answer["output"] if item["type"] == "image_generation_call"]
    assert [one["status"] for one in pictures] == ["completed", "completed"]
    assert {one["drafts"][0]["good"] for one in pictures} == {None}


@pytest.mark.parametrize("feedback", ["critic", "inline"])
async def test_feedback_that_nobody_can_give_is_refused_by_name(redis, feedback):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        answer = await http.post("/v1/responses", json={"input": "A fox", "feedback": feedback})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "feedback")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/ui-messages"])
async def test_other_dialects_take_it_too(redis, path):
    messages = [{"role": "user", "content": "A fox", "parts": [{"type": "text", "text": "A fox"}]}]
    asked = {"messages": messages, "feedback": "critic"}
    async with gateway(redis, Judging(BAD, GOOD), Pool(redis)) as app, client(app) as http:
        answer = await http.post(path, json=asked)
    assert answer.status_code == 200
    assert json.dumps("It is a dog.") in answer.text


async def test_a_repeated_picture_is_told_of(redis):
    class Same(Pool):
        async def paint(self, job):
            await super().paint(job)

        def say(self, job, event, attempt=1):
            if event.type == "done":
                event = event.model_copy(update={"look": "0" * 160})
            super().say(job, event, attempt)

    async with gateway(redis, Planner(*STORY), Same(redis)) as app, client(app) as http:
        answer = (await http.post("/v1/responses", json={"input": "A fox"})).json()
    pictures = [item for item in answer["output"] if item["type"] == "image_generation_call"]
    assert [[one["code"] for one in picture["warnings"]] for picture in pictures] == [[], ["repeated"]]
