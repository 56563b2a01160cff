"""A model that is not ours comes from a package installed beside, by the name of its pipeline's class, and goes before our own."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers.pipelines.z_image.pipeline_z_image import ZImagePipeline

from tests.unit.visualizer.engine.families import tiny_flow
from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.budgets import CacheBudget
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.z_image import ZImage
from visualizer_service.engine.families.models import model_of

PACKAGE = """
from visualizer_service.engine.families.flow.z_image import ZImage
from visualizer_service.engine.serving import Serving

class Faster(ZImage):
    @classmethod
    def make(cls, pipeline, known, device, cache, adapters):
        return cls(pipeline, Serving(num_inference_steps=2, max_references=0), device, cache)
"""


def drawn_by(pipeline: ZImagePipeline) -> ZImage:
    device = Device("cpu", torch.float32)
    cache = EncoderCache(device, CacheBudget(0, 0, 0, 0))
    model = model_of(pipeline, None, "tiny", device, cache, Adapters(pipeline, {}))
    assert isinstance(model, ZImage)
    return model


def test_a_model_from_outside_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = ZImagePipeline(**tiny_flow.z_image_parts())
    assert drawn_by(pipeline).limits.default_steps == 8
    (tmp_path / "faster.py").write_text(PACKAGE, encoding="utf-8")
    metadata = tmp_path / "faster-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: faster\nVersion: 1.0\n", encoding="utf-8"
    )
    (metadata / "entry_points.txt").write_text(
        "[weaver.families]\nZImagePipeline = faster:Faster.make\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    model = drawn_by(pipeline)
    assert (type(model).__name__, model.limits.default_steps) == ("Faster", 2)
