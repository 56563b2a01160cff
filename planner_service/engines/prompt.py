"""One plan's prompt in vLLM, and the stretches that go on from it.

It knows tokens and the grammar; what the text means is read by `answer`. Importing this module imports vLLM.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final, Protocol

import PIL.Image
from vllm import RequestOutput, SamplingParams
from vllm.exceptions import VLLMError
from vllm.inputs import EngineInput
from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams

from planner_service.backend import Chunk, Stretch
from planner_service.engines.reasoning import Thoughts
from planner_service.errors import EngineFailed, PlanRefused
from planner_service.language.grammar import grammar_of
from planner_service.wire import PlannerModel, PlanRequest, PlanUsage

GATHER_S: Final = 0.033
"""Between two readings of what the model writes, each of which costs as much, whatever it finds, here and at all who pass it on. vLLM joins what
waits: text comes thirty times a second at most, which looks as smooth as token by token."""


class Engine(Protocol):
    """What a prompt needs of the engine."""

    is_explained: bool
    thinks: bool
    model: PlannerModel

    async def rendered(self, text: str, images: list[PIL.Image.Image]) -> EngineInput:
        """The engine's input, tokenized, its images processed; `PlanRefused` if it is too long."""
        ...

    def count(self, text: str) -> int:
        """The tokens of a text."""
        ...

    def generate(
        self, prompt: EngineInput, parameters: SamplingParams, request_id: str
    ) -> AsyncGenerator[RequestOutput]:
        """VLLM's own stream."""
        ...


class Prompt:
    """One plan's prompt in vLLM; each stretch goes on from the text that was kept of those before it."""

    def __init__(
        self,
        engine: Engine,
        request: PlanRequest,
        text: str,
        images: list[PIL.Image.Image],
        rendered: EngineInput,
        sampling: dict[str, Any],
    ):
        self.is_explained = engine.is_explained
        self.input = rendered
        self.room_tokens = engine.model.max_prompt_tokens + 1 - len(rendered.get("prompt_token_ids", ()))
        self._engine = engine
        self._request = request
        self._text, self._images = text, images
        self._sampling = sampling
        self._thoughts = Thoughts(text, may_think=engine.thinks)

    def count(self, text: str) -> int:
        """The tokens of a text."""
        return self._engine.count(text)

    async def write(self, stretch: Stretch) -> AsyncGenerator[Chunk]:
        """Queue a stretch; see `Opened.write`."""
        prompt = await self._going_on(stretch.prefix) if stretch.number else self.input
        return self._chunks(prompt, self._parameters(stretch), f"{self._request.id}-{stretch.number}")

    async def _going_on(self, prefix: str) -> EngineInput:
        return await self._engine.rendered(self._text + self._thoughts.before(prefix), self._images)

    def _parameters(self, stretch: Stretch) -> SamplingParams:
        """The model's own sampling defaults, under what the request sets, under the grammar."""
        seed = self._request.seed
        grammar = grammar_of(
            stretch.language,
            stretch.begins,
            primer=stretch.primer,
            owes_text=stretch.owes_text,
            has_preamble=stretch.has_preamble,
        )
        return SamplingParams(
            **self._sampling,
            # A stretch that drew the same random numbers as the one before it would tend to write the same.
            seed=None if seed is None else (seed + stretch.number + len(self._request.written)) % 2**63,
            max_tokens=stretch.most_tokens,
            output_kind=RequestOutputKind.DELTA,
            structured_outputs=StructuredOutputsParams(grammar=grammar),
            # The grammar speaks of text, so the text must show all that was written; and special tokens are no part of it.
            skip_special_tokens=False,
        )

    async def _chunks(
        self, prompt: EngineInput, parameters: SamplingParams, request_id: str, thought_tokens: int = 0
    ) -> AsyncGenerator[Chunk]:
        """Thoughts have half of the tokens at most; the model writes the answer with the other half.

        `thought_tokens` are those of thoughts that were ended before: they are the stretch's, too.
        """
        most_tokens = parameters.max_tokens or 0
        written = 0
        try:
            async with aclosing(self._engine.generate(prompt, parameters, request_id)) as outputs:
                async for output in outputs:
                    written += len(output.outputs[0].token_ids)
                    chunk = self._chunk(output, thought_tokens + written)
                    is_long = self._thoughts.are_open and (written > most_tokens // 2 or chunk.finish)
                    if is_long or self._thoughts.are_missing:
                        yield Chunk("", thought=chunk.thought)
                        break
                    yield chunk
                    if not chunk.finish:
                        await asyncio.sleep(GATHER_S)
                else:
                    return
            # What a model wrote instead of thoughts is not kept, so it does not count.
            thought_tokens += 0 if self._thoughts.are_missing else written
            prompt = await self._going_on("")
        except (VLLMError, PlanRefused) as error:
            raise EngineFailed from error
        rest = parameters.clone()
        rest.max_tokens = max(1, most_tokens - written)
        async for chunk in self._chunks(prompt, rest, f"{request_id}-thought", thought_tokens):
            yield chunk

    def _chunk(self, output: RequestOutput, written: int) -> Chunk:
        delta = output.outputs[0]
        thought, text = self._thoughts.split(delta.text)
        if not output.finished:
            return Chunk(text, usage=_usage(output, written), thought=thought)
        if delta.finish_reason not in ("stop", "length"):
            raise EngineFailed(delta.finish_reason)
        return Chunk(text, delta.finish_reason, _usage(output, written), thought)


def _usage(output: RequestOutput, written: int) -> PlanUsage:
    return PlanUsage(
        input_tokens=len(output.prompt_token_ids or ()),
        cached_tokens=output.num_cached_tokens or 0,
        output_tokens=written,
    )
