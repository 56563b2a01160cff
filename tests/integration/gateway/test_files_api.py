"""OpenAI's Files API, and what the service says of itself."""

import openai
import pytest
from redis.asyncio import Redis

from tests.fakes import PLAN_DONE, slot
from tests.integration.gateway.gateway_app import (
    STORY,
    Planner,
    Pool,
    client,
    eventually,
    gateway,
    png,
    sdk,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def planner():
    return Planner()


@pytest.fixture
async def app(redis: Redis, planner: Planner):
    limits = {"most_image_bytes": 5000, "most_image_pixels": 128 * 128, "most_body_bytes": 9000}
    async with gateway(redis, planner, Pool(redis), **limits) as app:
        yield app


async def upload(http, data=None, name="fox.png", media_type="image/png", **form):
    files = {"file": (name, png(3) if data is None else data, media_type)}
    return await http.post("/v1/files", files=files, data={"purpose": "vision"} | form)


async def test_the_sdk_sends_finds_reads_lists_and_deletes_a_file(app):
    async with sdk(app) as api:
        sent = await api.files.create(file=("fox.png", png(3)), purpose="user_data")
        other = await api.files.create(
            file=("fox.jpg", png(4, format="JPEG"), "image/jpeg"), purpose="assistants"
        )

        assert (sent.filename, sent.purpose, sent.object) == ("fox.png", "user_data", "file")
        assert await api.files.retrieve(sent.id) == sent
        assert (await api.files.content(sent.id)).content == png(3)
        assert sent.bytes == len((await api.files.content(sent.id)).content)
        assert {file.id for file in (await api.files.list()).data} == {sent.id, other.id}
        assert (await api.files.delete(sent.id)).deleted
        assert [file.id for file in (await api.files.list()).data] == [other.id]
        with pytest.raises(openai.NotFoundError):
            await api.files.retrieve(sent.id)


async def test_a_file_is_kept_for_its_time_only(redis, planner):
    async with gateway(redis, planner, Pool(redis), keep_s=100) as app, client(app) as http:
        file = (await upload(http)).json()

        assert file["expires_at"] == file["created_at"] + 100
        assert 0 < await redis.ttl(f"file:{file['id']}") <= 100


NAMING = {
    "/v1/responses": lambda id: {
        "input": [{"role": "user", "content": [{"type": "input_image", "file_id": id}]}]
    },
    "/v1/chat/completions": lambda id: {
        "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": id}}]}]
    },
    "/v1/images/edits": lambda id: {"prompt": "A fox", "images": [{"file_id": id}]},
}


@pytest.mark.parametrize("path", NAMING)
async def test_a_file_that_a_request_names_is_kept_for_a_full_time_from_then_on(app, redis, planner, path):
    planner.script = [*slot(0), PLAN_DONE]
    planner.plans = [STORY]
    async with client(app) as http:
        file = (await upload(http)).json()
        (blob,) = [key async for key in redis.scan_iter("blob:*")]
        await redis.expire(blob, 5)

        reply = await http.post(path, json=NAMING[path](file["id"]))

        assert reply.status_code == 200, reply.text
        assert await redis.ttl(blob) > 5


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"data": b"hello"}, 400, "invalid_image", "file"),
        ({"data": b""}, 400, "invalid_image", "file"),
        ({"data": png(1, (300, 300))}, 400, "image_too_large", "file"),
        ({"data": b"\0" * 6000}, 400, "image_file_too_large", "file"),
        ({"data": b"\0" * 9000}, 413, "body_too_large", None),
        ({"purpose": "fine-tune"}, 400, "invalid_value", "purpose"),
    ],
)
async def test_what_is_no_good_image_is_refused_by_field(http, change, status, code, param):
    refused = await upload(http, **change)

    assert refused.status_code == status
    error = refused.json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert (await http.get("/v1/files")).json()["data"] == []


