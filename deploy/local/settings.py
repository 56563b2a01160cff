"""What a local stack is made of; it knows nothing of how it is started.

Every field is a flag (`--visualizers 3`) and an environment variable (`LOCAL_VISUALIZERS=3`).
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """One machine's stack; a port of 0 is any free one."""

    model_config = SettingsConfigDict(frozen=True, env_prefix="LOCAL_", cli_kebab_case=True)

    planner_model: str = Field(
        "models/storybook/planner", description="a folder or a hub name that vLLM can serve"
    )
    visualizer_model: str = Field(
        "models/storybook/visualizer", description="a diffusers folder or name, or `simulated`"
    )
    public_model: str = Field("storybook", description="the name under which clients ask for the pair")
    visualizers: int = Field(2, ge=0, le=64, description="how many visualizers share the queue")
    gateway_port: int = Field(0, ge=0, le=65535)
    planner_port: int = Field(0, ge=0, le=65535)
    redis_port: int = Field(0, ge=0, le=65535)
    # A tiny planner starts in under a minute; a large one loads for several.
    start_timeout_s: float = Field(
        600, gt=0, description="how long the slowest service may take to become ready"
    )
    directory: Path = Field(Path("out/local"), description="where logs, pictures and Redis's files go")
