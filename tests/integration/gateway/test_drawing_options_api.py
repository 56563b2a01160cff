"""How pictures are to be drawn and written, in the words of each dialect: taken, or refused by name with a reason."""

import pytest
from redis.asyncio import Redis

from tests.fakes import LIMITS
from tests.integration.gateway.gateway_app import STORY, Planner, Pool, client, gateway, png

pytestmark = pytest.mark.integration

CHAT, RESPONSES, IMAGES = "/v1/chat/completions", "/v1/responses", "/v1/images/generations"
PATHS = (RESPONSES, CHAT, IMAGES)
TOOL = "tools[0]."


@pytest.fixture
async def http(redis: Redis, pool: Pool):
    async with gateway(redis, Planner(*STORY), pool) as app, client(app) as http:
        yield http


def asking(path, options):
    """A request for pictures drawn like this, and what stands before the names of the options."""
    match path:
        case "/v1/responses":
            return {"input": "A story", "tools": [{"type": "image_generation"} | options]}, TOOL
        case "/v1/chat/completions":
            return {"messages": [{"role": "user", "content": "A story"}]} | options, ""
        case _:
            return {"prompt": "a fox", "planner": False} | options, ""


async def refusal(http, path, options):
    refused = await http.post(path, json=asking(path, options)[0])
    assert refused.status_code == 400
    return refused.json()["error"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("quality", "steps"), [("low", 2), ("medium", 4), ("high", 8), ("auto", None)])
async def test_quality_is_the_number_of_steps(http, pool, path, quality, steps):
    answer = await http.post(path, json=asking(path, {"quality": quality})[0])

    assert answer.status_code == 200
    assert {job.steps for job in pool.jobs} == {steps}


@pytest.mark.parametrize("path", PATHS)
async def test_quality_is_refused_where_it_means_nothing(http, pool, path):
    pool.limits_now = LIMITS.model_copy(update={"default_steps": 8, "least_steps": 8, "most_steps": 8})
    error = await refusal(http, path, {"quality": "high"})

    assert error["param"] == f"{asking(path, {})[1]}quality"
    assert "high" in error["message"]
    assert "8 steps" in error["message"]
    assert (await http.post(path, json=asking(path, {"quality": "auto"})[0])).status_code == 200


@pytest.mark.parametrize("path", PATHS)
async def test_size_and_form_reach_the_drawer(http, pool, path):
    options = {"size": "128x64", "output_format": "webp", "output_compression": 70}
    await http.post(path, json=asking(path, options)[0])

    job = pool.jobs[0]
    assert (job.width_px, job.height_px, job.output_format, job.output_compression) == (128, 64, "webp", 70)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"size": "100x64"}, "size"),
        ({"size": "huge"}, "size"),
        ({"output_format": "gif"}, "output_format"),
        ({"output_format": "webp", "output_compression": 101}, "output_compression"),
        ({"output_format": "png", "output_compression": 50}, "output_compression"),
        ({"quality": "best"}, "quality"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_by_its_name(http, path, options, name):
    assert (await refusal(http, path, options))["param"] == f"{asking(path, {})[1]}{name}"


@pytest.mark.parametrize("looks", [0, 3])
async def test_looks_on_the_way_are_drawn_as_often_as_asked(http, pool, looks):
    await http.post(RESPONSES, json=asking(RESPONSES, {"partial_images": looks})[0])

    assert {job.previews for job in pool.jobs} == {looks}


@pytest.mark.parametrize("looks", [-1, 4])
async def test_more_looks_than_there_are_is_refused(http, looks):
    assert (await refusal(http, RESPONSES, {"partial_images": looks}))["param"] == f"{TOOL}partial_images"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"input_fidelity": "high"}, "as closely as it can"),
        ({"moderation": "strict"}, "nothing is moderated"),
        ({"model": "gpt-image-1"}, "one model"),
    ],
)
async def test_options_of_openais_tool_that_change_nothing_here_are_ignored_with_the_reason(
    http, options, why
):
    answer = (await http.post(RESPONSES, json=asking(RESPONSES, options)[0])).json()
    (warning,) = answer["warnings"]

    (name,) = options
    assert warning["param"] == TOOL + name
    assert why in warning["message"]


async def test_a_mask_is_refused_with_the_reason_and_in_the_form_of_an_edit_too(http):
    error = await refusal(http, RESPONSES, {"input_image_mask": {"file_id": "file-1"}})
    files = {"image": ("a.png", png(1), "image/png")}
    refused = await http.post("/v1/images/edits", files=files, data={"prompt": "a fox", "mask": "m"})

    assert (error["code"], error["param"]) == ("unsupported_parameter", f"{TOOL}input_image_mask")
    assert "drawn anew" in error["message"]
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unsupported_parameter")


@pytest.mark.parametrize("path", PATHS)
async def test_openais_own_compression_means_nothing_for_png_and_is_taken(http, pool, path):
    assert (await http.post(path, json=asking(path, {"output_compression": 100})[0])).status_code == 200
    assert pool.jobs[0].output_compression is None


@pytest.mark.parametrize(
    ("path", "usage", "pictures"),
    [
        (RESPONSES, lambda told: told["usage"], 2),
        (CHAT, lambda told: told["usage"], 2),
        (IMAGES, lambda told: told["usage"], 1),
    ],
)
async def test_usage_counts_pictures_pixels_and_seconds_beside_tokens(http, path, usage, pictures):
    told = usage((await http.post(path, json=asking(path, {})[0])).json())

    assert told["total_tokens"] in (0, 18)
    assert (told["images"], told["pixels"]) == (pictures, pictures * 64 * 64)
    assert told["drawing_seconds"] > 0


@pytest.mark.parametrize("path", PATHS)
async def test_pictures_are_drawn_with_the_adapter_that_is_named(http, pool, path):
    pool.limits_now = LIMITS.model_copy(update={"adapters": ("ink", "clay")})
    named, _ = asking(path, {})
    await http.post(path, json=named | {"adapter": "clay"})
    assert {job.adapter for job in pool.jobs} == {"clay"}


@pytest.mark.parametrize("path", PATHS)
async def test_an_adapter_that_is_not_there_is_refused_by_name(http, pool, path):
    pool.limits_now = LIMITS.model_copy(update={"adapters": ("ink",)})
    refused = await http.post(path, json=asking(path, {})[0] | {"adapter": "chalk"})
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "adapter"
    assert "chalk" in refused.json()["error"]["message"]
    assert "ink" in refused.json()["error"]["message"]
