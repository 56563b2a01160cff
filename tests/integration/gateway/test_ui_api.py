"""The AI SDK's UI message stream over HTTP; test_node_clients reads it with the SDK itself."""

import base64

import pytest

from planner_service.wire import ImagePart, PicturePart, TextPart
from tests.fakes import PLAN_DONE, slot
from tests.integration.gateway.gateway_app import STORY, client, events, gateway, png

pytestmark = pytest.mark.integration

PATH = "/v1/ui-messages"


def user(*parts):
    return {"id": "m1", "role": "user", "parts": list(parts)}


def text(said):
    return {"type": "text", "text": said}


def file(url, **changes):
    return {"type": "file", "url": url, "mediaType": "image/png"} | changes


def data_url(data):
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


ASK = {"id": "chat1", "trigger": "submit-message", "messages": [user(text("A story, with 2 pictures"))]}


@pytest.fixture
async def http(redis, planner, pool):
    async with gateway(redis, planner, pool) as app, client(app) as http:
        yield http


async def ask(http, *messages, **options):
    told = await http.post(PATH, json=ASK | {"messages": list(messages) or ASK["messages"]} | options)
    return events(told.text.replace("data: [DONE]\n", ""))


async def test_a_story_is_told_in_order_in_the_sdks_protocol(http):
    told = await http.post(PATH, json=ASK)
    parts = events(told.text.replace("data: [DONE]\n", ""))

    assert told.headers["x-vercel-ai-ui-message-stream"] == "v1"
    assert told.text.endswith("data: [DONE]\n\n")
    assert [part["type"] for part in parts if not part.get("transient")] == [
        "start",
        *("text-start", "text-delta", "text-delta", "text-end", "file"),
        *("text-start", "text-delta", "text-end", "file", "finish"),
    ]


async def test_pictures_are_shown_by_url_and_sent_back_by_url(http, planner, pool):
    first = await ask(http, delivery="url")
    files = [part for part in first if part["type"] == "file"]
    shown = await http.get(files[0]["url"])
    planner.script = [*slot(0, "img2"), PLAN_DONE]
    answer = {"id": "m2", "role": "assistant", "parts": [text("Once."), *files]}
    await ask(http, *ASK["messages"], answer, user(text("a blue scarf")))

    assert shown.content == png(0)
    assert planner.asked[-1].messages[1].content == (
        TextPart(text="Once."),
        PicturePart(id="img1", description="picture 0"),
        PicturePart(id="img2", description="picture 1"),
    )
    assert len(pool.jobs[-1].references) == 1


async def test_a_picture_that_is_no_longer_kept_leaves_its_description(http, planner):
    first = await ask(http, delivery="url")
    picture = next(part for part in first if part["type"] == "file")
    await http.delete(f"/v1/responses/{first[0]['messageId']}")
    await ask(http, {"id": "m2", "role": "assistant", "parts": [picture]}, user(text("go on")))

    assert planner.asked[-1].messages[0].content == (TextPart(text="picture 0"),)


async def test_images_are_named_in_order_and_what_says_nothing_is_passed_over(http, planner):
    sent = await http.post("/v1/files", files={"file": png(9)}, data={"purpose": "vision"})
    kept = f"http://gateway/v1/files/{sent.json()['id']}/content"
    about = {"weaver": {"description": "a hat"}, "other": {"x": 1}}
    shown = [file(data_url(png(5)), providerMetadata=about), text("and"), file(kept)]
    noise = [{"type": "data-failed-picture", "id": "img1", "data": {}}, {"type": "step-start"}]
    system = {"role": "system", "parts": [text("Be brief.")]}
    await ask(http, system, {"role": "assistant", "parts": noise}, user(*shown))

    assert [message.content for message in planner.asked[-1].messages] == [
        (TextPart(text="Be brief."),),
        (ImagePart(id="in1", description="a hat"), TextPart(text="and"), ImagePart(id="in2")),
    ]


async def test_options_come_in_the_transports_body(http, planner, pool):
    told = await ask(http, seed=7, size="80x64", most_images=2, partial_images=1, output_format="webp")
    plan, job = planner.asked[-1], pool.jobs[0]

    assert (plan.seed, plan.most_images) == (7, 2)
    assert (job.width_px, job.seed, job.output_format) == (80, 7, "webp")
    assert [part["type"] for part in told if part.get("transient")].count("data-preview") == 2


async def test_an_answer_that_breaks_off_ends_with_an_error_part(http, planner):
    planner.script = [*STORY[:1], RuntimeError("secret")]
    told = await ask(http)

    assert told[-1]["type"] == "error"
    assert "secret" not in told[-1]["errorText"]


REFUSED = {
    "a field of ours misspelt": ({"mostImages": 1}, "unknown_parameter", "mostImages"),
    "no messages": ({"messages": []}, "invalid_value", "messages"),
    "empty": ({"messages": [user(text(" "))]}, "invalid_value", "messages"),
    "tool part": ({"messages": [user({"type": "tool-x"})]}, "invalid_value", "messages"),
    "not an image": (
        {"messages": [user(file("data:image/png;base64,aGk="))]},
        "invalid_image",
        "messages[0].parts[0].url",
    ),
    "unknown file": (
        {"messages": [user(file("/v1/files/file-x/content"))]},
        "file_not_found",
        "messages[0].parts[0].url",
    ),
    "size off the grid": ({"size": "100x64"}, "invalid_value", "size"),
    "too many tokens": ({"max_output_tokens": 10**6}, "invalid_value", "max_output_tokens"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_request_that_cannot_be_done_is_refused_by_field(http, planner, name):
    change, code, param = REFUSED[name]

    refused = await http.post(PATH, json=ASK | change)

    assert refused.status_code in (400, 404)
    assert (refused.json()["error"]["code"], refused.json()["error"]["param"]) == (code, param)
    assert planner.asked == []
