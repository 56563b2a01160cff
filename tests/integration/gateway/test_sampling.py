"""Options of the planner's engine reach it from every dialect that has them."""

from __future__ import annotations

import pytest

from tests.integration.gateway.forgiving import ASKS, told_of

pytestmark = pytest.mark.integration


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
