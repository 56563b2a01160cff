"""How vLLM is set up for planning, and what is to be known of the model it serves. Importing this module imports vLLM."""

from __future__ import annotations

from typing import Any

from vllm.config import ModelConfig, VllmConfig
from vllm.engine.arg_utils import AsyncEngineArgs
from vllm.model_executor.model_loader import get_model_cls
from vllm.platforms import current_platform
from vllm.renderers.hf import resolve_chat_template_content_format
from vllm.tokenizers import get_tokenizer
from vllm.transformers_utils.config import get_config

from planner_service.engines import cpu
from planner_service.engines.reasoning import CLOSE, OPEN, PARSER, thinks
from planner_service.language.bounds import TAG
from planner_service.prompts.template import ChatTemplate
from planner_service.prompts.turns import cleaner, control_tokens
from planner_service.prompts.views import MOST as MOST_VIEWS
from planner_service.settings import Settings


def configure(settings: Settings) -> VllmConfig:
    """The engine's configuration: our defaults under the operator's arguments."""
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


def template_of(tokenizer: Any, config: ModelConfig, *, tells: bool) -> ChatTemplate:
    """Look at a tokenizer and a model. A vocabulary that has our tag shows that the model was trained on the language."""
    knows_language = len(tokenizer.encode(f"<{TAG}", add_special_tokens=False)) == 1
    form = resolve_chat_template_content_format(None, None, "auto", tokenizer, model_config=config)
    return ChatTemplate(
        tokenizer=tokenizer,
        model_class=get_model_cls(config),
        clean=cleaner(control_tokens(tokenizer)),
        forbidden_ids=forbidden_ids(tokenizer, config),
        sees_images=config.is_multimodal_model,
        told=("brief" if knows_language else "explained") if tells else "nothing",
        takes_parts=form == "openai",
        most_views=min(MOST_VIEWS, config.multimodal_config.get_limit_per_prompt("image"))
        if config.multimodal_config
        else 0,
    )


def forbidden_ids(tokenizer: Any, config: ModelConfig) -> tuple[int, ...]:
    """Special tokens that neither end an answer nor spell our tags or the marks of thoughts."""
    generation = config.try_get_generation_config()
    ends = generation.get("eos_token_id", tokenizer.eos_token_id)
    allowed = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id}
    spelling = f"<{TAG}", f"</{TAG}", OPEN, CLOSE
    return tuple(
        number
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special and number not in allowed and not token.content.startswith(spelling)
    )
