"""OpenAI's Images API as an unchanged SDK and plain HTTP see it."""

import asyncio
import base64

import openai
import pytest

from planner_service.wire import ImagePart, TextPart
from tests.fakes import PLAN_DONE, failed, slot
from tests.integration.gateway.gateway_app import Planner, eventually, png

pytestmark = pytest.mark.integration

ASK = {"model": "storybook", "prompt": "a fox at the sea"}


@pytest.fixture
def planner():
    return Planner(slot(0), PLAN_DONE)


async def test_the_sdk_has_pictures_drawn(api, planner, pool):
    planner.script = [*slot(0), *slot(1), PLAN_DONE]
    made = await api.images.generate(**ASK, n=2, size="80x64")

    assert [base64.b64decode(image.b64_json) for image in made.data] == [png(0, (80, 64)), png(1, (80, 64))]
    assert made.data[0].revised_prompt == "picture 0"
    assert made.usage.total_tokens == 18
    plan = planner.asked[0]
    assert (plan.mode, plan.least_images, plan.most_images) == ("image", 2, 2)
    assert [job.references for job in pool.jobs] == [(), ()]


async def test_the_sdk_watches_a_picture_being_drawn(api):
    streamed = [event async for event in await api.images.generate(**ASK, stream=True, partial_images=2)]

    assert [event.type for event in streamed] == [
        "image_generation.partial_image",
        "image_generation.partial_image",
        "image_generation.completed",
    ]
    assert [base64.b64decode(event.b64_json) for event in streamed] == [png(200), png(201), png(0)]


async def test_without_a_planner_the_prompt_is_the_description(api, planner, pool):
    made = await api.images.generate(**ASK, n=3, extra_body={"planner": False, "seed": 5})

    assert planner.asked == []
    assert [(job.description, job.seed) for job in pool.jobs] == [
        ("a fox at the sea", 5 + n) for n in range(3)
    ]
    assert len(made.data) == 3
    assert made.usage.total_tokens == 0


async def test_urls_are_given_where_they_are_asked_for(api, http):
    made = await api.images.generate(**ASK, response_format="url")

    assert made.data[0].b64_json is None
    assert (await http.get(made.data[0].url)).content == png(0)


@pytest.mark.parametrize("count", [1, 2])
async def test_the_sdk_has_images_edited_that_it_sends_as_files(api, planner, pool, count):
    files = [(f"{number}.png", png(number), "image/png") for number in range(count)]
    made = await api.images.edit(**ASK, image=files if count > 1 else files[0], size="80x64")
    names = [f"in{number + 1}" for number in range(count)]

    assert base64.b64decode(made.data[0].b64_json) == png(0, (80, 64))
    assert planner.asked[0].messages[0].content == (
        *(ImagePart(id=name) for name in names),
        TextPart(text="a fox at the sea"),
    )
    assert len(pool.jobs[0].references) == count
    assert made.data[0].references == [{"id": name, "chosen_by": "client"} for name in names]


async def test_the_sdk_watches_an_edit(api):
    asked = await api.images.edit(**ASK, image=png(3), stream=True, partial_images=1)

    assert [event.type async for event in asked] == ["image_edit.partial_image", "image_edit.completed"]


async def test_an_edit_in_json_names_its_images(http, pool):
    sent = await http.post(
        "/v1/files", data={"purpose": "vision"}, files={"file": ("a.png", png(7), "image/png")}
    )
    url = f"data:image/png;base64,{base64.b64encode(png(8)).decode()}"
    images = [{"image_url": url}, {"file_id": sent.json()["id"]}]
    made = await http.post("/v1/images/edits", json=ASK | {"images": images, "planner": False})

    assert made.status_code == 200
    assert len(pool.jobs[0].references) == 2


async def test_a_picture_that_fails_is_told_beside_the_others(http, planner, pool):
    planner.script = [*slot(0), *slot(1), PLAN_DONE]
    pool.draws = False
    asking = asyncio.create_task(http.post("/v1/images/generations", json=ASK | {"n": 2}))
    await eventually(lambda: len(pool.jobs) == 2)
    pool.say(pool.jobs[0], failed("no_memory"))
    await pool.paint(pool.jobs[1])
    made = (await asking).json()

    assert [image["picture"] for image in made["data"]] == ["img2"]
    assert [(missed["index"], missed["error"]["code"]) for missed in made["failed"]] == [(0, "no_memory")]


