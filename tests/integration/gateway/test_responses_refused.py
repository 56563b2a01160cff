"""Requests for responses that cannot be done, and responses that are not there: each refusal names the field and the limit."""

import base64

import pytest

from tests.fakes import LIMITS
from tests.integration.gateway.gateway_app import client, events, gateway

pytestmark = pytest.mark.integration

ASK = {"model": "storybook", "input": "Tell me a story about a fox at the sea, with 2 pictures"}


def data_url(data: bytes, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def message(*content):
    return [{"role": "user", "content": list(content)}]


def image(**fields):
    return message({"type": "input_image", "detail": "auto"} | fields)


REFUSED = {
    "a field of ours misspelt": ({"most_image": 1}, 400, "unknown_parameter", "most_image"),
    "one misspelt inside": (
        {"tools": [{"type": "image_generation", "sizes": "64x64"}]},
        400,
        "unknown_parameter",
        "tools[0].sizes",
    ),
    "wrong type": ({"temperature": "hot"}, 400, "invalid_value", "temperature"),
    "out of range": ({"top_p": 2}, 400, "invalid_value", "top_p"),
    "unsupported": ({"prompt": {"id": "pmpt_1"}}, 400, "unsupported_parameter", "prompt"),
    "json": ({"text": {"format": {"type": "json_object"}}}, 400, "invalid_value", "text.format.type"),
    "other tool": (
        {"tools": [{"type": "web_search"}], "tool_choice": "required"},
        400,
        "unsupported_parameter",
        "tool_choice",
    ),
    "empty text": ({"input": "  "}, 400, "invalid_value", "input"),
    "no items": ({"input": []}, 400, "invalid_value", "input"),
    "no input": ({"input": None}, 400, "missing_required_parameter", "input"),
    "items that say nothing": ({"input": [{"type": "function_call"}]}, 400, "invalid_value", "input"),
    "no item": ({"input": [7]}, 400, "invalid_value", "input[0]"),
    "unknown item of ours": (
        {"input": [{"type": "item_reference", "id": "msg_0_0"}]},
        404,
        "item_not_found",
        "input[0].id",
    ),
    "unknown part": (
        {"input": message({"type": "input_audio"})},
        400,
        "invalid_value",
        "input[0].content[0]",
    ),
    "part without text": (
        {"input": message({"type": "input_text"})},
        400,
        "missing_required_parameter",
        "input[0].content[0].text",
    ),
    "too long": ({"input": "a" * 200_001}, 400, "invalid_value", "input"),
    "too many images": (
        {"input": message(*[{"type": "input_image", "file_id": "x"}] * 9)},
        400,
        "invalid_value",
        "input",
    ),
    "too many pictures": ({"most_images": 9}, 400, "invalid_value", "most_images"),
    "least over most": ({"least_images": 3, "most_images": 2}, 400, "invalid_value", "least_images"),
    "pictures in text": ({"mode": "text", "least_images": 1}, 400, "invalid_value", "least_images"),
    "no pictures in image": ({"mode": "image", "most_images": 0}, 400, "invalid_value", "most_images"),
    "size off the grid": ({"size": "100x64"}, 400, "invalid_value", "size"),
    "size too large": (
        {"tools": [{"type": "image_generation", "size": "4096x64"}]},
        400,
        "invalid_value",
        "tools[0].size",
    ),
    "two sizes": (
        {"size": "64x64", "tools": [{"type": "image_generation", "size": "80x64"}]},
        400,
        "invalid_value",
        "tools[0].size",
    ),
    "no size": ({"size": "big"}, 400, "invalid_value", "size"),
    "compressed png": (
        {"tools": [{"type": "image_generation", "output_compression": 3}]},
        400,
        "invalid_value",
        "tools[0].output_compression",
    ),
    "too many tokens": ({"max_output_tokens": 10**6}, 400, "invalid_value", "max_output_tokens"),
    "background unstored": ({"background": True, "store": False}, 400, "invalid_value", "store"),
    "unknown reference": ({"references": ["in1"]}, 400, "invalid_value", "references[0]"),
    "no reference": ({"references": ["fox"]}, 400, "invalid_value", "references[0]"),
    "remote image": (
        {"input": image(image_url="https://example.com/a.png")},
        400,
        "invalid_image_url",
        "input[0].content[0].image_url",
    ),
    "broken image": (
        {"input": image(image_url="data:image/png;base64,AAAA")},
        400,
        "invalid_image",
        "input[0].content[0].image_url",
    ),
    "image by nothing": ({"input": image()}, 400, "invalid_value", "input[0].content[0]"),
    "unknown file": (
        {"input": image(file_id="file-x")},
        404,
        "file_not_found",
        "input[0].content[0].file_id",
    ),
    "unknown picture": (
        {"input": [{"type": "image_generation_call", "id": "ig_x"}]},
        404,
        "not_found",
        "input[0].id",
    ),
    "unknown response": (
        {"previous_response_id": "resp_x"},
        404,
        "response_not_found",
        "previous_response_id",
    ),
    "unknown model": ({"model": "gpt-9"}, 404, "model_not_found", "model"),
    "none and images": ({"tool_choice": "none", "mode": "image"}, 400, "invalid_value", "tool_choice"),
    "other choice": ({"tool_choice": {"type": "function", "name": "f"}}, 400, "invalid_value", "tool_choice"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_request_that_cannot_be_done_is_refused_by_field(http, planner, name):
    change, status, code, param = REFUSED[name]

    refused = await http.post("/v1/responses", json=ASK | change)

    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.status_code, refused.json()["status"]) == (status, status)
    error = refused.json()["error"]
    assert (error["code"], error["param"]) == (code, param)
    assert error["message"] == refused.json()["detail"]
    assert planner.asked == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"most_images": 9}, ["9", "8"]),
        ({"input": "a" * 200_001}, ["200001", "200000"]),
        ({"size": "100x64"}, ["100x64", "16", "64", "2048"]),
        ({"top_p": 2}, ["top_p", "1", "2"]),
    ],
)
async def test_an_error_names_the_limit_and_what_was_sent(http, change, words):
    message = (await http.post("/v1/responses", json=ASK | change)).json()["detail"]

    assert all(word in message for word in words), message


