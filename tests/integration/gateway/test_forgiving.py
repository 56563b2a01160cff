"""What clients send without meaning anything by it, in every dialect: taken, ignored and told of, or refused, by one rule."""

from __future__ import annotations

import pytest

from tests.integration.gateway.forgiving import ASKS, WORDS, succeeded, told_of
from tests.integration.gateway.gateway_app import client, gateway

pytestmark = pytest.mark.integration


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
