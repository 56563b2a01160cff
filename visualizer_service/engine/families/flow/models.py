"""Which `FlowModel` draws with a pipeline, called as its folder says, else as its makers do."""

from __future__ import annotations

from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage import QwenImagePipeline
from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit_plus import QwenImageEditPlusPipeline
from diffusers.pipelines.wan.pipeline_wan import WanPipeline
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow import wan, z_image
from visualizer_service.engine.families.flow.family import FlowFamily, FlowModel
from visualizer_service.engine.families.flow.qwen_image import QWEN_IMAGE, QwenImage
from visualizer_service.engine.families.flow.qwen_image_edit_plus import (
    QWEN_IMAGE_EDIT_PLUS,
    QwenImageEditPlus,
)
from visualizer_service.engine.serving import Serving


def family_of(
    pipeline: DiffusionPipeline,
    known: Serving | None,
    name: str,
    device: Device,
    cache_bytes: int,
    adapters: Adapters,
) -> FlowFamily | None:
    """The family of a pipeline, or None where no `FlowModel` draws with it.

    Args:
        known: what the model's folder says of itself.
        name: the model's, as on the hub; its last part tells variants apart.
    """
    cache = EncoderCache(cache_bytes)
    model = _model(pipeline, known, name.rpartition("/")[2], device, cache)
    return None if model is None else FlowFamily(model, name, device, cache, adapters)


def _model(
    pipeline: DiffusionPipeline, known: Serving | None, name: str, device: Device, cache: EncoderCache
) -> FlowModel | None:
    match pipeline:
        case QwenImageEditPlusPipeline():
            return QwenImageEditPlus(pipeline, known or QWEN_IMAGE_EDIT_PLUS, device, cache)
        case QwenImagePipeline():
            return QwenImage(pipeline, known or QWEN_IMAGE, device, cache)
        case ZImagePipeline():
            return z_image.ZImage(pipeline, known or z_image.serving_of(name), device, cache)
        case WanPipeline():
            return wan.Wan(pipeline, known or wan.serving_of(name), device, cache)
        case _:
            return None
