"""A picture's way from noise along a flow: its times, and a step from one to the next. Knows latents of any shape, no model.

Times and noise levels are numbers of the host, so that no step waits for the device to tell them.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol, Self, cast

import numpy as np
from diffusers.pipelines.qwenimage.pipeline_qwenimage import calculate_shift
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from torch import Tensor


class Schedule(Protocol):
    """`times` are those of the steps, from 1000 down; `sigmas` the levels of noise, from 1 to 0, one more than the times."""

    @property
    def times(self) -> tuple[float, ...]:
        """In thousandths of the way."""
        ...

    @property
    def sigmas(self) -> tuple[float, ...]:
        """As shares of the whole."""
        ...

    def moved(self, step: int, latents: Tensor, velocity: Tensor) -> tuple[Schedule, Tensor]:
        """The schedule and the latents after a step, counted from 0; what it was called with stays as it was."""
        ...


@dataclass(frozen=True, slots=True)
class Euler:
    """Straight steps. Source: diffusers 0.42 `FlowMatchEulerDiscreteScheduler.step`, in its deterministic form."""

    times: tuple[float, ...]
    sigmas: tuple[float, ...]

    @classmethod
    def even(cls, scheduler: FlowMatchEulerDiscreteScheduler, steps: int, mu: float) -> Self:
        """Even steps, shifted towards noise by `mu`."""
        own = deepcopy(scheduler)
        if steps == 1:
            # Its first step is its last: to stretch the way between them would divide nothing by nothing.
            own.register_to_config(shift_terminal=None)
        sigmas = None if own.config.get("use_flow_sigmas") else np.linspace(1.0, 1 / steps, steps).tolist()
        own.set_timesteps(steps, sigmas=sigmas, mu=mu)
        return cls(*_numbers(own))

    @classmethod
    def shifted(cls, scheduler: FlowMatchEulerDiscreteScheduler, steps: int, tokens: int) -> Self:
        """Even steps, shifted the more towards noise the more tokens a picture has.

        Source: diffusers 0.42 `QwenImagePipeline.__call__` and `ZImagePipeline.__call__`.
        """
        config = scheduler.config
        shift = calculate_shift(
            tokens,
            config.get("base_image_seq_len", 256),
            config.get("max_image_seq_len", 4096),
            config.get("base_shift", 0.5),
            config.get("max_shift", 1.15),
        )
        return cls.even(scheduler, steps, shift)

    def moved(self, step: int, latents: Tensor, velocity: Tensor) -> tuple[Schedule, Tensor]:
        """The latents, moved by the step's stride, as float32 and then of the velocity's type."""
        stride = self.sigmas[step + 1] - self.sigmas[step]
        return self, (latents.float() + stride * velocity.float()).to(velocity.dtype)


@dataclass(frozen=True, slots=True)
class Remembering:
    """Steps of a scheduler of diffusers that remembers earlier ones; a picture's own, set to its steps."""

    scheduler: Any  # schedulers share no type that says how they step
    times: tuple[float, ...]
    sigmas: tuple[float, ...]

    @classmethod
    def of(cls, scheduler: Any, steps: int) -> Self:
        """The scheduler's own steps."""
        own = deepcopy(scheduler)
        own.set_timesteps(steps)
        own.set_begin_index(0)
        return cls(own, *_numbers(own))

    def moved(self, step: int, latents: Tensor, velocity: Tensor) -> tuple[Schedule, Tensor]:
        """What a copy of the scheduler makes of it."""
        own = deepcopy(self.scheduler)
        (after,) = own.step(velocity, own.timesteps[step], latents, return_dict=False)
        return Remembering(own, self.times, self.sigmas), after


def _numbers(scheduler: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    times, sigmas = (cast("Tensor", values).tolist() for values in (scheduler.timesteps, scheduler.sigmas))
    return tuple(times), tuple(sigmas)
