"""OpenAI's Chat Completions API as an unchanged SDK and plain HTTP see it."""

import base64

import openai
import pytest

from gateway.dialects.chat.marks import PictureMark, split_marks
from planner_service.wire import ImagePart, PicturePart, TextPart
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway.gateway_app import png

pytestmark = pytest.mark.integration

PATH = "/v1/chat/completions"
ASK = {
    "model": "storybook",
    "messages": [{"role": "user", "content": "A story about a fox, with 2 pictures"}],
}


def data_url(data):
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def shown(message):
    """What an answer consists of, in order: texts, and the bytes of pictures."""
    pictures = {image["file_id"]: image["image_url"]["url"] for image in message.images}
    return [
        base64.b64decode(pictures[part.file_id].split(",")[1]) if isinstance(part, PictureMark) else part
        for part in split_marks(message.content)
    ]


async def test_the_sdk_gets_a_story_in_order_streamed_or_not(api):
    whole = await api.chat.completions.create(**ASK)
    async with api.chat.completions.stream(**ASK) as stream:
        async for _ in stream:
            pass
        streamed = await stream.get_final_completion()

    for answer in (whole, streamed):
        assert shown(answer.choices[0].message) == ["Once. A fox.", png(0), "Then the sea.", png(1)]
        assert answer.choices[0].finish_reason == "stop"
    assert whole.usage.total_tokens == 18


async def test_a_stream_ends_with_usage_and_done(http):
    told = await http.post(PATH, json=ASK | {"stream": True, "stream_options": {"include_usage": True}})
    lines = [line for line in told.text.split("\n") if line]

    assert told.headers["content-type"].startswith("text/event-stream")
    assert lines[-1] == "data: [DONE]"
    assert '"total_tokens":18' in lines[-2]
    assert all(line.startswith("data: ") for line in lines)


async def test_an_answer_sent_back_as_text_has_its_pictures_again(http, planner, pool):
    first = (await http.post(PATH, json=ASK)).json()["choices"][0]["message"]
    planner.script = [*slot(0, "img2"), PLAN_DONE]
    again = [*ASK["messages"], {"role": "assistant", "content": first["content"]}]
    await http.post(PATH, json={"messages": [*again, {"role": "user", "content": "a blue scarf"}]})
    asked = planner.asked[-1].messages

    assert [message.role for message in asked] == ["user", "assistant", "user"]
    assert asked[1].content == (
        TextPart(text="Once. A fox."),
        PicturePart(id="img1", description="picture 0"),
        TextPart(text="Then the sea."),
        PicturePart(id="img2", description="picture 1"),
    )
    assert len(pool.jobs[-1].references) == 1


async def test_a_message_sent_back_whole_is_taken_and_a_forgotten_picture_leaves_its_description(
    http, planner
):
    first = (await http.post(PATH, json=ASK)).json()
    message = first["choices"][0]["message"]
    await http.delete(f"/v1/responses/{first['response_id']}")
    again = await http.post(PATH, json={"messages": [message, {"role": "user", "content": "go on"}]})

    assert again.status_code == 200
    assert [part.text for part in planner.asked[-1].messages[0].content] == [
        "Once. A fox.",
        "picture 0",
        "Then the sea.",
        "picture 1",
    ]


async def test_images_by_data_url_and_by_file_are_named_in_order(api, planner):
    file = await api.files.create(file=("fox.png", png(9), "image/png"), purpose="vision")
    content = [
        {"type": "image_url", "image_url": {"url": data_url(png(5))}},
        {"type": "text", "text": "and"},
        {"type": "file", "file": {"file_id": file.id}},
    ]
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}]
    await api.chat.completions.create(model="storybook", messages=messages)
    system, user = planner.asked[-1].messages

    assert system.content == (TextPart(text="Be brief."),)
    assert user.content == (ImagePart(id="in1"), TextPart(text="and"), ImagePart(id="in2"))


