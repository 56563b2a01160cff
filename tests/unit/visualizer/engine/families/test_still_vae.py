"""A film's decoder that keeps nothing for a next frame gives the same first frame, and can be compiled as one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.unit.visualizer.engine.families import tiny, tiny_flow
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flow.still_vae import StillVAE
from visualizer_service.engine.tuning import Tuning, tune

CPU = Device("cpu", torch.float32)
FILMS = pytest.mark.parametrize(
    "parts", [tiny_flow.qwen_image_parts, tiny_flow.wan_parts], ids=["qwen-image", "wan"]
)


def first_frame(vae: Any, latents: torch.Tensor) -> torch.Tensor:
    with torch.inference_mode():
        return vae.decode(latents[:, :, None], return_dict=False)[0]


@FILMS
def test_the_frame_is_the_films_whole_and_in_tiles(parts: Callable[[], dict[str, Any]]) -> None:
    vae = parts()["vae"]
    channels = vae.config["z_dim"]
    small, large = torch.randn(1, channels, 8, 12), torch.randn(1, channels, 40, 8)
    expected = first_frame(vae, small)
    vae.enable_tiling()
    in_tiles = first_frame(vae, large)
    vae.disable_tiling()
    StillVAE(vae, torch.device("cpu"))
    StillVAE(vae, torch.device("cpu"))
    torch.testing.assert_close(first_frame(vae, small), expected)
    vae.enable_tiling()
    torch.testing.assert_close(first_frame(vae, large), in_tiles)


@FILMS
def test_it_is_compiled_where_stills_are_drawn_with_it(
    parts: Callable[[], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    made = parts()
    vae = made["vae"]
    latents = torch.randn(1, vae.config["z_dim"], 8, 8)
    expected = first_frame(vae, latents)
    StillVAE(vae, torch.device("cpu"))
    denoiser = tiny.flux2_transformer(embeds_guidance=False)
    tune(SimpleNamespace(transformer=denoiser, vae=vae), Tuning(compiled=True), CPU, is_called_whole=False)
    assert vae.decoder._compiled_call_impl is not None
    torch.testing.assert_close(first_frame(vae, latents), expected)


def test_a_decoder_that_keeps_frames_is_left_as_it_is() -> None:
    vae = tiny_flow.wan_parts()["vae"]
    denoiser = tiny.flux2_transformer(embeds_guidance=False)
    tune(SimpleNamespace(transformer=denoiser, vae=vae), Tuning(compiled=True), CPU, is_called_whole=True)
    assert vae.decoder._compiled_call_impl is None
