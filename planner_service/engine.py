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

import PIL.Image
from jinja2 import TemplateError
from vllm import RequestOutput, SamplingParams
from vllm.config import VllmConfig
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.exceptions import VLLMClientError, VLLMError
from vllm.inputs import EngineInput, TextPrompt
from vllm.platforms import current_platform
from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
from vllm.tokenizers import get_tokenizer
from vllm.transformers_utils.config import get_config
from vllm.v1.engine.async_llm import AsyncLLM

from planner_service import cpu
from planner_service.backend import Chunk, Stretch
from planner_service.errors import EngineFailed, PlannerUnavailable, PlanRefused
from planner_service.grammar import grammar_of
from planner_service.language import Language, language_of
from planner_service.reasoning import PARSER, Thoughts, thinks
from planner_service.sampling import sampling_of
from planner_service.settings import Settings
from planner_service.template import ChatTemplate
from planner_service.views import MOST as MOST_VIEWS
from planner_service.wire import Message, PlannerModel, PlanRequest, PlanUsage, TextPart

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
        self._template = ChatTemplate.of(llm.renderer.get_tokenizer(), config, tells=tells)
        self._tokenizing = replace(llm.renderer.default_chat_tok_params, add_special_tokens=False)
        defaults = config.get_diff_sampling_param()
        self._sampling = {key: value for key, value in defaults.items() if key not in ("max_tokens", "seed")}
        self.model = PlannerModel(
            name=name, sees_images=config.is_multimodal_model, max_prompt_tokens=config.max_model_len - 1
        )

    @classmethod
    async def start(cls, settings: Settings) -> Self:
        """Load the model and plan once, so that kernels, tokenizer and grammar are warm. Blocks the event loop while loading."""
        llm = AsyncLLM.from_vllm_config(_configure(settings), disable_log_stats=False)
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

    @property
    def is_explained(self) -> bool:
        """Whether the model reads the language in words."""
        return self._template.told == "explained"

    @property
    def thinks(self) -> bool:
        """Whether the model may think before it writes."""
        return bool(self._llm.vllm_config.structured_outputs_config.reasoning_parser)

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


class Prompt:
    """One plan's prompt in vLLM; each stretch goes on from the text that was kept of those before it."""

    def __init__(
        self,
        backend: VllmBackend,
        request: PlanRequest,
        text: str,
        images: list[PIL.Image.Image],
        rendered: EngineInput,
        sampling: dict[str, Any],
    ):
        self.is_explained = backend.is_explained
        self.input = rendered
        self.room_tokens = backend.model.max_prompt_tokens + 1 - len(rendered.get("prompt_token_ids", ()))
        self._backend = backend
        self._request = request
        self._text, self._images = text, images
        self._sampling = sampling
        self._thoughts = Thoughts(text, may_think=backend.thinks)

    def count(self, text: str) -> int:
        """The tokens of a text."""
        return self._backend.count(text)

    async def write(self, stretch: Stretch) -> AsyncGenerator[Chunk]:
        """Queue a stretch; see `Opened.write`."""
        prompt = await self._going_on(stretch.prefix) if stretch.number else self.input
        return self._chunks(prompt, self._parameters(stretch), f"{self._request.id}-{stretch.number}")

    async def _going_on(self, prefix: str) -> EngineInput:
        return await self._backend.rendered(self._text + self._thoughts.closed() + prefix, self._images)

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
            seed=None if seed is None else (seed + stretch.number) % 2**63,
            max_tokens=stretch.most_tokens,
            output_kind=RequestOutputKind.DELTA,
            structured_outputs=StructuredOutputsParams(grammar=grammar),
            # The grammar speaks of text, so the text must show all that was written; and special tokens are no part of it.
            skip_special_tokens=False,
        )

    async def _chunks(
        self, prompt: EngineInput, parameters: SamplingParams, request_id: str
    ) -> AsyncGenerator[Chunk]:
        """Thoughts have half of the tokens at most; the model writes the answer with the other half."""
        most_tokens = parameters.max_tokens or 0
        written = 0
        try:
            async with aclosing(self._backend.generate(prompt, parameters, request_id)) as outputs:
                async for output in outputs:
                    written += len(output.outputs[0].token_ids)
                    chunk = self._chunk(output, written)
                    if self._thoughts.are_open and (written > most_tokens // 2 or chunk.finish):
                        yield Chunk("", thought=chunk.thought)
                        break
                    yield chunk
                else:
                    return
            prompt = await self._going_on("")
        except (VLLMError, PlanRefused) as error:
            raise EngineFailed from error
        rest = parameters.clone()
        rest.max_tokens = max(1, most_tokens - written)
        async for chunk in self._chunks(prompt, rest, f"{request_id}-thought"):
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


def _configure(settings: Settings) -> VllmConfig:
    defaults = {
        "enable_prefix_caching": True,
        # As many tokens as fit the memory: a model that could read 262,144 would otherwise not start on a GPU of 24 GB.
        "max_model_len": -1,
        "limit_mm_per_prompt": {"image": MOST_VIEWS, "video": 0},
        # With it, images of a prompt that was built but then refused or abandoned count as sent, and the next plan that shows
        # them fails. The prefix cache still spares the engine what it has seen.
        "mm_processor_cache_gb": 0,
    }
    arguments: dict[str, Any] = {"model": settings.model, **defaults, **settings.engine_args}
    if "reasoning_parser" not in arguments and thinks(
        get_tokenizer(settings.model, trust_remote_code=arguments.get("trust_remote_code", False))
    ):
        arguments["reasoning_parser"] = PARSER
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
