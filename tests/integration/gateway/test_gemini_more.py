"""What Google's clients ask beside answers: models, counts, files, and a stream as one JSON array."""

import base64
import io

import httpx
import pytest

from planner_service.wire import ImagePart
from tests.integration.gateway.gateway_app import listening, png
from tests.integration.gateway.test_gemini_api import ASK, MODEL, PATH, sdk

pytestmark = pytest.mark.integration


@pytest.fixture
async def google(app):
    async with listening(app) as url, httpx.AsyncClient() as http:
        yield sdk(url, httpx_async_client=http)


async def test_the_sdk_lists_the_model_and_looks_at_it(google):
    listed = [model.name async for model in await google.models.list()]
    found = await google.models.get(model=MODEL)

    assert listed == [found.name] == [f"models/{MODEL}"]
    assert found.output_token_limit == 8192


async def test_the_sdk_counts_tokens_roughly(google):
    assert (await google.models.count_tokens(model=MODEL, contents="x" * 400)).total_tokens == 100


async def test_a_file_that_the_sdk_uploads_is_an_image_to_ask_with(google, planner):
    sent = await google.files.upload(file=io.BytesIO(png(5)), config={"mime_type": "image/jpeg"})
    await google.models.generate_content(model=MODEL, contents=["What is this?", sent])
    found = await google.files.get(name=sent.name)
    await google.files.delete(name=sent.name)

    assert planner.asked[-1].messages[0].content[1] == ImagePart(id="in1")
    assert (found.name, found.state.name) == (sent.name, "ACTIVE")


async def test_nobody_sends_a_file_that_was_not_announced(http):
    refused = await http.post("/uploads/guessed", content=png(1))

    assert (refused.status_code, refused.json()["error"]["status"]) == (404, "NOT_FOUND")


async def test_without_alt_a_stream_is_one_json_array(http):
    streamed = await http.post(f"{PATH}:streamGenerateContent", json=ASK)
    parts = [part for one in streamed.json() for part in one["candidates"][0]["content"]["parts"]]

    assert streamed.headers["content-type"] == "application/json"
    assert [part["text"] for part in parts if "text" in part][:2] == ["Once.", " A fox."]
    assert [base64.b64decode(part["inlineData"]["data"]) for part in parts if "inlineData" in part] == [
        png(0),
        png(1),
    ]
    assert streamed.json()[-1]["candidates"][0]["finishReason"] == "STOP"


async def test_an_array_that_breaks_off_is_still_json(http, planner):
    planner.script = [planner.script[0], RuntimeError("secret")]
    streamed = await http.post(f"{PATH}:streamGenerateContent", json=ASK)

    assert streamed.json()[-1]["error"]["status"] == "INTERNAL"