async def test_no_picture_at_all_is_an_error(api, http, pool):
    pool.full_for = (0,)
    refused = await http.post("/v1/images/generations", json=ASK)

    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "queue_unavailable")
    assert "x-should-retry" not in refused.headers
    assert int(refused.headers["retry-after"]) > 0
    with pytest.raises(openai.APIError, match="could not be queued"):
        async for _ in await api.images.generate(**ASK, stream=True):
            pass


REF = {"image_url": f"data:image/png;base64,{base64.b64encode(png(1)).decode()}"}
REFUSED = {
    "a field of ours misspelt": ("generations", {"planer": False}, "unknown_parameter", "planer"),
    "too many": ("generations", {"n": 5}, "invalid_value", "n"),
    "no prompt": ("generations", {"prompt": " "}, "invalid_value", "prompt"),
    "size off the grid": ("generations", {"size": "100x64"}, "invalid_value", "size"),
    "quality": ("generations", {"quality": "best"}, "invalid_value", "quality"),
    "transparent": ("generations", {"background": "transparent"}, "invalid_value", "background"),
    "gif": ("generations", {"output_format": "gif"}, "invalid_value", "output_format"),
    "compressed png": ("generations", {"output_compression": 5}, "invalid_value", "output_compression"),
    "unwatched": ("generations", {"partial_images": 1}, "invalid_value", "partial_images"),
    "unknown model": ("generations", {"model": "dall-e"}, "model_not_found", "model"),
    "no image": ("edits", {}, "missing_required_parameter", "images"),
    "mask": ("edits", {"images": [REF], "mask": REF}, "unsupported_parameter", "mask"),
    "empty image": ("edits", {"images": [{}]}, "invalid_value", "images[0]"),
    "too many images": ("edits", {"images": [REF] * 5}, "invalid_value", "images"),
    "unknown file": ("edits", {"images": [{"file_id": "file-x"}]}, "file_not_found", "images[0].file_id"),
    "remote image": (
        "edits",
        {"images": [{"image_url": "https://a.b/c.png"}]},
        "invalid_image_url",
        "images[0].image_url",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_request_that_cannot_be_done_is_refused_by_field(http, pool, name):
    path, change, code, param = REFUSED[name]

    refused = await http.post(f"/v1/images/{path}", json=ASK | change)

    assert refused.status_code in (400, 404)
    assert (refused.json()["error"]["code"], refused.json()["error"]["param"]) == (code, param)
    assert pool.jobs == []


FILE = ("a.png", png(1), "image/png")
REFUSED_FORMS = {
    "a file elsewhere": ({}, {"other": FILE}, "missing_required_parameter", "image"),
    "mask": ({}, {"image": FILE, "mask": FILE}, "unsupported_parameter", "mask"),
    "a field of ours misspelt": ({"seeds": "1"}, {"image": FILE}, "unknown_parameter", "seeds"),
    "too many": ({"n": "9"}, {"image": FILE}, "invalid_value", "n"),
    "no image inside": ({}, {"image": ("a.png", b"no image", "image/png")}, "invalid_image", "image"),
}


@pytest.mark.parametrize("name", REFUSED_FORMS)
async def test_a_form_that_cannot_be_taken_is_refused_by_field(http, pool, name):
    change, files, code, param = REFUSED_FORMS[name]

    refused = await http.post("/v1/images/edits", data=ASK | change, files=files)

    assert refused.status_code == 400
    assert (refused.json()["error"]["code"], refused.json()["error"]["param"]) == (code, param)
    assert pool.jobs == []


@pytest.mark.parametrize("body", [b"{", b"[1]", b""])
async def test_an_edit_that_is_no_json_object_is_refused(http, body):
    refused = await http.post("/v1/images/edits", content=body)

    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_json")