@pytest.mark.parametrize(
    ("asked", "mode"),
    [
        ({"modalities": ["text"]}, "text"),
        ({"modalities": ["image"]}, "image"),
        ({"modalities": ["image", "text"]}, "auto"),
        ({"modalities": ["image", "text"], "mode": "interleaved"}, "interleaved"),
    ],
)
async def test_modalities_say_what_the_answer_consists_of(http, planner, asked, mode):
    await http.post(PATH, json=ASK | asked)

    assert planner.asked[-1].mode == mode


async def test_options_reach_planner_and_pool(http, planner, pool):
    options = {"max_tokens": 99, "temperature": 0.5, "top_p": 0.9, "seed": 7, "size": "80x64"}
    encoding = {"output_format": "webp", "output_compression": 50}
    await http.post(PATH, json=ASK | options | encoding)
    plan, job = planner.asked[-1], pool.jobs[0]

    assert (plan.max_output_tokens, plan.temperature, plan.top_p, plan.seed) == (99, 0.5, 0.9, 7)
    assert (job.width_px, job.seed, job.output_format, job.output_compression) == (80, 7, "webp", 50)


async def test_an_answer_cut_at_its_tokens_says_so(api, planner):
    planner.script = [says("Once."), PLAN_DONE.model_copy(update={"finish_reason": "length"})]

    answer = await api.chat.completions.create(**ASK)

    assert answer.choices[0].finish_reason == "length"


async def test_an_answer_that_breaks_off_is_an_error_that_is_not_retried(api, http, planner):
    planner.script = [says("Once."), RuntimeError("secret")]

    with pytest.raises(openai.APIError, match="lost in the middle"):
        async for _ in await api.chat.completions.create(**ASK, stream=True):
            pass
    broken = await http.post(PATH, json=ASK)

    assert (broken.status_code, broken.headers["x-should-retry"]) == (500, "false")
    assert broken.json()["error"]["code"] == "planner_upstream_failed"


REFUSED = {
    "a field of ours misspelt": ({"most_image": 1}, "unknown_parameter", "most_image"),
    "a tool that must be called": ({"tool_choice": "required"}, "unsupported_parameter", "tool_choice"),
    "json": ({"response_format": {"type": "json_object"}}, "invalid_value", "response_format.type"),
    "several answers": ({"n": 2}, "invalid_value", "n"),
    "audio": ({"modalities": ["audio"]}, "invalid_value", "modalities[0]"),
    "text and pictures": ({"modalities": ["text"], "mode": "image"}, "invalid_value", "modalities"),
    "too many tokens": ({"max_tokens": 10**6}, "invalid_value", "max_tokens"),
    "too many new tokens": ({"max_completion_tokens": 10**6}, "invalid_value", "max_completion_tokens"),
    "no messages": ({"messages": []}, "invalid_value", "messages"),
    "unknown role": ({"messages": [{"role": "critic", "content": "x"}]}, "invalid_value", "messages[0]"),
    "empty": ({"messages": [{"role": "user", "content": " "}]}, "invalid_value", "messages"),
    "audio part": (
        {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
        "invalid_value",
        "messages[0].content[0]",
    ),
    "remote image": (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "https://a.b/c.png"}}],
                }
            ]
        },
        "invalid_image_url",
        "messages[0].content[0].image_url.url",
    ),
    "unknown file": (
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-x"}}]}]},
        "file_not_found",
        "messages[0].content[0].file.file_id",
    ),
    "size off the grid": ({"size": "100x64"}, "invalid_value", "size"),
    "compressed png": ({"output_compression": 3}, "invalid_value", "output_compression"),
    "unknown reference": ({"references": ["in1"]}, "invalid_value", "references[0]"),
    "unknown model": ({"model": "gpt-9"}, "model_not_found", "model"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_request_that_cannot_be_done_is_refused_by_field(http, planner, name):
    change, code, param = REFUSED[name]

    refused = await http.post(PATH, json=ASK | change)

    assert refused.status_code in (400, 404)
    assert (refused.json()["error"]["code"], refused.json()["error"]["param"]) == (code, param)
    assert planner.asked == []
