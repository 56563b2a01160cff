"""A conversation is read as other models and clients wrote it, in every dialect that sends one."""

from __future__ import annotations

import pytest

from planner_service.wire import PicturePart, TextPart
from tests.integration.gateway.forgiving import ASKS, WORDS

pytestmark = pytest.mark.integration


CALL = {"id": "c1", "type": "function", "function": {"name": "sea", "arguments": "{}"}}
HISTORIES = {
    "chat": [
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "name": "ann", "content": "Where is the sea?"},
        {"role": "assistant", "content": None, "tool_calls": [CALL], "reasoning_content": "Hm."},
        {"role": "tool", "tool_call_id": "c1", "name": "sea", "content": [{"type": "text", "text": "west"}]},
        {"role": "assistant", "content": []},
        {"role": "assistant", "content": "", "refusal": "I'd rather not."},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "Hm."}, "West."]},
        {"role": "user", "content": {"type": "input_text", "text": "And then?"}},
    ],
    "responses": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be brief."}]},
        {"role": "user", "content": "Where is the sea?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
        {"type": "function_call", "call_id": "c1", "name": "sea", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "name": "sea", "output": "west"},
        {"role": "assistant", "content": []},
        {"role": "assistant", "content": [{"type": "refusal", "refusal": "I'd rather not."}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "West.", "annotations": []}]},
        {"role": "user", "content": [{"type": "text", "text": "And then?"}]},
    ],
}  # fmt: skip


@pytest.mark.parametrize("dialect", HISTORIES)
async def test_history_is_read_as_other_models_and_clients_wrote_it(http, planner, dialect):
    path, body = ASKS[dialect]
    (name,) = body
    answer = await http.post(path, json={name: HISTORIES[dialect]})
    read = [(turn.role, [part.text for part in turn.content]) for turn in planner.asked[-1].messages]

    assert answer.status_code == 200, answer.text
    assert read == [
        ("system", ["Be brief."]),
        ("user", ["Where is the sea?"]),
        ("user", ["[Result of sea: west]"]),
        ("assistant", ["I'd rather not.", "West."]),
        ("user", ["And then?"]),
    ]
    assert answer.json()["warnings"]


async def test_geminis_history_is_read_as_its_models_wrote_it(http, planner):
    contents = [
        {"role": "user", "parts": {"text": "Where is the sea?"}},
        {"role": "model", "parts": [{"text": "Hm.", "thought": True}, {"functionCall": {"name": "sea"}}]},
        {"role": "function", "parts": [{"functionResponse": {"name": "sea", "response": {"way": "west"}}}]},
        {"role": "model", "parts": [{"text": "West.", "thoughtSignature": "x"}, {}]},
        {"parts": ["And then?"]},
    ]
    answer = await http.post(ASKS["gemini"][0], json={"contents": contents, "systemInstruction": "Be brief."})
    read = [(turn.role, [part.text for part in turn.content]) for turn in planner.asked[-1].messages]

    assert answer.status_code == 200, answer.text
    assert read[0] == ("system", ["Be brief."])
    assert read[2:] == [
        ("user", ['[Result of sea: {"way": "west"}]']),
        ("assistant", ["West."]),
        ("user", ["And then?"]),
    ]


@pytest.mark.parametrize("form", ["whole", "id alone"])
async def test_items_of_an_earlier_answer_may_be_named_instead_of_sent(http, planner, form):
    made = (await http.post("/v1/responses", json={"input": WORDS})).json()
    references = [
        {"id": item["id"]} | ({"type": "item_reference"} if form == "whole" else {})
        for item in made["output"]
    ]
    items = [{"role": "user", "content": WORDS}, *references, {"role": "user", "content": "And then?"}]
    again = await http.post("/v1/responses", json={"input": items})

    assert again.status_code == 200, again.text
    assert planner.asked[-1].messages[1].content == (
        TextPart(text="Once. A fox."),
        PicturePart(id="img1", description="picture 0"),
        TextPart(text="Then the sea."),
        PicturePart(id="img2", description="picture 1"),
    )
