"""Which `FlowModel` draws with a pipeline, called as its folder says, else as its makers do.

A model that is not here comes from another package: an entry point in the group `weaver.families`, by the name of its pipeline's class,
that is called as `Maker` and gives a `FlowModel`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any, Final

from diffusers.pipelines.flux2.pipeline_flux2 import Flux2Pipeline
from diffusers.pipelines.flux2.pipeline_flux2_klein import Flux2KleinPipeline
from diffusers.pipelines.flux2.pipeline_flux2_klein_kv import Flux2KleinKVPipeline
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import QwenImageEditPlusPipeline
from diffusers.pipelines.wan.pipeline_wan import WanPipeline
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow import wan, z_image
from visualizer_service.engine.families.flow.model import FlowModel
from visualizer_service.engine.families.flow.qwen_image import QWEN_IMAGE, QwenImage
from visualizer_service.engine.families.flow.qwen_image_edit_plus import (
    QWEN_IMAGE_EDIT_PLUS,
    QwenImageEditPlus,
)
from visualizer_service.engine.families.flux2.model import Flux2
from visualizer_service.engine.serving import Serving

GROUP: Final = "weaver.families"
Maker = Callable[[Any, Serving | None, Device, EncoderCache, Adapters], FlowModel]
"""Of a pipeline, what is known of how it is to be called, and where its encoders' results are to be kept."""


def model_of(
    pipeline: DiffusionPipeline,
    known: Serving | None,
    name: str,
    device: Device,
    cache: EncoderCache,
    adapters: Adapters,
) -> FlowModel | None:
    """The model of a pipeline, or None where nothing here or installed beside draws with it.

    Args:
        known: what the model's folder says of itself, or its makers.
        name: the model's, as on the hub; its last part tells variants apart.
    """
    for entry_point in entry_points(group=GROUP, name=type(pipeline).__name__):
        maker: Maker = entry_point.load()
        return maker(pipeline, known, device, cache, adapters)
    variant = name.rpartition("/")[2]
    match pipeline:
        case Flux2Pipeline() | Flux2KleinKVPipeline() if known:
            return Flux2(pipeline, known, device, cache, adapters)
        case Flux2KleinPipeline() if known and pipeline.config["is_distilled"]:
            return Flux2(pipeline, known, device, cache, adapters)
        case QwenImageEditPlusPipeline():
            return QwenImageEditPlus(pipeline, known or QWEN_IMAGE_EDIT_PLUS, device, cache)
        case QwenImagePipeline():
            return QwenImage(pipeline, known or QWEN_IMAGE, device, cache)
        case ZImagePipeline():
            return z_image.ZImage(pipeline, known or z_image.serving_of(variant), device, cache)
        case WanPipeline():
            return wan.Wan(pipeline, known or wan.serving_of(variant), device, cache)
        case _:
            return None
