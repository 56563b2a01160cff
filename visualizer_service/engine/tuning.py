"""What an operator may trade for speed or memory, done to a pipeline once its family has it. Imports are heavy only when used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from visualizer_service.engine.device import Device

MOST_VARIANTS: Final = 32
"""Of a compiled block. Twice what FLUX.2's single block comes in: last or not; without references, with them, extracting them; for one
row, for several at one timestep, at different ones."""
Weights = Literal["as_stored", "int8", "float8", "float8_dynamic"]
KeysValues = Literal["as_computed", "float8"]


@dataclass(frozen=True, slots=True)
class Tuning:
    """`compiled`: the denoiser's repeated blocks, the decoder and klein's text encoder through torch.compile. `attention`: a backend of diffusers by its name; unset, the family's choice.

    `weights`: the denoiser's, quantized by torchao as it loads; `float8_dynamic` is the one that saves time, and only where compiled. `offloaded`: parts wait in the host's memory until they are called.
    `keys_values`: of references, how they are kept. `reference_side_px`: a reference is brought to the area of a square of this side at most.
    `step_cache`: a step whose first block changed by less than this share since the last step that ran whole skips the other blocks.
    """

    compiled: bool = False
    attention: str | None = None
    weights: Weights = "as_stored"
    offloaded: bool = False
    step_cache: float | None = None
    keys_values: KeysValues = "as_computed"
    reference_side_px: int | None = None


def tune(pipeline: Any, tuning: Tuning, device: Device, *, is_called_whole: bool) -> None:
    """Apply a tuning to a diffusers pipeline of any kind.

    Args:
        is_called_whole: its own `__call__`, or diffusers' blocks, draw each picture.

    Raises:
        ValueError: the tuning does not go with this device or this pipeline.
        ImportError: quantized weights, and torchao is not installed.
    """
    # `Any`: pipelines share no type that names their denoiser.
    denoiser = getattr(pipeline, "transformer", None) or getattr(pipeline, "unet", None)
    if denoiser is None:
        if tuning != Tuning():
            raise ValueError(f"{type(pipeline).__name__} has no denoiser that could be tuned")
        return
    if tuning.weights != "as_stored":
        _quantize(denoiser, tuning, device)
    if tuning.attention:
        denoiser.set_attention_backend(tuning.attention)
    if tuning.offloaded:
        if not device.is_cuda:
            raise ValueError(f"offload needs a GPU to come back to, the device is {device.name}")
        pipeline.enable_model_cpu_offload(device=device.torch)
    if tuning.step_cache is not None:
        if not is_called_whole:
            raise ValueError("a step cache follows one picture, and this model's pictures share their steps")
        _cache_steps(denoiser, tuning.step_cache)
    if tuning.compiled:
        _compile(pipeline, denoiser, is_called_whole=is_called_whole)
    else:
        _pack(denoiser)


def _compile(pipeline: Any, denoiser: Any, *, is_called_whole: bool) -> None:
    _ready_to_compile()
    denoiser.compile_repeated_blocks(dynamic=True, fullgraph=True)
    _compile_decoder(pipeline.vae)
    if not is_called_whole:
        _compile_text_encoder(pipeline)


def _compile_decoder(autoencoder: Any) -> None:
    """Compile for the first size, and once more for all others; decoders of films that keep frames between calls stay as they are."""
    from diffusers.models.autoencoders import autoencoder_kl_qwenimage as qwen_image
    from diffusers.models.autoencoders import autoencoder_kl_wan as wan
    from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
    from diffusers.models.autoencoders.autoencoder_kl_flux2 import AutoencoderKLFlux2

    draws_stills = isinstance(autoencoder, AutoencoderKL | AutoencoderKLFlux2)
    if isinstance(autoencoder, qwen_image.AutoencoderKLQwenImage | wan.AutoencoderKLWan):
        # A family that draws stills has exchanged it.
        draws_stills = not isinstance(autoencoder.decoder, qwen_image.QwenImageDecoder3d | wan.WanDecoder3d)
    if draws_stills:
        autoencoder.decoder.compile()


def _compile_text_encoder(pipeline: Any) -> None:
    """Layer by layer, as the family calls them; on an H100 the host took 48 ms to launch what are 10 ms of arithmetic."""
    from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
    from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline

    if isinstance(pipeline, Flux2KleinPipeline | Flux2KleinKVPipeline):
        for layer in pipeline.text_encoder.model.layers:
            layer.compile()


def can_compile() -> bool:
    """Whether this machine has the C++ compiler that torch.compile needs."""
    try:
        _ready_to_compile()
    except ValueError:
        return False
    return True


def _quantize(denoiser: Any, tuning: Tuning, device: Device) -> None:
    if tuning.weights == "float8_dynamic" and not tuning.compiled:
        raise ValueError("float8_dynamic is slower than weights as stored unless it is compiled")
    from torchao.quantization import (  # pyright: ignore[reportMissingImports]  # only in the extra `quantized`
        Float8DynamicActivationFloat8WeightConfig,
        Float8WeightOnlyConfig,
        Int8WeightOnlyConfig,
        PerRow,
        quantize_,
    )

    match tuning.weights:
        case "float8_dynamic":
            kind = Float8DynamicActivationFloat8WeightConfig(granularity=PerRow())
        case "float8":
            kind = Float8WeightOnlyConfig()
        case _:
            kind = Int8WeightOnlyConfig()
    # Of the repeated blocks alone where arithmetic is quantized too: what enters and leaves the model is few numbers that count.
    parts = denoiser.named_children() if tuning.weights == "float8_dynamic" else [("", denoiser)]
    for name, part in parts:
        if not name or name.endswith("blocks"):
            # Layer by layer on the device, which need not hold the whole as it was stored.
            quantize_(part, kind, device=device.torch)


def _cache_steps(denoiser: Any, threshold: float) -> None:
    from diffusers.hooks.first_block_cache import FirstBlockCacheConfig
    from diffusers.models.cache_utils import CacheMixin

    if not isinstance(denoiser, CacheMixin):
        raise ValueError(f"diffusers has no step cache for {type(denoiser).__name__}")
    denoiser.enable_cache(FirstBlockCacheConfig(threshold))


def _ready_to_compile() -> None:
    import torch._dynamo
    import torch.fx.experimental._config
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler as error:
        raise ValueError("compiled blocks need a C++ compiler: install g++") from error
    # Beyond its limit torch runs a block uncompiled without an error.
    torch._dynamo.config.recompile_limit = MOST_VARIANTS
    # Else what is as long as something else at first would have to be so for ever.
    torch.fx.experimental._config.use_duck_shape = False


def _pack(denoiser: Any) -> None:
    from visualizer_service.engine.cpu.projection import Projection

    for part in denoiser.modules():
        if isinstance(part, Projection):
            part.pack()
