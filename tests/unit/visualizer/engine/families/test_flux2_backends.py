"""Attention is done by the fastest of diffusers' backends that the device has and that gives the right numbers."""

from __future__ import annotations

import logging

import pytest
import torch
from diffusers.models.attention_dispatch import AttentionBackendName

from tests.unit.visualizer.engine.families import tiny
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.flux2.backends import candidates, use_fastest

CPU = Device("cpu", torch.bfloat16)


def backends(transformer: torch.nn.Module) -> set[object]:
    blocks = [*transformer.transformer_blocks, *transformer.single_transformer_blocks]
    return {block.attn.processor._attention_backend for block in blocks}


@pytest.mark.parametrize(
    ("capability", "names"),
    [
        (None, ()),
        ((8, 0), ()),
        ((8, 9), ()),
        ((9, 0), ("_flash_3", "_native_cudnn")),
        ((10, 0), ("_native_cudnn",)),
        ((12, 0), ("_native_cudnn",)),
    ],
)
def test_what_is_tried_depends_on_what_the_gpu_can_do(
    capability: tuple[int, int] | None, names: tuple[str, ...]
) -> None:
    assert candidates(capability) == names


def test_the_first_backend_that_works_is_set_and_what_does_not_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    transformer = tiny.flux2_transformer(embeds_guidance=False)
    with caplog.at_level(logging.INFO, "visualizer_service"):
        use_fastest(transformer, CPU, ["_flash_3", "no such", "_native_math", "native"])
    assert backends(transformer) == {AttentionBackendName._NATIVE_MATH}
    told = [record.getMessage() for record in caplog.records]
    assert told[0].startswith("no attention by _flash_3: RuntimeError: ")
    assert told[-1] == "attention by _native_math"


def test_without_one_torch_chooses() -> None:
    transformer = tiny.flux2_transformer(embeds_guidance=False)
    use_fastest(transformer, CPU, ["_flash_3"])
    assert backends(transformer) == {None}
