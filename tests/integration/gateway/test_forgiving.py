"""What clients send without meaning anything by it, in every dialect: taken, ignored and told of, or refused, by one rule."""

import json

import pytest

from planner_service.wire import PicturePart, TextPart
from tests.integration.gateway.gateway_app import client, gateway

pytestmark = pytest.mark.integration

WORDS = "A story about a fox"
ASKS = {
    "responses": ("/v1/responses", {"input": WORDS}),
    "chat": ("/v1/chat/completions", {"messages": [{"role": "user", "content": WORDS}]}),
    "images": ("/v1/images/generations", {"prompt": WORDS}),
    "gemini": ("/v1beta/models/storybook:generateContent", {"contents": [{"parts": [{"text": WORDS}]}]}),
    "ui": ("/v1/ui-messages", {"messages": [{"role": "user", "parts": [{"type": "text", "text": WORDS}]}]}),
    "mcp": ("/mcp", {"prompt": WORDS}),
}
# Fields of each dialect's own, each with a value that says nothing.
BLANK = {
    "responses": [
        "stream",
        "store",
        "background",
        "previous_response_id",
        "instructions",
        "text",
        "tools",
        "tool_choice",
        "user",
        "size",
    ],
    "chat": [
        "stream",
        "n",
        "stop",
        "tools",
        "functions",
        "response_format",
        "logit_bias",
        "max_tokens",
        "seed",
        "modalities",
    ],
    "images": [
        "n",
        "size",
        "response_format",
        "output_format",
        "partial_images",
        "quality",
        "stream",
        "style",
        "user",
        "background",
    ],
    "gemini": ["generationConfig", "safetySettings", "systemInstruction", "tools", "toolConfig"],
    "ui": ["id", "trigger", "messageId", "partial_images", "metadata"],
    "mcp": ["size", "seed", "references", "count", "mode"],
}
NEUTRAL = {
    "responses": {
        "truncation": "auto",
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "reasoning": {"effort": None, "summary": None},
        "parallel_tool_calls": True,
        "service_tier": "auto",
        "top_logprobs": 0,
    },
    "chat": {
        "verbosity": "medium",
        "stop": [None],
        "modalities": ["text", None],
        "frequency_penalty": 0,
        "logprobs": False,
        "reasoning_effort": "none",
        "function_call": "auto",
        "tool_choice": {"type": "auto"},
        "top_p": 0,
        "seed": -1,
        "max_tokens": -1,
    },
    "images": {"moderation": "low", "quality": "standard", "n": 1},
    "gemini": {
        "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
        "generationConfig": {
            "topK": 40,
            "responseModalities": [None],
            "stopSequences": [None],
            "thinkingConfig": {"thinkingBudget": 0},
            "candidateCount": 1,
        },
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
    },
    "ui": {"trigger": "submit-message", "temperature": 1},
    "mcp": {"references": []},
}
IGNORED = {
    "responses": {"tools": [{"type": "function", "name": "f"}], "user": "ann", "max_tool_calls": 3},
    "chat": {"tools": [{"type": "function"}], "user": "ann", "web_search_options": {"search": "on"}},
    "images": {"user": "ann", "style": "vivid"},
    "gemini": {"tools": [{"googleSearch": {"x": 1}}], "labels": {"a": "b"}},
    "ui": {"user": "ann", "chatId": "c1"},
    "mcp": {"theme": "dark"},
}
MISSPELT = {
    "responses": ("mostImages", "most_images"),
    "chat": ("max_images", "most_images"),
    "images": ("planer", "planner"),
    "gemini": None,
    "ui": ("delivary", "delivery"),
    "mcp": ("reference", "references"),
}


