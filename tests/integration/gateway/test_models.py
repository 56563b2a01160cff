"""Several models behind one gateway, each with a planner and a pool of its own; the pools' queues are real."""

import pytest
from redis.asyncio import Redis

from gateway.running.backends import Backend, Backends
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway.gateway_app import Planner, Pool, client, served, settings
from tests.integration.queue.jobs import eventually
from visualizer_service.client import Pool as QueuedPool
from visualizer_service.queue.consumer import Consumer

pytestmark = pytest.mark.integration

MODELS = {
    "sketches": {"pool": "fast", "most_images": 1, "output_tokens": 300},
    "portraits": {"pool": "slow", "size": "128x64"},
}
KEY = {"x-goog-api-key": "any"}


@pytest.fixture
async def two(redis: Redis):
    """A client of a gateway with two models, and their planners and pools."""
    planners = [Planner(says(name), slot(0), PLAN_DONE) for name in MODELS]
    pools = [Pool(redis), Pool(redis)]
    backends = Backends(
        {
            name: Backend(planner, pool, MODELS[name]["pool"])
            for name, planner, pool in zip(MODELS, planners, pools, strict=True)
        }
    )
    async with served(redis, backends, settings(models=MODELS)) as app, client(app) as http:
        yield http, planners, pools


def texts(answer):
    return [
        part["text"] for item in answer["output"] if item["type"] == "message" for part in item["content"]
    ]


async def test_each_model_has_its_own_planner_and_pool(two):
    http, planners, pools = two
    for place, name in enumerate(MODELS):
        answer = (await http.post("/v1/responses", json={"model": name, "input": "A fox"})).json()
        assert answer["model"] == name
        assert texts(answer) == [name]
        assert [len(pool.jobs) for pool in pools] == [1, 0] if place == 0 else [1, 1]
        assert [len(planner.asked) for planner in planners] == [1, place]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"model": "portraits", "messages": [{"role": "user", "content": "A fox"}]}),
        ("/v1/images/generations", {"model": "portraits", "prompt": "A fox"}),
        ("/v1beta/models/portraits:generateContent", {"contents": [{"parts": [{"text": "A fox"}]}]}),
        (
            "/v1/ui-messages",
            {
                "model": "portraits",
                "messages": [{"role": "user", "parts": [{"type": "text", "text": "A fox"}]}],
            },
        ),
    ],
)
async def test_every_dialect_asks_for_a_model_by_its_name(two, path, body):
    http, planners, pools = two
    assert (await http.post(path, json=body)).status_code == 200
    assert [len(planner.asked) for planner in planners] == [0, 1]
    assert [len(pool.jobs) for pool in pools] == [0, 1]


async def test_a_request_that_names_no_model_gets_the_first(two):
    http, planners, _ = two
    assert (await http.post("/v1/responses", json={"input": "A fox"})).json()["model"] == "sketches"
    assert [len(planner.asked) for planner in planners] == [1, 0]


async def test_what_a_request_does_not_say_a_model_may(two):
    http, planners, pools = two
    for name in MODELS:
        await http.post("/v1/responses", json={"model": name, "input": "A fox"})
    assert (planners[0].asked[0].most_images, planners[1].asked[0].most_images) == (1, 8)
    assert planners[0].asked[0].max_output_tokens == 300
    assert [(pool.jobs[0].width_px, pool.jobs[0].height_px) for pool in pools] == [(64, 64), (128, 64)]


async def test_a_model_that_is_not_here_is_refused_with_those_that_are(two):
    http, *_ = two
    refused = await http.post("/v1/responses", json={"model": "gpt-4o", "input": "A fox"})
    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "model_not_found"
    assert refused.json()["error"]["message"] == "There is no such model; there is sketches, portraits."


async def test_all_models_are_listed_in_either_form(two):
    http, *_ = two
    assert [one["id"] for one in (await http.get("/v1/models")).json()["data"]] == list(MODELS)
    googles = (await http.get("/v1/models", headers=KEY)).json()["models"]
    assert [one["name"] for one in googles] == ["models/sketches", "models/portraits"]
    assert (await http.get("/v1/models/portraits")).json()["id"] == "portraits"
    assert (await http.get("/v1/models/gpt-4o")).status_code == 404


async def test_a_planner_that_is_away_costs_its_own_models_only(two):
    http, planners, _ = two
    planners[0].is_ready = False
    assert (await http.get("/readyz")).status_code == 200
    planners[1].is_ready = False
    assert (await http.get("/readyz")).status_code == 503


async def test_status_and_metrics_tell_of_each_pool(two):
    http, *_ = two
    status = (await http.get("/v1/status")).json()
    assert (status["model"], status["models"]) == ("sketches", list(MODELS))
    assert [pool["name"] for pool in status["pools"]] == ["fast", "slow"]
    assert status["pool"] == status["pools"][0]
    metrics = (await http.get("/metrics")).text
    assert metrics.count("# TYPE visualizer_queue_depth gauge") == 1
    for pool in ("fast", "slow"):
        assert f'visualizer_workers{{pool="{pool}",state="working"}} 0.0' in metrics


async def test_two_queues_get_their_own_jobs_while_one_pool_is_empty(redis):
    planners = [Planner(says(name), slot(0), PLAN_DONE) for name in MODELS]
    async with QueuedPool(redis, "fast", "gw_1") as fast, QueuedPool(redis, "slow", "gw_1") as slow:
        pools = {"sketches": fast, "portraits": slow}
        backends = Backends(
            {
                name: Backend(planner, pools[name], MODELS[name]["pool"])
                for name, planner in zip(MODELS, planners, strict=True)
            }
        )
        async with served(redis, backends, settings(models=MODELS)) as app, client(app) as http:
            begun = [
                await http.post("/v1/responses", json={"model": name, "input": "A fox", "background": True})
                for name in MODELS
            ]
            assert [answer.status_code for answer in begun] == [200, 200]
            worker = Consumer(redis, "fast", "worker", lease_s=15)
            claim = None
            while claim is None:
                claim = next(iter(await worker.claim(1, wait=True)), None)
            assert claim.job.response == begun[0].json()["id"]

            async def waits() -> bool:
                return (await slow.waiting())["interactive"] == 1

            await eventually(waits)
            assert await worker.claim(1, wait=False) == []
