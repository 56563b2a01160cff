"""Google's Gemini API as an unchanged SDK and plain HTTP see it."""

import base64
import re

import httpx
import pytest
from google import genai
from google.genai import errors
from google.genai.types import GenerateContentConfig, HttpOptions, ImageConfig, Part
from pydantic import SecretStr
from redis.asyncio import Redis

from planner_service.wire import ImagePart, PicturePart, TextPart
from tests.fakes import PLAN_DONE, failed, says, slot
from tests.integration.gateway.gateway_app import Pool, client, events, gateway, listening, png

pytestmark = pytest.mark.integration

MODEL = "storybook"
PATH = f"/v1beta/models/{MODEL}"
ASK = {"contents": [{"parts": [{"text": "A story about a fox, with 2 pictures"}]}]}


class SometimesPool(Pool):
    """Draws until it is told to give up."""

    gives_up = False

    async def paint(self, job):
        if self.gives_up:
            self.say(job, failed("deadline"))
        else:
            await super().paint(job)


@pytest.fixture
def pool(redis: Redis):
    return SometimesPool(redis)


@pytest.fixture
async def google(http):
    return sdk("http://gateway", httpx_async_client=http)


def sdk(url, **options):
    """The models of an unchanged SDK."""
    return genai.Client(api_key="any", http_options=HttpOptions(base_url=url, **options)).aio


def shown(parts):
    """What an answer consists of, in order: texts, and the bytes of pictures."""
    return [part.inline_data.data if part.inline_data else part.text for part in parts]


async def test_the_sdk_gets_a_story_in_order_streamed_or_not(google):
    whole = await google.models.generate_content(model=MODEL, contents="A story with 2 pictures")
    stream = await google.models.generate_content_stream(model=MODEL, contents="A story with 2 pictures")
    told = [response async for response in stream]
    parts = [part for response in told for part in response.parts]

    assert shown(whole.parts) == ["Once. A fox.", png(0), "Then the sea.", png(1)]
    assert shown(parts) == ["Once.", " A fox.", png(0), "Then the sea.", png(1), ""]
    for last in (whole, told[-1]):
        assert last.candidates[0].finish_reason == "STOP"
        assert last.usage_metadata.total_token_count == 18
    assert whole.parts[1].inline_data.mime_type == "image/png"
    assert whole.parts[1].part_metadata["description"] == "picture 0"


async def test_a_chat_of_the_sdk_has_its_pictures_again(google, planner, pool):
    chat = google.chats.create(model=MODEL)
    async for _ in await chat.send_message_stream("a fox"):
        pass
    await chat.send_message("a badger")
    planner.script = [*slot(0, "img4"), PLAN_DONE]
    await chat.send_message("give her a blue scarf")
    asked = planner.asked[-1].messages

    assert [message.role for message in asked] == ["user", "assistant", "user", "assistant", "user"]
    pictures = [part for message in asked for part in message.content if isinstance(part, PicturePart)]
    assert [(picture.id, picture.description) for picture in pictures] == [
        ("img1", "picture 0"),
        ("img2", "picture 1"),
        ("img3", "picture 0"),
        ("img4", "picture 1"),
    ]
    assert len(pool.jobs[-1].references) == 1


async def test_images_and_instructions_are_taken_and_the_images_named_in_order(google, planner):
    image = Part.from_bytes(data=png(5), mime_type="image/png")
    config = GenerateContentConfig(system_instruction="Be brief.")
    await google.models.generate_content(model=MODEL, contents=[image, "and", image], config=config)
    system, user = planner.asked[-1].messages

    assert system.content == (TextPart(text="Be brief."),)
    assert user.content == (ImagePart(id="in1"), TextPart(text="and"), ImagePart(id="in2"))


async def test_options_reach_planner_and_pool(google, planner, pool):
    config = GenerateContentConfig(
        temperature=0.5,
        top_p=0.9,
        seed=7,
        max_output_tokens=99,
        response_modalities=["Text", "Image"],
        image_config=ImageConfig(aspect_ratio="16:9"),
    )
    await google.models.generate_content(model=MODEL, contents="A story", config=config)
    plan, job = planner.asked[-1], pool.jobs[0]

    assert (plan.max_output_tokens, plan.temperature, plan.top_p, plan.seed) == (99, 0.5, 0.9, 7)
    assert (plan.mode, job.width_px, job.height_px, job.seed) == ("auto", 80, 64, 7)


@pytest.mark.parametrize(("modalities", "mode"), [(["TEXT"], "text"), (["IMAGE"], "image")])
async def test_modalities_say_what_the_answer_consists_of(http, planner, modalities, mode):
    config = {"generation_config": {"response_modalities": modalities}}
    await http.post(f"{PATH}:generateContent", json=ASK | config)

    assert planner.asked[-1].mode == mode


async def test_a_picture_that_fails_is_a_part_that_says_so_and_is_passed_over_when_sent_back(
    http, planner, pool
):
    planner.script = [says("Once."), *slot(0), says("The end."), PLAN_DONE]
    pool.gives_up = True
    answer = (await http.post(f"{PATH}:generateContent", json=ASK)).json()
    content = answer["candidates"][0]["content"]
    missed = content["parts"][1]
    await http.post(f"{PATH}:generateContent", json={"contents": [content, *ASK["contents"]]})

    late = r"\[img1 is missing: The picture was not ready \d\.\d s after it was queued; it may take 120 s\.\]"
    assert re.fullmatch(late, missed["text"])
    assert missed["partMetadata"]["error"]["code"] == "deadline"
    assert [part.text for part in planner.asked[-1].messages[0].content] == ["Once.", "The end."]