async def ask(http, dialect, change):
    path, body = ASKS[dialect]
    if dialect != "mcp":
        return await http.post(path, json=body | change)
    call = {"name": "illustrate", "arguments": body | change}
    return await http.post(
        path,
        json={"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call},
        headers={"accept": "application/json, text/event-stream"},
    )


def succeeded(answer):
    return answer.status_code == 200 and '"isError":true' not in answer.text.replace(" ", "")


def told_of(answer):
    """The fields that an answer says were ignored."""
    found = [
        line.partition("{")[1] + line.partition("{")[2] for line in answer.text.splitlines() if "{" in line
    ]
    for line in found:
        value = json.loads(line)
        warnings = value.get("warnings") or value.get("messageMetadata", {}).get("warnings")
        if warnings:
            return [one["param"] for one in warnings]
        content = value.get("result", {}).get("content", [])
        notes = [part["text"] for part in content if part.get("text", "").startswith("[`")]
        if notes:
            return [note.split("`")[1] for note in notes]
    return []


@pytest.mark.parametrize("dialect", ASKS)
@pytest.mark.parametrize("blank", [None, ""], ids=["null", "empty"])
async def test_a_field_that_is_blank_was_left_out(http, dialect, blank):
    answer = await ask(http, dialect, dict.fromkeys(BLANK[dialect], blank))

    assert succeeded(answer), answer.text
    assert told_of(answer) == []


@pytest.mark.parametrize("dialect", ASKS)
async def test_a_value_that_asks_for_nothing_is_taken_in_silence(http, dialect):
    for name, value in NEUTRAL[dialect].items():
        answer = await ask(http, dialect, {name: value})
        assert succeeded(answer), (name, answer.text)
        assert told_of(answer) == [], name


@pytest.mark.parametrize("dialect", ASKS)
async def test_what_is_ignored_is_told_in_the_answer_and_in_a_header(http, dialect):
    change = IGNORED[dialect] | {"some_vendors": {"deep": [1]}}
    answer = await ask(http, dialect, change)
    told = [name.partition("[")[0] for name in told_of(answer)]

    assert succeeded(answer), answer.text
    assert sorted(told) == sorted(change)
    if dialect != "mcp":
        assert all(f"`{name}" in answer.headers["x-weaver-warnings"] for name in change)


@pytest.mark.parametrize("dialect", [name for name, pair in MISSPELT.items() if pair])
async def test_a_field_of_ours_misspelt_is_refused_with_the_right_name(http, planner, dialect):
    sent, meant = MISSPELT[dialect]
    refused = await ask(http, dialect, {sent: 2})

    assert not succeeded(refused)
    assert f"`{sent}`; did you mean `{meant}`?" in refused.text
    assert planner.asked == []


@pytest.mark.parametrize("dialect", ASKS)
async def test_an_operator_may_have_unknown_fields_refused(redis, planner, pool, dialect):
    async with gateway(redis, planner, pool, unknown_fields="refuse") as app, client(app) as http:
        refused = await ask(http, dialect, {"some_vendors": 1})
        taken = await ask(http, dialect, {})

    assert not succeeded(refused)
    assert "Unknown field `some_vendors`" in refused.text
    assert succeeded(taken)


async def test_a_stream_tells_what_is_ignored_too(http):
    path, body = ASKS["chat"]
    streamed = await http.post(path, json=body | {"stream": True, "user": "ann"})

    assert told_of(streamed) == ["user"]
    assert "`user`" in streamed.headers["x-weaver-warnings"]


async def test_an_answer_asked_for_again_tells_the_same(http):
    made = (await http.post("/v1/responses", json={"input": WORDS, "user": "ann"})).json()
    again = await http.get(f"/v1/responses/{made['id']}")

    assert again.json()["warnings"] == made["warnings"] != []
    assert "`user`" in again.headers["x-weaver-warnings"]


async def test_there_are_only_so_many_warnings_whatever_is_sent(http):
    junk = {f"x{chr(97 + n % 26)}{chr(97 + n // 26)}\n\u2028{'y' * 300}": 1 for n in range(190)}
    answer = await http.post("/v1/responses", json={"input": WORDS} | junk)

    assert answer.status_code == 200
    assert len(answer.json()["warnings"]) == 16
    assert len(answer.headers["x-weaver-warnings"]) <= 1024


SAID = [
    ({"stop": "THE END"}, {"stop": ("THE END",)}),
    ({"stop": ["A", "B"]}, {"stop": ("A", "B")}),
    ({"top_k": 40, "min_p": 0.1}, {"top_k": 40, "min_p": 0.1}),
    ({"top_k": -1}, {"top_k": None}),
    ({"presence_penalty": 1, "frequency_penalty": -1}, {"presence_penalty": 1, "frequency_penalty": -1}),
    ({"repetition_penalty": 1.1, "logit_bias": {"7": -100}}, {"repetition_penalty": 1.1, "logit_bias": {7: -100}}),
    ({"temperature": 0.5, "top_p": 0.25}, {"temperature": 0.5, "top_p": 0.25}),
]  # fmt: skip
ITS_OWN = {
    "responses": [
        ({"max_output_tokens": 1}, {"max_output_tokens": 1}),
        ({"reasoning": {"effort": "high"}}, {"thinking": True}),
    ],
    "chat": [
        ({"max_tokens": 1}, {"max_output_tokens": 1}),
        ({"max_tokens": 5, "max_completion_tokens": 6}, {"max_output_tokens": 6}),
        ({"reasoning_effort": "high"}, {"thinking": True}),
        ({"reasoning_effort": "minimal"}, {"thinking": False}),
    ],
    "ui": [
        ({"max_output_tokens": 1}, {"max_output_tokens": 1}),
        ({"reasoning_effort": "high"}, {"thinking": True}),
    ],
}


@pytest.mark.parametrize(
    ("dialect", "sent", "reached"),
    [(dialect, *case) for dialect, own in ITS_OWN.items() for case in SAID + own],
)
async def test_what_the_planners_engine_can_do_reaches_it(http, planner, dialect, sent, reached):
    path, body = ASKS[dialect]
    answer = await http.post(path, json=body | sent)
    assert answer.status_code == 200, answer.text
    assert told_of(answer) == []

    plan = planner.asked[-1]
    assert {name: getattr(plan, name) for name in reached} == reached


async def test_gemini_says_the_same_in_its_own_words(http, planner):
    path, body = ASKS["gemini"]
    config = {
        "stopSequences": ["END"],
        "topK": 40,
        "presencePenalty": 1,
        "frequencyPenalty": -1,
        "temperature": 0.5,
        "topP": 0.25,
        "maxOutputTokens": 1,
        "thinkingConfig": {"thinkingBudget": 128},
    }
    await http.post(path, json=body | {"generationConfig": config})
    plan = planner.asked[-1]

    assert (plan.stop, plan.top_k, plan.presence_penalty) == (("END",), 40, 1)
    assert (plan.frequency_penalty, plan.temperature, plan.top_p) == (-1, 0.5, 0.25)
    assert (plan.max_output_tokens, plan.thinking) == (1, True)


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
