"""Long chats whose turns are sent back as they came: pictures of earlier answers are no images of the user's, and cost what they may."""

from __future__ import annotations

import json

import pytest

from gateway.dialects.common.sent_back import MOST_INLINE, MOST_NAMED
from planner_service.wire import PicturePart, TextPart
from tests.fakes import PLAN_DONE, says, slot
from tests.integration.gateway.gateway_app import Planner, client, events, gateway, png
from tests.integration.gateway.test_ui_api import data_url

pytestmark = pytest.mark.integration

TURNS = 3
SIZE = 5


@pytest.fixture
def planner():
    return Planner(*[slot(number) for number in range(SIZE)], PLAN_DONE)


async def ui(http, turns, **options):
    told = await http.post("/v1/ui-messages", json={"messages": turns, "delivery": "url"} | options)
    assert told.status_code == 200, told.text
    parts = events(told.text.replace("data: [DONE]\n", ""))
    answer = {"role": "assistant", "parts": [part for part in parts if part["type"] == "file"]}
    return [*turns, answer, {"role": "user", "parts": [{"type": "text", "text": "more"}]}]


async def gemini(http, turns):
    told = await http.post("/v1beta/models/storybook:generateContent", json={"contents": turns})
    assert told.status_code == 200, told.text
    answer = told.json()["candidates"][0]["content"]
    return [*turns, answer, {"role": "user", "parts": [{"text": "more"}]}]


async def responses(http, turns):
    told = await http.post("/v1/responses", json={"input": turns})
    assert told.status_code == 200, told.text
    return [*turns, *told.json()["output"], {"role": "user", "content": "more"}]


async def chat(http, turns):
    told = await http.post("/v1/chat/completions", json={"messages": turns})
    assert told.status_code == 200, told.text
    return [*turns, told.json()["choices"][0]["message"], {"role": "user", "content": "more"}]


FIRST = {
    ui: {"role": "user", "parts": [{"type": "text", "text": "a story"}]},
    gemini: {"role": "user", "parts": [{"text": "a story"}]},
    responses: {"role": "user", "content": "a story"},
    chat: {"role": "user", "content": "a story"},
}


def pictures(planner):
    """Of the conversation that the planner was asked about last."""
    parts = [part for message in planner.asked[-1].messages for part in message.content]
    return [part for part in parts if isinstance(part, PicturePart)]


@pytest.mark.parametrize("say", FIRST)
async def test_a_chat_goes_on_after_more_pictures_than_a_user_may_send(http, planner, say):
    turns = [FIRST[say]]
    for _ in range(TURNS):
        turns = await say(http, turns)

    assert len(pictures(planner)) == (TURNS - 1) * SIZE


async def test_pictures_of_the_assistant_that_are_elsewhere_count_as_the_users(http):
    parts = [{"type": "file", "url": f"https://example.com/{number}.png"} for number in range(9)]
    turns = [{"role": "assistant", "parts": parts}, FIRST[ui]]
    told = await http.post("/v1/ui-messages", json={"messages": turns})

    assert told.status_code == 400
    assert "9 images; at most 8" in told.json()["detail"]


async def drawn(http):
    """The id of a file that was drawn."""
    told = await http.post("/v1/responses", json={"input": "a fox", "delivery": "url"})
    return told.json()["output"][0]["file_id"]


async def test_of_too_many_marks_the_oldest_leave_their_descriptions_and_that_is_told(http, planner):
    file_id = await drawn(http)
    marks = [f"![fox {number}](/v1/files/{file_id}/content)" for number in range(MOST_NAMED + 3)]
    turns = [FIRST[chat], {"role": "assistant", "content": " ".join(marks)}, FIRST[chat]]
    told = (await http.post("/v1/chat/completions", json={"messages": turns, "mode": "text"})).json()

    before, *shown = planner.asked[-1].messages[1].content
    assert before == TextPart(text="fox 0\n\nfox 1\n\nfox 2")
    assert [part.description for part in shown] == [f"fox {number}" for number in range(3, MOST_NAMED + 3)]
    (warned,) = told["warnings"]
    assert "Of 3 earlier pictures" in warned["message"]


async def test_of_too_many_pictures_sent_as_bytes_the_oldest_leave_their_descriptions(http, planner):
    known = [{"weaver": {"description": f"fox {number}"}} for number in range(MOST_INLINE + 1)]
    parts = [{"type": "file", "url": data_url(png(1)), "providerMetadata": about} for about in known]
    await ui(http, [FIRST[ui], {"role": "assistant", "parts": parts}, FIRST[ui]], mode="text")

    assert planner.asked[-1].messages[1].content[0] == TextPart(text="fox 0")
    assert len(pictures(planner)) == MOST_INLINE


async def test_texts_that_items_name_are_measured(redis, pool):
    planner = Planner(says("word " * 10), PLAN_DONE)
    async with gateway(redis, planner, pool, most_input_chars=480) as app, client(app) as http:
        first = (await http.post("/v1/responses", json={"input": "a", "mode": "text"})).json()
        named = {"type": "item_reference", "id": first["output"][0]["id"]}
        taken, refused = [
            await http.post(
                "/v1/responses", json={"input": [FIRST[responses], *[named] * times], "mode": "text"}
            )
            for times in (4, 10)
        ]

    assert taken.status_code == 200, taken.text
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "input")
    assert "characters, with the items that it names, at most 480" in refused.json()["detail"].replace(
        ";", ""
    )


async def test_pictures_that_items_name_are_taken_up_to_a_limit(http, planner):
    first = (await http.post("/v1/responses", json={"input": "a fox"})).json()
    named = {"type": "item_reference", "id": first["output"][0]["id"]}
    turns = [FIRST[responses], *[named] * (MOST_NAMED + 2), FIRST[responses]]
    told = await http.post("/v1/responses", json={"input": turns, "mode": "text"})

    assert len(pictures(planner)) == MOST_NAMED
    assert "Of 2 earlier pictures" in json.dumps(told.json()["warnings"])
