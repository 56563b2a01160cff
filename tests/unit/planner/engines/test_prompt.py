"""A model's thoughts have half of a stretch's tokens, and whatever they had is counted. vLLM's own engine is not started."""

from __future__ import annotations

import warnings
from collections.abc import AsyncGenerator
from typing import Any, cast

import pytest

from planner_service.backend import Chunk, Stretch
from planner_service.language.bounds import language_of
from planner_service.wire import PlannerModel
from tests.unit.planner.scripted import plan_request

with warnings.catch_warnings(action="ignore"):
    # What is imported with vLLM warns of itself.
    from vllm import RequestOutput, SamplingParams
    from vllm.inputs import EngineInput
    from vllm.outputs import CompletionOutput

    from planner_service.engines.prompt import Prompt


class Scripted:
    """Writes its texts, one for each time it is asked; a token is a word."""

    is_explained = True
    thinks = True
    model = PlannerModel(name="scripted", sees_images=False, max_prompt_tokens=100)

    def __init__(self, *texts: str):
        self._texts = list(texts)
        self.most_tokens: list[int | None] = []

    async def rendered(self, text: str, images: list[Any]) -> EngineInput:
        return cast("EngineInput", {"prompt_token_ids": list(range(len(text.split())))})

    def count(self, text: str) -> int:
        return len(text.split())

    async def generate(
        self, prompt: EngineInput, parameters: SamplingParams, request_id: str
    ) -> AsyncGenerator[RequestOutput]:
        self.most_tokens.append(parameters.max_tokens)
        words = self._texts.pop(0).split(" ")
        for number, word in enumerate(words, start=1):
            finish = "stop" if number == len(words) else None
            delta = CompletionOutput(0, f"{word} ", [number], None, None, finish_reason=finish)
            yield RequestOutput(request_id, None, [1, 2], None, [delta], finished=finish is not None)


async def chunks_of(engine: Scripted) -> list[Chunk]:
    request = plan_request(max_output_tokens=12)
    prompt = Prompt(engine, request, "Hello", [], await engine.rendered("Hello", []), {})
    stretch = Stretch(0, "", language_of(request), "text", request.max_output_tokens)
    return [chunk async for chunk in await prompt.write(stretch)]


@pytest.mark.parametrize(
    ("texts", "written"),
    [
        (["<think> a b c </think> A fox."], 7),
        (["<think> a b c d e f g h i j", "A fox."], 9),
        (["A fox.", "A red fox."], 3),
    ],
    ids=["thoughts that end", "thoughts that are ended", "none, what was written instead of them not kept"],
)
async def test_the_tokens_of_thoughts_are_the_answers_too(texts: list[str], written: int):
    chunks = await chunks_of(Scripted(*texts))
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.output_tokens == written
    assert "".join(chunk.text for chunk in chunks).strip().endswith("fox.")


async def test_what_is_thought_leaves_the_answer_the_rest():
    engine = Scripted("<think> a b c d e f g h i j", "A fox.")
    await chunks_of(engine)
    assert engine.most_tokens == [12, 12 - 7]
