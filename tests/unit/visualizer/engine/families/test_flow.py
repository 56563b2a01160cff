"""Flows at different steps of different schedules advance together as each would alone."""

from __future__ import annotations

import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from visualizer_service.engine.families.flux2.flow import Flow, advance, begin, together


def straight(steps: int, seed: int) -> Flow:
    noise = torch.randn(1, 4, 2, generator=torch.Generator().manual_seed(seed))
    return begin(noise, FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), steps, mu=0.7)


def test_each_flow_takes_the_schedulers_own_steps() -> None:
    flows = [straight(2, 1), straight(4, 2)]
    alone = []
    for flow, steps in zip(flows, (2, 4), strict=True):
        scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
        scheduler.set_timesteps(sigmas=torch.linspace(1, 1 / steps, steps).tolist(), mu=0.7)
        latents = flow.latents
        for time in scheduler.timesteps[:2]:
            latents = scheduler.step(-latents, time, latents).prev_sample
        alone.append(latents)
    for _ in range(2):
        advance(flows, -together(flows))
    for flow, expected in zip(flows, alone, strict=True):
        torch.testing.assert_close(flow.latents, expected)
    assert [flow.step for flow in flows] == [2, 2]


def test_the_estimate_of_a_straight_flow_is_its_end() -> None:
    flow, end = straight(5, 1), torch.ones(1, 4, 2)
    speed = flow.latents - end
    advance([flow], speed)
    torch.testing.assert_close(flow.estimate(), end)


def test_there_is_no_estimate_before_the_first_step() -> None:
    with pytest.raises(AssertionError, match="before the first step"):
        straight(2, 1).estimate()