async def test_an_answer_cut_at_its_tokens_says_so(google, planner):
    planner.script = [says("Once."), PLAN_DONE.model_copy(update={"finish_reason": "length"})]

    answer = await google.models.generate_content(model=MODEL, contents="A story")

    assert answer.candidates[0].finish_reason == "MAX_TOKENS"


async def test_an_answer_that_breaks_off_is_an_error_of_the_sdk(google, planner):
    planner.script = [says("Once."), RuntimeError("secret")]

    with pytest.raises(errors.ServerError, match="lost in the middle"):
        await google.models.generate_content(model=MODEL, contents="A story")
    with pytest.raises(errors.ServerError, match="lost in the middle"):
        async for _ in await google.models.generate_content_stream(model=MODEL, contents="A story"):
            pass


async def test_the_sdk_waits_through_silence(redis, planner, pool):
    planner.script, planner.pace_s = [says("Once."), PLAN_DONE], 0.2
    async with (
        gateway(redis, planner, pool, heartbeat_s=0.05) as app,
        listening(app) as url,
        httpx.AsyncClient() as http,
    ):
        stream = await sdk(url, httpx_async_client=http).models.generate_content_stream(
            model=MODEL, contents="A story"
        )
        parts = [part async for response in stream for part in (response.parts or [])]

    assert shown(parts) == ["Once.", ""]


async def test_a_key_is_taken_as_google_sends_it_or_as_bearer(redis, planner, pool):
    keys = {SecretStr("secret-key"): "acme"}
    async with gateway(redis, planner, pool, api_keys=keys) as app, client(app) as http:
        sent = [{"x-goog-api-key": "secret-key"}, {"authorization": "Bearer secret-key"}]
        taken = [await http.post(f"{PATH}:generateContent", json=ASK, headers=one) for one in sent]
        refused = await http.post(f"{PATH}:generateContent", json=ASK, headers={"x-goog-api-key": "other"})

    assert [answer.status_code for answer in taken] == [200, 200]
    assert (refused.status_code, refused.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


async def test_a_stream_is_events_only(http):
    told = await http.post(f"{PATH}:streamGenerateContent?alt=sse", json=ASK)

    assert told.headers["content-type"].startswith("text/event-stream")
    assert all(line.startswith("data: ") for line in told.text.split("\n") if line)
    assert events(told.text)[-1]["candidates"][0]["finishReason"] == "STOP"


def user(*parts):
    return {"contents": [{"role": "user", "parts": list(parts)}]}


def image(data, mime_type="image/png"):
    return {"inlineData": {"mimeType": mime_type, "data": base64.b64encode(data).decode()}}


REFUSED = {
    "a tool that must be called": (
        {"toolConfig": {"functionCallingConfig": {"mode": "ANY"}}},
        "toolConfig.functionCallingConfig.mode",
    ),
    "json": (
        {"generationConfig": {"responseMimeType": "application/json"}},
        "generationConfig.responseMimeType",
    ),
    "a cache": ({"cachedContent": "cachedContents/1"}, "cachedContent"),
    "several answers": ({"generationConfig": {"candidateCount": 2}}, "generationConfig.candidateCount"),
    "audio": (
        {"generationConfig": {"responseModalities": ["AUDIO"]}},
        "generationConfig.responseModalities[0]",
    ),
    "too many tokens": ({"generationConfig": {"maxOutputTokens": 10**6}}, "generationConfig.maxOutputTokens"),
    "odd ratio": (
        {"generationConfig": {"imageConfig": {"aspectRatio": "wide"}}},
        "generationConfig.imageConfig.aspectRatio",
    ),
    "no contents": ({"contents": []}, "contents"),
    "empty": (user({"text": " "}), "contents"),
    "function call": (user({"functionCall": {"name": "x"}}), "contents"),
    "two things": (user({"text": "x", **image(png(1))}), "contents[0].parts[0]"),
    "half a gif": (user(image(b"GIF89a", "image/gif")), "contents[0].parts[0].inlineData.data"),
    "not an image": (user(image(b"hello")), "contents[0].parts[0].inlineData.data"),
    "image as an instruction": (
        {"systemInstruction": {"parts": [image(png(1))]}},
        "systemInstruction.parts[0]",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_request_that_cannot_be_done_is_refused_by_field_in_googles_form(http, planner, name):
    change, field = REFUSED[name]

    refused = await http.post(f"{PATH}:generateContent", json=ASK | change)

    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["status"]) == (400, 400, "INVALID_ARGUMENT")
    assert field in [violation["field"] for violation in error["details"][1]["fieldViolations"]]
    assert planner.asked == []


async def test_what_reaches_no_route_is_told_in_googles_form_too(redis, planner, pool, http):
    other_model = await http.post("/v1beta/models/gemini-9:generateContent", json=ASK)
    nothing = await http.get("/v1beta/models/storybook:countTokens")
    async with gateway(redis, planner, pool, most_body_bytes=10) as app, client(app) as small:
        too_large = await small.post(f"{PATH}:generateContent", json=ASK)

    assert [answer.json()["error"]["status"] for answer in (other_model, nothing)] == ["NOT_FOUND"] * 2
    assert (too_large.status_code, too_large.json()["error"]["code"]) == (413, 413)


@pytest.mark.parametrize("sign", ["%3F", "%23"])
async def test_a_model_named_with_signs_of_urls_is_refused_in_googles_form_too(http, sign):
    refused = await http.post(f"/v1/models/a{sign}b:generateContent", json={"contents": [{"parts": [{}]}]})

    assert refused.headers["content-type"] == "application/json"
    assert refused.json()["error"]["status"] == "INVALID_ARGUMENT"
