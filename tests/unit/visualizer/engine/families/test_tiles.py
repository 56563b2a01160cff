"""Where memory holds no picture whole it is decoded in tiles, and a reference that is encoded meanwhile is encoded whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.pipelines.qwenimage import pipeline_qwenimage_edit_plus as edit_plus
from torch import Tensor, nn

from tests.unit.visualizer.engine.drive import make_reference, make_task, run_all
from tests.unit.visualizer.engine.families import tiny, tiny_flow
from visualizer_service.engine.families.flow.tiles import decoding_in_tiles
from visualizer_service.engine.load import load
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Drawn
from visualizer_service.engine.serving import Serving

SIDE_PX = 96
TILE_PX = 64
LATENT_PX = 8
"""Of the autoencoders themselves; FLUX.2's family patches their latents."""
LARGE = make_reference(1, (SIDE_PX, SIDE_PX))
"""Larger than a tile."""
QWEN = Serving(num_inference_steps=1, max_references=1)


def klein(folder: Path) -> StepLoop:
    engine = load(str(folder))
    assert isinstance(engine, StepLoop)
    return engine


def qwen_image_edit_plus(_: Path) -> StepLoop:
    parts = tiny_flow.qwen_image_parts()
    vae = parts["vae"]
    vae.tile_sample_min_height = vae.tile_sample_min_width = TILE_PX
    vae.tile_sample_stride_height = vae.tile_sample_stride_width = TILE_PX - 16
    processor = tiny_flow.still_processor(parts["tokenizer"])
    return tiny_flow.engine(edit_plus.QwenImageEditPlusPipeline(processor=processor, **parts), QWEN)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (tiny.flux2_vae, (1, 8, 12, 12)),
        (lambda: tiny_flow.z_image_parts()["vae"], (1, 4, 12, 12)),
        (lambda: tiny_flow.qwen_image_parts()["vae"], (1, 4, 1, 40, 8)),
        (lambda: tiny_flow.wan_parts()["vae"], (1, 4, 1, 40, 8)),
    ],
    ids=["flux2", "z-image", "qwen-image", "wan"],
)
def test_tiles_are_the_autoencoders_own_and_for_as_long_as_they_are_asked_for(
    make: Callable[[], Any], shape: tuple[int, ...]
) -> None:
    vae = make()
    latents = torch.randn(shape)

    def decoded() -> Tensor:
        with torch.inference_mode():
            return vae.decode(latents, return_dict=False)[0]

    whole = decoded()
    vae.enable_tiling()
    in_tiles = decoded()
    vae.disable_tiling()
    assert not torch.equal(in_tiles, whole)
    with decoding_in_tiles(vae):
        assert torch.equal(decoded(), in_tiles)
    assert torch.equal(decoded(), whole)


class ShortOfMemory(nn.Module):
    """A decoder without the memory for more than a tile; at each tile that it decodes, `meanwhile` is called."""

    def __init__(self, decoder: nn.Module, most_side: int, meanwhile: Callable[[], Tensor]) -> None:
        super().__init__()
        self.decoder, self.most_side, self.meanwhile = decoder, most_side, meanwhile
        self.encoded: list[Tensor] = []

    def forward(self, latents: Tensor, *more: Any, **named: Any) -> Tensor:
        if max(latents.shape[-2:]) > self.most_side:
            raise torch.OutOfMemoryError("asked for")
        self.encoded.append(self.meanwhile())
        return self.decoder(latents, *more, **named)


@pytest.fixture(params=[klein, qwen_image_edit_plus])
def engine(request: pytest.FixtureRequest, klein_kv: Path) -> Iterator[StepLoop]:
    engine = request.param(klein_kv)
    yield engine
    engine.close()


def test_a_reference_that_is_encoded_while_a_picture_is_decoded_in_tiles_is_encoded_whole(
    engine: StepLoop,
) -> None:
    model = engine._family.model
    vae = model.vae
    with torch.inference_mode():
        whole = model.encode(LARGE.image)
    vae.decoder = ShortOfMemory(vae.decoder, TILE_PX // LATENT_PX, lambda: model.encode(LARGE.image))
    for name in ("first", "second"):
        vae.decoder.encoded.clear()
        engine.admit(make_task(name, size=(SIDE_PX, SIDE_PX), steps=1))
        assert [event.id for event in run_all(engine) if isinstance(event, Drawn)] == [name]
        assert len(vae.decoder.encoded) > 1
        assert all(torch.equal(latents, whole) for latents in vae.decoder.encoded)
    assert not vae.use_tiling
