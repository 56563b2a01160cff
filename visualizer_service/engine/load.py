"""Turns a model folder or hub name into an engine. Heavy imports happen in `load`, so that importing this module costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.caps import Caps, CapTable
from visualizer_service.engine.family import Family
from visualizer_service.engine.seam import Engine
from visualizer_service.engine.serving import serving
from visualizer_service.engine.tuning import Tuning, tune

if TYPE_CHECKING:
    from diffusers.pipelines.pipeline_utils import DiffusionPipeline

    from visualizer_service.engine.device import Device

DType = Literal["float32", "bfloat16", "float16"]
SLOTS: Final = 8
CACHE_BYTES: Final = 2 * 2**30
AS_IT_COMES: Final = Tuning()


def load(
    model: str,
    *,
    device: str = "cpu",
    dtype: DType = "float32",
    slots: int = SLOTS,
    cache_bytes: int = CACHE_BYTES,
    caps: Path | None = None,
    adapters: Mapping[str, str] = MappingProxyType({}),
    tuning: Tuning = AS_IT_COMES,
) -> Engine:
    """Load the model that diffusers finds under `model` and give it the step loop of its family.

    Args:
        model: a diffusers folder, or its name on the hub.
        device: as torch names it.
        slots: most tasks at a time.
        cache_bytes: bound of the cache for prompts and references, on the device.
        caps: the table that `python -m visualizer_service.calibrate` wrote.
        adapters: LoRA weights by the name that jobs call them, each a folder, a file or a hub name.
        tuning: what to trade for speed or memory.
    """
    from visualizer_service.engine.families.generic import Generic
    from visualizer_service.engine.loop import WARM_UP_ALONE, WARM_UP_TOGETHER, StepLoop

    family = load_family(
        model, device=device, dtype=dtype, cache_bytes=cache_bytes, adapters=adapters, tuning=tuning
    )
    # A pipeline that is called whole holds one picture's state and draws one at a time.
    slots = 1 if isinstance(family, Generic) else slots
    starts = WARM_UP_TOGETHER if tuning.compiled else WARM_UP_ALONE
    return StepLoop(family, Caps(slots, CapTable.read(caps) if caps else None), slots, warm_up_starts=starts)


def load_family(
    model: str,
    *,
    device: str = "cpu",
    dtype: DType = "float32",
    cache_bytes: int = CACHE_BYTES,
    adapters: Mapping[str, str] = MappingProxyType({}),
    tuning: Tuning = AS_IT_COMES,
) -> Family[Any]:
    """The model alone, for those who time its steps themselves; arguments are those of `load`."""
    import torch
    from diffusers.pipelines.pipeline_utils import DiffusionPipeline

    from visualizer_service.engine.device import Device
    from visualizer_service.engine.families.generic import Generic

    place = Device(device, getattr(torch, dtype))
    pipeline = DiffusionPipeline.from_pretrained(model, dtype=place.dtype)
    pipeline.set_progress_bar_config(disable=True)
    comes_later = tuning.offloaded or tuning.weights != "as_stored"
    if not comes_later:
        pipeline.to(place.torch)
    elif vae := getattr(pipeline, "vae", None):
        vae.to(place.torch)  # a family encodes a few pictures at its start
    family = _family(pipeline, Path(model), place, cache_bytes, Adapters(pipeline, adapters))
    # After the family, which joins weights that are quantized and compiled as one.
    tune(pipeline, tuning, place, is_called_whole=isinstance(family, Generic))
    if comes_later and not tuning.offloaded:
        pipeline.to(place.torch)
    return family


def _family(
    pipeline: DiffusionPipeline, model: Path, device: Device, cache_bytes: int, adapters: Adapters
) -> Family[Any]:
    from diffusers.pipelines.flux2.pipeline_flux2 import Flux2Pipeline
    from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
    from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline

    from visualizer_service.engine.families.flow.models import family_of
    from visualizer_service.engine.families.flux2.family import Flux2
    from visualizer_service.engine.families.generic import Generic

    known = serving(model, type(pipeline).__name__)
    name = "/".join(model.parts[-2:])
    match pipeline:
        case Flux2Pipeline() | Flux2KleinKVPipeline() if known:
            return Flux2(pipeline, known, name, device, cache_bytes, adapters)
        case Flux2KleinPipeline() if known and pipeline.config["is_distilled"]:
            return Flux2(pipeline, known, name, device, cache_bytes, adapters)
        case _:
            flow = family_of(pipeline, known, name, device, cache_bytes, adapters)
            return flow or Generic(pipeline, known, name, device, adapters)
