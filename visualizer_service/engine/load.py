"""Turns a model folder or hub name into an engine. Heavy imports happen in `load`, so that importing this module costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.budgets import CacheWish, budget
from visualizer_service.engine.caps import Caps, table_of
from visualizer_service.engine.family import Family
from visualizer_service.engine.seam import Engine
from visualizer_service.engine.serving import BY_PIPELINE, Serving, serving
from visualizer_service.engine.tuning import Tuning, tune

if TYPE_CHECKING:
    from visualizer_service.engine.device import Device
    from visualizer_service.engine.loop import StepLoop

DType = Literal["float32", "bfloat16", "float16"]
SLOTS: Final = 8
STUCK_S: Final = 60.0
"""No step and no picture's decoding takes this long, and half of the time that a picture is given is then left to another worker."""
AS_IT_COMES: Final = Tuning()
AS_MUCH_AS_FITS: Final = CacheWish()


def load(
    model: str,
    *,
    device: str = "cpu",
    dtype: DType = "float32",
    slots: int = SLOTS,
    caches: CacheWish = AS_MUCH_AS_FITS,
    caps: Path | None = None,
    adapters: Mapping[str, str] = MappingProxyType({}),
    tuning: Tuning = AS_IT_COMES,
    stuck_s: float = STUCK_S,
) -> Engine:
    """Load the model that diffusers finds under `model` and give it the step loop of its family.

    Args:
        model: a diffusers folder, or its name on the hub.
        device: as torch names it.
        slots: most tasks at a time.
        caches: what the caches of prompts and references may take.
        caps: the table that `python -m visualizer_service.calibrate` wrote.
        adapters: LoRA weights by the name that jobs call them, each a folder, a file or a hub name.
        tuning: what to trade for speed or memory.
        stuck_s: a picture that is decoded for longer means that the device hangs.
    """
    family = load_family(model, device=device, dtype=dtype, caches=caches, adapters=adapters, tuning=tuning)
    return engine_over(family, slots=slots, caps=caps, tuning=tuning, stuck_s=stuck_s)


def engine_over(
    family: Family[Any],
    *,
    slots: int = SLOTS,
    caps: Path | None = None,
    tuning: Tuning = AS_IT_COMES,
    stuck_s: float = STUCK_S,
) -> StepLoop[Any]:
    """The step loop of a family; arguments are those of `load`."""
    from visualizer_service.engine.decode_thread import DecodeThread
    from visualizer_service.engine.loop import StepLoop

    # What shares no calls is drawn one by one; parts that come and go come for one picture at a time.
    slots = slots if family.shares_calls and not tuning.offloaded else 1
    return StepLoop(
        family,
        Caps(slots, table_of(family.name, family.device, caps)),
        slots,
        decode_thread=DecodeThread(stuck_s, is_inline=tuning.offloaded),
        warms_up_company=tuning.compiled,
    )


def load_family(
    model: str,
    *,
    device: str = "cpu",
    dtype: DType = "float32",
    caches: CacheWish = AS_MUCH_AS_FITS,
    adapters: Mapping[str, str] = MappingProxyType({}),
    tuning: Tuning = AS_IT_COMES,
) -> Family[Any]:
    """The model alone, for those who time its steps themselves; arguments are those of `load`."""
    import torch
    from diffusers.pipelines.pipeline_utils import DiffusionPipeline

    from visualizer_service.engine.device import Device

    place = Device(device, getattr(torch, dtype))
    pipeline = DiffusionPipeline.from_pretrained(model, dtype=place.dtype)
    pipeline.set_progress_bar_config(disable=True)
    name = "/".join(Path(model).parts[-2:])
    return family_of(pipeline, Path(model), name, place, caches, Adapters(pipeline, adapters), tuning)


def family_of(
    pipeline: Any,
    folder: Path,
    name: str,
    device: Device,
    caches: CacheWish,
    adapters: Adapters,
    tuning: Tuning,
) -> Family[Any]:
    """The family of a pipeline whose parts are in the host's memory, tuned and brought to the device."""
    from visualizer_service.engine.encoder_cache import EncoderCache
    from visualizer_service.engine.families.flow.family import FlowFamily
    from visualizer_service.engine.families.generic import Generic
    from visualizer_service.engine.families.in_blocks import IN_BLOCKS, InBlocks
    from visualizer_service.engine.families.models import model_of

    comes_later = tuning.offloaded or tuning.weights != "as_stored"
    if not comes_later:
        pipeline.to(device.torch)
    elif vae := getattr(pipeline, "vae", None):
        vae.to(device.torch)  # a family encodes a few pictures at its start
    is_distilled = getattr(pipeline.config, "is_distilled", True)
    known = serving(folder, type(pipeline).__name__, is_distilled=is_distilled)
    if tuning.reference_side_px is not None:
        known = _with_smaller_references(known, tuning.reference_side_px, type(pipeline).__name__)
    if tuning.keys_values == "float8" and type(pipeline).__name__ != "Flux2KleinKVPipeline":
        raise ValueError(f"{type(pipeline).__name__} keeps no keys and values of references")
    free = device.free_bytes()
    if free is not None and comes_later:
        free = max(0, free - _bytes_to_come(pipeline, tuning))
    cache = EncoderCache(device, budget(caches, free), shrinks=tuning.keys_values == "float8")
    found = model_of(pipeline, known, name, device, cache, adapters)
    # A step cache follows one whole call, and parts that come and go are called for by it.
    needs_whole_call = tuning.step_cache is not None or tuning.offloaded
    if found:
        family = FlowFamily(found, name, device, cache, adapters)
    elif type(pipeline).__name__ in IN_BLOCKS and not needs_whole_call:
        family = InBlocks(pipeline, known, name, device, adapters)
    else:
        family = Generic(pipeline, known, name, device, adapters)
    # After the family, which joins weights that are quantized and compiled as one.
    tune(pipeline, tuning, device, is_called_whole=found is None)
    if comes_later and not tuning.offloaded:
        pipeline.to(device.torch)
    # What is encoded beside the steps does not wait for them, nor for what was made here.
    device.settle()
    return family


def _with_smaller_references(known: Serving | None, side_px: int, pipeline: str) -> Serving:
    if known is None or pipeline not in BY_PIPELINE:
        raise ValueError(f"references of {pipeline} come in one size")
    if side_px > known.reference_side_px:
        raise ValueError(f"references have a side of {known.reference_side_px} pixels at most")
    return known.model_copy(update={"reference_side_px": side_px})


def _bytes_to_come(pipeline: Any, tuning: Tuning) -> int:
    """Of the device's memory, what parts that still wait in the host's will take: one at a time where they come and go, else all."""
    parts = [
        sum(weights.nbytes for weights in part.parameters())
        for part in pipeline.components.values()
        if hasattr(part, "parameters")
    ]
    return max(parts, default=0) if tuning.offloaded else sum(parts)
