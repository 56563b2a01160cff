"""What an operator can set, all by environment (`VISUALIZER_…`); built only in `main`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from telemetry import logs
from visualizer_service.blobs.objects import DEFAULT_URL
from visualizer_service.engine.budgets import CacheWish
from visualizer_service.engine.load import SLOTS, STUCK_S, DType
from visualizer_service.engine.serving import LEAST_REFERENCE_SIDE_PX
from visualizer_service.engine.simulated import Simulation
from visualizer_service.engine.tuning import KeysValues, Weights


class Settings(BaseSettings):
    """The visualizer's settings."""

    model_config = SettingsConfigDict(env_prefix="VISUALIZER_", env_nested_delimiter="__", frozen=True)

    # Loopback: only health checks and the metrics scraper come here.
    host: str = "127.0.0.1"
    port: int = Field(default=8201, ge=0, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    # `json` is for programs that collect logs: an object a line.
    log_format: logs.Format = "text"
    redis_url: str = "redis://127.0.0.1:6379/0"
    # Where pictures are kept, as for the gateways: `visualizer_service/blobs/objects.py`.
    blobs_url: str = DEFAULT_URL
    # Workers of one pool serve the same model. No braces: they mark the part of a key that Redis Cluster hashes.
    pool: str = Field(default="default", pattern=r"^[A-Za-z0-9_.-]{1,64}$")

    # Apache-2.0, takes references, fits one 24 GB GPU. `simulated` draws placeholders.
    model: str = "black-forest-labs/FLUX.2-klein-4B"
    # One GPU of several by its number: `cuda:1`.
    device: str = Field(default="auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$")
    # `auto`: bfloat16 on a GPU, float32 on a CPU, where it is the faster one.
    dtype: Literal["auto"] | DType = "auto"
    # Small pictures gain from company up to about here; the table of caps bounds large ones.
    slots: int = Field(default=SLOTS, ge=1)
    # Of prompts and references on the device; unset, the share below of what the loaded model leaves free, on a CPU 2 GiB.
    cache_bytes: int | None = Field(default=None, ge=0)
    cache_share: float = Field(default=CacheWish().share, ge=0, le=0.9)
    # Of a GPU's host, for keys and values of references: four of 1024² of FLUX.2 klein-9B-KV.
    host_cache_bytes: int = Field(default=CacheWish().host_bytes, ge=0)
    # What `python -m visualizer_service.calibrate` wrote for this device.
    caps_file: Path | None = None
    # LoRA weights by the name that requests call them: {"watercolour": "FOLDER, FILE OR HUB NAME"}.
    adapters: dict[str, str] = {}
    # Readiness waits for it. Unset: on a GPU, if there is a C++ compiler, no adapter and nothing offloaded.
    compiled: bool | None = None
    # A backend of diffusers by its name: `native`, `flash`, `sage`, …
    attention: str | None = None
    # Quantized weights need the extra `quantized`; they fit smaller GPUs, and cost some likeness.
    weights: Weights = "as_stored"
    # Of references, for FLUX.2 klein-KV: `float8` keeps twice as many, for a fraction of a grey level.
    keys_values: KeysValues = "as_computed"
    # Of FLUX.2's references: at 512 one costs a quarter of what it costs at 1024, the model's own; fine print of it is lost.
    reference_side_px: int | None = Field(default=None, ge=LEAST_REFERENCE_SIDE_PX)
    # Parts wait in the host's memory until they are called: fits far smaller GPUs, and is far slower.
    offloaded: bool = False
    # For models whose pictures are drawn whole, one by one: 0.05 is cautious, 0.2 shows.
    step_cache: float | None = Field(default=None, gt=0, lt=1)
    # CPU threads of one step. Unset leaves it to torch, which takes every core; with other busy processes beside, 1 is far faster.
    threads: int | None = Field(default=None, ge=1)
    simulation: Simulation = Simulation()

    # A dead worker's job waits this long for another; far above any pause of a healthy process.
    lease_s: float = Field(default=15, gt=0)
    # Three renewals may fail before a lease is lost.
    renew_s: float = Field(default=4, gt=0)
    # A job that ended three workers would end a fourth.
    most_attempts: int = Field(default=3, ge=1)
    # Below the 30 s after which orchestrators kill.
    drain_grace_s: float = Field(default=20, ge=0)
    # No step and no picture's decoding takes this long; the device hangs.
    turn_limit_s: float = Field(default=STUCK_S, gt=0)

    @model_validator(mode="after")
    def _renews_in_time(self) -> Self:
        if self.renew_s > self.lease_s / 2:
            raise ValueError(
                "renew_s must be at most half of lease_s, or a single late renewal loses the lease"
            )
        return self
