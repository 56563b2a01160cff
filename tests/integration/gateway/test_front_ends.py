"""What chat front ends send, replayed. They were not run here: the fields are those that their code puts into a request.

Source:
    open-webui/open-webui: `backend/open_webui/routers/openai.py`, `utils/payload.py`.
    danny-avila/LibreChat: `packages/api/src/endpoints/custom/initialize.ts`, `endpoints/openai/llm.ts`.
    SillyTavern/SillyTavern: `src/endpoints/backends/chat-completions.js`, source `custom`.
    n8n-io/n8n: `packages/@n8n/nodes-langchain/nodes/llms/LMChatOpenAi/LmChatOpenAi.node.ts`.
    CherryHQ/cherry-studio: `src/renderer/src/aiCore/legacy/clients/openai/OpenAIApiClient.ts`.
"""

import base64
import re

import pytest

from tests.integration.gateway.gateway_app import events, png

pytestmark = pytest.mark.integration

FOX = {
    "type": "image_url",
    "image_url": {"url": f"data:image/png;base64,{base64.b64encode(png(5)).decode()}"},
}
ASKED = {"role": "user", "content": "A story about a fox"}
SHOWN = {"role": "user", "content": [{"type": "text", "text": "A story about this fox"}, FOX]}
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}

REQUESTS = {
    "Open WebUI": {
        **STREAMED,
        "model": "storybook",
        "messages": [{"role": "system", "content": "Be brief."}, SHOWN],
        "temperature": 0.8,
        "top_p": 0.9,
        "max_tokens": 128,
        "frequency_penalty": 0.5,
        "seed": 3,
        "stop": ["THE END"],
        "logit_bias": {"7": -100},
        "reasoning_effort": "medium",
    },
    "Open WebUI, a title": {
        "model": "storybook",
        "messages": [{"role": "user", "content": "### Task:\nGenerate a concise title."}],
        "stream": False,
        "max_completion_tokens": 1000,
    },
    "LibreChat": {
        **STREAMED,
        "model": "storybook",
        "user": "6650f0c1b2",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "A story about a fox"}]},
        ],
        "temperature": 1,
        "top_p": 1,
        "presence_penalty": 0,
        "frequency_penalty": 0,
    },
    "SillyTavern": {
        "model": "storybook",
        "messages": [
            {"role": "system", "content": "[Start a new Chat]"},
            {"role": "assistant", "name": "Ann", "content": "Hello."},
            {"role": "user", "name": "Bob", "content": "A story about a fox"},
        ],
        "temperature": 1,
        "max_tokens": 300,
        "stream": True,
        "presence_penalty": 0,
        "frequency_penalty": 0,
        "top_p": 1,
        "top_k": 0,
        "stop": [],
        "logit_bias": {},
        "seed": -1,
        "n": 1,
        "logprobs": 0,
    },
    "n8n": {
        "model": "storybook",
        "messages": [SHOWN],
        "temperature": 0.7,
        "top_p": 1,
        "frequency_penalty": 0,
        "presence_penalty": 0,
        "max_tokens": -1,
        "n": 1,
        "stream": False,
        "response_format": {"type": "text"},
    },
    "Cherry Studio": {
        **STREAMED,
        "model": "storybook",
        "messages": [
            {"role": "system", "content": "Be brief."},
            ASKED,
            {"role": "assistant", "content": "Once."},
            SHOWN,
        ],
        "temperature": 1,
        "top_p": 1,
        "max_tokens": 4096,
        "service_tier": "auto",
        "verbosity": "medium",
    },
}  # fmt: skip


@pytest.mark.parametrize("program", REQUESTS)
async def test_what_a_front_end_asks_is_answered_with_pictures_that_it_can_show(http, program):
    listed = (await http.get("/v1/models")).json()
    answer = await http.post("/v1/chat/completions", json=REQUESTS[program])
    assert answer.status_code == 200, answer.text
    if REQUESTS[program]["stream"]:
        assert answer.text.rstrip().endswith("data: [DONE]")
        chunks = events(answer.text.replace("data: [DONE]", ""))
        text = "".join(
            choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]
        )
    else:
        text = answer.json()["choices"][0]["message"]["content"]
    links = re.findall(r"!\[[^\]]*\]\((\S+)\)", text)

    assert [model["id"] for model in listed["data"]] == ["storybook"]
    assert text.startswith("Once. A fox.")
    assert len(links) == 2
    for link in links:
        picture = await http.get(link, headers={"accept": "image/*"})
        assert picture.headers["content-type"] == "image/png"


async def test_n8n_may_ask_for_responses(http):
    body = {
        "model": "storybook",
        "input": [{"type": "message", "role": "user", "content": "A story about a fox"}],
        "temperature": 0.7,
        "top_p": 1,
        "max_output_tokens": -1,
        "stream": False,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "service_tier": "auto",
        "metadata": {},
        "top_logprobs": 0,
        "parallel_tool_calls": True,
        "conversation": None,
        "prompt_cache_key": "",
        "safety_identifier": "",
    }
    answer = await http.post("/v1/responses", json=body)

    assert answer.status_code == 200, answer.text
    assert [item["type"] for item in answer.json()["output"]].count("image_generation_call") == 2