async def test_a_form_without_a_file_is_refused(http):
    refused = await http.post("/v1/files", data={"purpose": "vision"})

    assert refused.json()["error"]["param"] == "file"


async def test_a_form_that_is_none_is_refused(http):
    headers = {"content-type": "multipart/form-data; boundary=x"}
    refused = await http.post("/v1/files", content=b"--x\r\nnonsense", headers=headers)

    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("id", ["file-x", f"file-{'0' * 32}-1", f"file-{'0' * 32}-1-2"])
@pytest.mark.parametrize(("method", "tail"), [("get", ""), ("get", "/content"), ("delete", "")])
async def test_an_unknown_file_is_not_found(http, id, method, tail):
    refused = await http.request(method, f"/v1/files/{id}{tail}")

    assert (refused.status_code, refused.headers["content-type"]) == (404, "application/problem+json")
    assert id in refused.json()["detail"] or "response" in refused.json()["detail"]


async def test_the_model_is_listed_under_its_public_name(app):
    async with sdk(app) as api:
        assert [model.id for model in (await api.models.list()).data] == ["storybook"]
        assert (await api.models.retrieve("storybook")).object == "model"
        with pytest.raises(openai.NotFoundError):
            await api.models.retrieve("gpt-9")


async def test_readiness_says_what_is_missing(app, http, planner):
    assert (await http.get("/healthz")).status_code == 200
    assert (await http.get("/readyz")).json() == {
        "ready": True,
        "redis": True,
        "planner": True,
        "loops": True,
        "leaving": False,
    }

    planner.is_ready = False
    refused = await http.get("/readyz")
    assert (refused.status_code, refused.json()["planner"]) == (503, False)


async def test_a_gateway_that_leaves_is_not_ready_and_takes_nothing_new(app, http):
    app.state.container.leaving = True
    await app.state.container.conductor.drain(0)

    assert (await http.get("/readyz")).json()["leaving"] is True
    refused = await http.post("/v1/responses", json={"input": "hello"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "shutting_down")


async def test_keys_are_asked_for_where_there_are_any(redis, planner):
    async with gateway(redis, planner, Pool(redis), api_keys={"secret": "acme"}) as app, client(app) as http:
        for path in ("/v1/models", "/v1/files", "/v1/responses/resp_x"):
            refused = await http.get(path)
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
        assert (await http.get("/v1/models", headers={"authorization": "Bearer secret"})).status_code == 200
        assert (await http.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/v1/nothing", 404, "unknown_url"),
        ("delete", "/v1/models", 405, "method_not_allowed"),
        ("get", "/nothing", 404, "unknown_url"),
    ],
)
async def test_a_wrong_url_or_method_is_a_problem_too(http, method, path, status, code):
    refused = await http.request(method, path)

    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json")
    assert refused.json()["error"]["code"] == code


async def test_a_body_without_a_length_is_stopped_at_the_limit(http):
    sent = 0

    async def endless():
        nonlocal sent
        for _ in range(100):
            sent += 1000
            yield b" " * 1000

    refused = await http.post(
        "/v1/responses", content=endless(), headers={"content-type": "application/json"}
    )

    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")
    assert sent <= 12_000


async def test_metrics_tell_outcomes_waits_and_refusals(redis):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, client(app) as http:
        await http.post("/v1/responses", json={"input": "hello", "stream": True})
        await http.post("/v1/responses", json={"input": ""})
        await eventually(lambda: app.state.container.conductor.under_way == 0)
        told = (await http.get("/metrics")).text

    assert 'gateway_responses_total{outcome="completed"} 1.0' in told
    assert 'gateway_pictures_total{outcome="done"} 2.0' in told
    assert 'gateway_refused_total{code="invalid_value"} 1.0' in told
    for name in ("first_text", "first_picture"):
        assert f"gateway_{name}_seconds_count 1.0" in told
    for name in ("picture_stall", "stitch"):
        assert f"gateway_{name}_seconds_count 2.0" in told
    assert "gateway_open_streams 0.0" in told