async def test_sizes_are_those_of_the_pool(http, pool, planner):
    pool.limits_now = LIMITS.model_copy(update={"sizes": ((64, 64), (96, 64)), "default_size": (64, 64)})

    refused = await http.post("/v1/responses", json=ASK | {"size": "128x128"})
    assert "64x64, 96x64" in refused.json()["detail"]
    await http.post("/v1/responses", json=ASK)
    assert planner.asked[-1].sizes == ("64x64", "96x64")
    await http.post("/v1/responses", json=ASK | {"size": "96x64"})
    assert planner.asked[-1].sizes == ()
    assert pool.jobs[-1].width_px == 96


@pytest.mark.parametrize("body", [b"{", b"[1]", b"", b'"text"', b"\xff\xfe", b"{} {}"])
async def test_a_body_that_is_no_json_object_is_refused(http, body):
    refused = await http.post("/v1/responses", content=body, headers={"content-type": "application/json"})

    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    assert "JSON" in refused.json()["detail"] or "required" in refused.json()["detail"]


@pytest.mark.parametrize("method", ["get", "delete", "post"])
async def test_an_unknown_or_foreign_response_is_not_found(redis, planner, pool, method):
    keys = {"api_keys": {"key-a": "acme", "key-z": "zeta"}}
    async with gateway(redis, planner, pool, **keys) as app, client(app) as http:
        acme, zeta = ({"authorization": f"Bearer key-{letter}"} for letter in "az")
        made = (await http.post("/v1/responses", json=ASK, headers=acme)).json()
        path = f"/v1/responses/{made['id']}" + ("/cancel" if method == "post" else "")

        assert (await http.request(method, path, headers=zeta)).status_code == 404
        assert (
            await http.request(
                method,
                "/v1/responses/resp_x/cancel".removesuffix("" if method == "post" else "/cancel"),
                headers=acme,
            )
        ).status_code == 404
        assert (await http.request(method, path)).status_code == 401
        assert (
            await http.get(f"/v1/files/{made['output'][1]['file_id']}/content", headers=zeta)
        ).status_code == 404
        assert (await http.get(f"/v1/responses/{made['id']}", headers=acme)).json()["status"] == "completed"


@pytest.mark.parametrize("number", [10_000, -1, "x"])
async def test_starting_after_an_event_that_never_was_is_refused(http, number):
    made = (await http.post("/v1/responses", json=ASK)).json()
    refused = await http.get(
        f"/v1/responses/{made['id']}", params={"stream": "true", "starting_after": number}
    )

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "starting_after")


async def test_starting_after_the_last_event_gives_nothing_more(http):
    streamed = events((await http.post("/v1/responses", json=ASK | {"stream": True})).text)
    id, last = streamed[0]["response"]["id"], streamed[-1]["sequence_number"]

    rest = await http.get(f"/v1/responses/{id}", params={"stream": "true", "starting_after": last})

    assert (rest.status_code, rest.text) == (200, "")
