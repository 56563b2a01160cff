"""A picture's way from noise along a rectified flow, and one Euler step of many pictures, each at its own place.

It knows schedules and latents of any shape, no model. Source: diffusers 0.42 `FlowMatchEulerDiscreteScheduler.step`, in its
deterministic form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor


@dataclass(slots=True)
class Flow:
    """One picture: `latents` (1, ...), `sigmas` from 1 to 0, one more than `timesteps`; `velocity` is that of the last step."""

    latents: Tensor
    sigmas: tuple[float, ...]
    timesteps: tuple[float, ...]
    velocity: Tensor | None = None
    step: int = 0

    @property
    def timestep(self) -> float:
        """Of the step to come, as the scheduler counts: from 1000 down."""
        return self.timesteps[self.step]

    def estimate(self) -> Tensor:
        """The latents that the last step points at."""
        assert self.velocity is not None, "there is no estimate before the first step"
        return self.latents - self.sigmas[self.step] * self.velocity


def begin(latents: Tensor, scheduler: FlowMatchEulerDiscreteScheduler, steps: int, mu: float) -> Flow:
    """Noise at the start of a schedule of `steps`; `mu` shifts it towards noise for larger pictures."""
    even = np.linspace(1.0, 1 / steps, steps).tolist()
    scheduler.set_timesteps(steps, sigmas=None if scheduler.config.get("use_flow_sigmas") else even, mu=mu)
    # diffusers says nothing of what these are once they are set: float32 tensors.
    sigmas, times = (cast("Tensor", value).tolist() for value in (scheduler.sigmas, scheduler.timesteps))
    return Flow(latents, tuple(sigmas), tuple(times))


def together(flows: Sequence[Flow]) -> Tensor:
    """The latents of all, along the first axis."""
    return torch.cat([flow.latents for flow in flows])


def advance(flows: Sequence[Flow], velocity: Tensor) -> None:
    """Move each flow on by the stride of its own schedule; `velocity` holds theirs along the first axis."""
    strides = torch.tensor(
        [flow.sigmas[flow.step + 1] - flow.sigmas[flow.step] for flow in flows], device=velocity.device
    )
    moved = together(flows).float() + strides.view(-1, *[1] * (velocity.ndim - 1)) * velocity
    for flow, latents, speed in zip(flows, moved.to(velocity.dtype).split(1), velocity.split(1), strict=True):
        flow.latents, flow.velocity = latents, speed
        flow.step += 1
