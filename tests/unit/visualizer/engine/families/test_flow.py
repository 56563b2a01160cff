"""Schedules take the scheduler's own steps, and leave what they are called with as it was; steps get all that they read of a guide."""

from __future__ import annotations

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler

from visualizer_service.engine.families.flow.guide import Guide
from visualizer_service.engine.families.flow.schedule import Euler, Remembering, Schedule
from visualizer_service.engine.families.flux2.denoiser import Flux2Guide


def noise(seed: int) -> torch.Tensor:
    return torch.randn(1, 4, 2, 2, generator=torch.Generator().manual_seed(seed))


def end_of(schedule: Schedule, latents: torch.Tensor, steps: int) -> torch.Tensor:
    for step in range(steps):
        schedule, latents = schedule.moved(step, latents, -latents)
    return latents


def test_straight_steps_are_the_schedulers() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True)
    schedule = Euler.even(scheduler, 4, mu=0.7)
    scheduler.set_timesteps(sigmas=torch.linspace(1, 0.25, 4).tolist(), mu=0.7)
    assert schedule.times == tuple(scheduler.timesteps.tolist())
    latents = noise(1)
    for time in scheduler.timesteps:
        latents = scheduler.step(-latents, time, latents).prev_sample
    torch.testing.assert_close(end_of(schedule, noise(1), 4), latents)


def test_a_scheduler_that_remembers_can_take_a_step_twice() -> None:
    schedule: Schedule = Remembering.of(UniPCMultistepScheduler(use_flow_sigmas=True), 4)
    schedule, latents = schedule.moved(0, noise(1), -noise(1))
    _, once = schedule.moved(1, latents, -latents)
    _, again = schedule.moved(1, latents, -latents)
    assert torch.equal(once, again)


def test_one_step_of_a_schedule_that_stretches_its_end_is_a_number() -> None:
    scheduler = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, shift_terminal=0.02)
    assert torch.isfinite(end_of(Euler.shifted(scheduler, 1, tokens=64), noise(1), 1)).all()


def test_all_that_a_step_reads_of_a_guide_is_handed_over_to_it() -> None:
    one, two, three, four = (torch.full((1,), float(number)) for number in range(4))
    assert [*Guide(one).tensors()] == [one]
    assert [*Flux2Guide(one, references=(two, three), keys_values=four).tensors()] == [one, two, three, four]
