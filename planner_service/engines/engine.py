"""The `vllm` backend: vLLM's AsyncLLM in this process (its core runs in a child), the grammar enforced while decoding.

It knows prompts and tokens; what the text means is read by `answer`. Importing this module imports vLLM.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Self

import PIL.Image
from jinja2 import TemplateError
from vllm import RequestOutput, SamplingParams
from vllm.exceptions import VLLMClientError
from vllm.inputs import EngineInput, TextPrompt
from vllm.v1.engine.async_llm import AsyncLLM

from planner_service.backend import Stretch
from planner_service.engines.about import about
from planner_service.engines.configuration import configure, template_of
from planner_service.engines.prompt import Prompt
from planner_service.engines.sampling import sampling_of
from planner_service.errors import PlannerUnavailable, PlanRefused
from planner_service.language.bounds import Language, language_of
from planner_service.settings import Settings
from planner_service.wire import Message, PlannerModel, PlanRequest, TextPart

logger = logging.getLogger(__name__)

HEALTH_CHECK_S = 0.5
WARM_UP = PlanRequest(
    id="warm-up", messages=(Message(role="user", content=(TextPart(text="Hello"),)),), max_output_tokens=4
)


class VllmBackend:
    """Plans written by vLLM."""

    def __init__(self, llm: AsyncLLM, name: str, *, tells: bool):
        config = llm.model_config
        self._llm = llm
        self._template = template_of(llm.renderer.get_tokenizer(), config, tells=tells)
        self._tokenizing = replace(llm.renderer.default_chat_tok_params, add_special_tokens=False)
        defaults = config.get_diff_sampling_param()
        self._sampling = {key: value for key, value in defaults.items() if key not in ("max_tokens", "seed")}
        self.is_explained = self._template.told == "explained"
        self.thinks = bool(llm.vllm_config.structured_outputs_config.reasoning_parser)
        self.model = PlannerModel(
            name=name,
            sees_images=config.is_multimodal_model,
            max_prompt_tokens=config.max_model_len - 1,
            about=about(config.model),
        )

    @classmethod
    async def start(cls, settings: Settings) -> Self:
        """Load the model and plan once, so that kernels, tokenizer and grammar are warm. Blocks the event loop while loading."""
        llm = AsyncLLM.from_vllm_config(configure(settings), disable_log_stats=False)
        backend = cls(llm, settings.model, tells=settings.instructions == "auto")
        try:
            prompt = await backend.open(WARM_UP, language := language_of(WARM_UP))
            first = Stretch(0, "", language, "text", WARM_UP.max_output_tokens)
            async with aclosing(await prompt.write(first)) as chunks:
                async for _ in chunks:
                    pass
        except BaseException:
            await backend.close()
            raise
        # What was imported and loaded stays; the collector need not walk it again and again, which stalls streams, nor at the end.
        gc.collect()
        gc.freeze()
        return backend

    async def ready(self) -> bool:
        """Whether the engine's core lives."""
        return not self._llm.errored

    async def died(self) -> None:
        """Return once the engine's core is gone; vLLM does not start it again."""
        while not self._llm.errored:  # noqa: ASYNC110 - vLLM offers a flag and nothing to wait for
            await asyncio.sleep(HEALTH_CHECK_S)

    async def close(self) -> None:
        """Stop the engine's core. In this thread, so that vLLM's reader does not take the end for a death."""
        self._llm.shutdown()

    async def open(self, request: PlanRequest, language: Language) -> Prompt:
        """Build the prompt; see `Backend.open`."""
        if self._llm.errored:
            raise PlannerUnavailable
        try:
            text, images = await asyncio.to_thread(self._template.render, request, language)
        except TemplateError as error:
            raise PlanRefused(
                "messages: the model's chat template does not allow this order of roles"
            ) from error
        rendered = await self.rendered(text, images)
        sampling = self._sampling | sampling_of(request, self._template.forbidden_ids)
        return Prompt(self, request, text, images, rendered, sampling)

    async def rendered(self, text: str, images: list[PIL.Image.Image]) -> EngineInput:
        """The engine's input, tokenized, its images processed.

        Raises:
            PlanRefused: it is too long.
        """
        prompt = TextPrompt(prompt=text)
        if images:
            prompt["multi_modal_data"] = {"image": images}
        try:
            [rendered] = await self._llm.renderer.render_cmpl_async([prompt], self._tokenizing)
        except VLLMClientError as error:
            # It does not say how long the prompt is; images are not counted here.
            raise self._too_long(f"at least {await asyncio.to_thread(self.count, text)}") from error
        count = len(rendered.get("prompt_token_ids", ()))
        if count > self.model.max_prompt_tokens:
            raise self._too_long(f"{count}")
        return rendered

    def count(self, text: str) -> int:
        """The tokens of a text."""
        return len(self._llm.renderer.get_tokenizer().encode(text, add_special_tokens=False))

    def generate(
        self, prompt: EngineInput, parameters: SamplingParams, request_id: str
    ) -> AsyncGenerator[RequestOutput]:
        """VLLM's own stream."""
        return self._llm.generate(prompt, parameters, request_id)

    def _too_long(self, count: str) -> PlanRefused:
        limit = self.model.max_prompt_tokens
        return PlanRefused(
            f"messages: the prompt has {count} tokens, over the limit of {limit} tokens", "prompt_too_long"
        )
