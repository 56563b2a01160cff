"""The `vllm` backend: vLLM's AsyncLLM in this process (its core runs in a child), the grammar enforced while decoding.

It knows prompts and tokens; what the text means is read by `check`. Importing this module imports vLLM.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Self

from jinja2 import TemplateError
from vllm import RequestOutput, SamplingParams
from vllm.config import VllmConfig
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.exceptions import VLLMClientError, VLLMError
from vllm.inputs import EngineInput, TextPrompt
from vllm.platforms import current_platform
from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
from vllm.transformers_utils.config import get_config
from vllm.v1.engine.async_llm import AsyncLLM

from planner_service import cpu
from planner_service.backend import Chunk
from planner_service.errors import EngineFailed, PlannerUnavailable, PlanRefused
from planner_service.grammar import grammar_of
from planner_service.language import Language, language_of
from planner_service.settings import Settings
from planner_service.template import ChatTemplate
from planner_service.wire import Message, PlannerModel, PlanRequest, PlanUsage, TextPart

logger = logging.getLogger(__name__)

HEALTH_CHECK_S = 0.5
WARM_UP = PlanRequest(
    id="warm-up", messages=(Message(role="user", content=(TextPart(text="Hello"),)),), max_output_tokens=4
)


class VllmBackend:
    """Plans written by vLLM."""

    def __init__(self, llm: AsyncLLM, name: str, *, explains: bool):
        config = llm.model_config
        self._llm = llm
        self._template = ChatTemplate.of(llm.renderer.get_tokenizer(), config, explains=explains)
        self._tokenizing = replace(llm.renderer.default_chat_tok_params, add_special_tokens=False)
        self._sampling = {
            key: value for key, value in config.get_diff_sampling_param().items() if key != "max_tokens"
        }
        self.model = PlannerModel(
            name=name, sees_images=config.is_multimodal_model, max_prompt_tokens=config.max_model_len - 1
        )

    @classmethod
    async def start(cls, settings: Settings) -> Self:
        """Load the model and plan once, so that kernels, tokenizer and grammar are warm. Blocks the event loop while loading."""
        llm = AsyncLLM.from_vllm_config(_configure(settings), disable_log_stats=False)
        backend = cls(llm, settings.model, explains=settings.instructions == "auto")
        try:
            async with aclosing(await backend.begin(WARM_UP, language_of(WARM_UP))) as chunks:
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

    async def begin(self, request: PlanRequest, language: Language) -> AsyncGenerator[Chunk]:
        """Build the prompt and queue it; see `Backend.begin`."""
        if self._llm.errored:
            raise PlannerUnavailable
        prompt = await self.prompt(request, language)
        return self._chunks(prompt, self._parameters(request, language), request.id)

    async def prompt(self, request: PlanRequest, language: Language) -> EngineInput:
        """The engine's input, tokenized, its images processed.

        Raises:
            PlanRefused: it is too long, or the model's chat template refuses the order of its messages.
        """
        try:
            text, images = await asyncio.to_thread(self._template.render, request, language)
        except TemplateError as error:
            raise PlanRefused(
                "messages: the model's chat template does not allow this order of roles"
            ) from error
        prompt = TextPrompt(prompt=text)
        if images:
            prompt["multi_modal_data"] = {"image": images}
        try:
            [rendered] = await self._llm.renderer.render_cmpl_async([prompt], self._tokenizing)
        except VLLMClientError as error:
            # It does not say how long the prompt is; images are not counted here.
            tokenizer = self._llm.renderer.get_tokenizer()
            count = len(await asyncio.to_thread(tokenizer.encode, text, add_special_tokens=False))
            raise self._too_long(f"at least {count}") from error
        count = len(rendered.get("prompt_token_ids", ()))
        if count > self.model.max_prompt_tokens:
            raise self._too_long(f"{count}")
        return rendered

    def _too_long(self, count: str) -> PlanRefused:
        limit = self.model.max_prompt_tokens
        return PlanRefused(
            f"messages: the prompt has {count} tokens, over the limit of {limit} tokens", "prompt_too_long"
        )

    def _parameters(self, request: PlanRequest, language: Language) -> SamplingParams:
        """The model's own sampling defaults, under what the request sets, under the grammar."""
        asked = {"temperature": request.temperature, "top_p": request.top_p, "seed": request.seed}
        return SamplingParams(
            **self._sampling | {key: value for key, value in asked.items() if value is not None},
            max_tokens=request.max_output_tokens,
            output_kind=RequestOutputKind.DELTA,
            structured_outputs=StructuredOutputsParams(grammar=grammar_of(language)),
            # The grammar speaks of text, so the text must show all that was written; and special tokens are no part of it.
            skip_special_tokens=False,
            logit_bias=dict.fromkeys(self._template.forbidden_ids, -100.0) or None,
        )

    async def _chunks(
        self, prompt: EngineInput, parameters: SamplingParams, request_id: str
    ) -> AsyncGenerator[Chunk]:
        written = 0
        try:
            async with aclosing(self._llm.generate(prompt, parameters, request_id)) as outputs:
                async for output in outputs:
                    written += len(output.outputs[0].token_ids)
                    yield _chunk(output, written)
        except VLLMError as error:
            raise EngineFailed from error


def _chunk(output: RequestOutput, written: int) -> Chunk:
    delta = output.outputs[0]
    if not output.finished:
        return Chunk(delta.text)
    if delta.finish_reason not in ("stop", "length"):
        raise EngineFailed(delta.finish_reason)
    usage = PlanUsage(
        input_tokens=len(output.prompt_token_ids or ()),
        cached_tokens=output.num_cached_tokens or 0,
        output_tokens=written,
    )
    return Chunk(delta.text, delta.finish_reason, usage)


def _configure(settings: Settings) -> VllmConfig:
    defaults = {
        "enable_prefix_caching": True,
        # With it, images of a prompt that was built but then refused or abandoned count as sent, and the next plan that shows
        # them fails. The prefix cache still spares the engine what it has seen.
        "mm_processor_cache_gb": 0,
    }
    arguments: dict[str, Any] = {"model": settings.model, **defaults, **settings.engine_args}
    on_cpu = current_platform.is_cpu()
    if on_cpu:
        # A prompt read in parts rewinds its own seeded generator, which torch's CPU generator cannot: the engine would die of it.
        arguments.setdefault("enable_chunked_prefill", False)
    if on_cpu and cpu.is_small():
        # Compiling takes longer than a small machine's plans gain by it.
        arguments.setdefault("enforce_eager", True)
        known = get_config(
            settings.model, arguments.get("trust_remote_code", False), arguments.get("revision")
        )
        cpu.register_in_process(known.architectures or [])
    config = AsyncEngineArgs(**arguments).create_engine_config()
    if on_cpu:
        cpu.fit(config)
    return config
