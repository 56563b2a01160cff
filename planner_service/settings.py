"""What an operator can set, all by environment (`PLANNER_…`); built only in `main`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from telemetry import logs


class Settings(BaseSettings):
    """The planner service's settings."""

    model_config = SettingsConfigDict(env_prefix="PLANNER_", frozen=True)

    # Loopback: the planner has no authentication of its own, the gateway is the only one meant to reach it.
    host: str = "127.0.0.1"
    port: int = Field(default=8101, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # `json` is for programs that collect logs: an object a line.
    log_format: logs.Format = "text"

    backend: Literal["vllm", "openai"] = "vllm"
    # Apache-2.0, sees images; on one GPU of 24 GB its context is cut to about 27,000 tokens.
    model: str = "Qwen/Qwen3-VL-8B-Instruct"
    # Passed through to vLLM's `AsyncEngineArgs`, as JSON: {"tensor_parallel_size": 2, "quantization": "fp8"}. Without `max_model_len` the
    # context is as long as memory allows.
    engine_args: dict[str, Any] = {}
    # `auto` explains the language to a model unless its vocabulary has the tag, which shows that it was trained on it.
    instructions: Literal["auto", "off"] = "auto"

    # A long answer of a slow model; a plan that takes longer has lost its reader.
    plan_timeout_s: float = Field(default=300, gt=0)
    # Below the 30 s after which orchestrators kill.
    grace_s: float = Field(default=20, ge=0)

    upstream_url: str = "http://127.0.0.1:8000/v1"
    upstream_api_key: SecretStr = SecretStr("none")
    # Only vLLM understands the grammar; others refuse the field.
    upstream_grammar: bool = False
    upstream_sees_images: bool = False
    upstream_max_prompt_tokens: int = Field(default=32768, ge=1)
