"""The device's errors reach the loop in its own words."""

from __future__ import annotations

import pytest
import torch

from visualizer_service.engine.device import Device
from visualizer_service.engine.family import NoMemory


@pytest.fixture
def cpu() -> Device:
    return Device("cpu", torch.float32)


def test_an_allocation_that_fails_is_no_memory(cpu: Device) -> None:
    with pytest.raises(NoMemory), cpu.errors():
        torch.empty(2**55, dtype=torch.uint8)


def test_other_errors_stay_what_they_are(cpu: Device) -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), cpu.errors():
        torch.ones(2, 3) @ torch.ones(2, 3)


def test_work_beside_the_main_stream_keeps_no_gradients(cpu: Device) -> None:
    with cpu.side_stream(cpu.mark()):
        assert torch.is_inference_mode_enabled()
    assert not torch.is_inference_mode_enabled()
    assert cpu.free_bytes() is None
