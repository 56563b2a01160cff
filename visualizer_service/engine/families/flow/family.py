"""One `Family` for every model that moves noise to a picture along a flow; the model says how fast, this says when.

Each row has a scheduler of its own, so rows at different steps share a call whatever the scheduler remembers between steps.
Latents are (1, channels, rows, columns) here. Knows torch and diffusers' schedulers, no model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import torch
from diffusers.pipelines.qwenimage.pipeline_qwenimage import calculate_shift
from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler
from diffusers.utils.torch_utils import randn_tensor
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.device import Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.guide import Guide
from visualizer_service.engine.family import Rejected
from visualizer_service.engine.latent_rgb import LatentRGB
from visualizer_service.engine.seam import Task
from visualizer_service.wire import Limits


class Scheduler(Protocol):
    """Any scheduler of diffusers for flows, set to a row's steps; `sigmas` has one more entry than `timesteps`."""

    timesteps: Tensor
    sigmas: Tensor

    def step(
        self, model_output: Tensor, timestep: Tensor, sample: Tensor, *, return_dict: bool
    ) -> tuple[Tensor, ...]:
        """The sample one step on, in a tuple."""
        ...


@dataclass(slots=True)
class FlowRow:
    """A picture under way; `before` and `velocity` are those of the last step."""

    guide: Guide
    latents: Tensor
    scheduler: Scheduler
    adapter: str | None = None
    before: Tensor | None = None
    velocity: Tensor | None = None
    step: int = 0

    @property
    def shape(self) -> tuple[object, ...]:
        """The layouts of the picture's latents and of its references', and the adapter."""
        return self.latents.shape, tuple(one.shape for one in self.guide.references), self.adapter


class FlowModel(Protocol):
    """What differs between models. `latent_px` is the side of a latent, `noise_dtype` the type that noise is drawn in."""

    latent_px: int
    multiple_px: int
    channels: int
    limits: Limits
    noise_dtype: torch.dtype

    def guides(self, tasks: Sequence[Task]) -> list[Guide]:
        """Encode prompts and references, or find them in the cache."""
        ...

    def scheduler(self, steps: int, latents: Tensor) -> Scheduler:
        """A scheduler of the row's own, at its first step."""
        ...

    def velocity(self, latents: Tensor, times: Tensor, guides: Sequence[Guide]) -> Tensor:
        """Where the flow leads, guidance included, for latents (batch, channels, rows, columns) at `times` in [0, 1000]."""
        ...

    def encode(self, image: Image) -> Tensor:
        """Latents of an image whose sides are multiples of `multiple_px`."""
        ...

    def decode(self, latents: Tensor) -> Image:
        """The picture, RGB."""
        ...


class FlowFamily:
    """The `Family` of a `FlowModel`."""

    def __init__(
        self, model: FlowModel, name: str, device: Device, cache: EncoderCache, adapters: Adapters
    ) -> None:
        self.name, self.device = name, device.name
        self.limits = model.limits.model_copy(update={"adapters": adapters.names})
        self._adapters = adapters
        self._model = model
        self._device = device
        self._cache = cache
        self._colours = LatentRGB.fit(model.encode, model.latent_px, detail=1)

    def prepare(self, tasks: Sequence[Task]) -> list[FlowRow]:
        """Encode what is not cached and draw each task's noise.

        Raises:
            Rejected: a size that isn't a multiple of `limits.multiple_px`, or too many or unusable references, or an unknown adapter.
        """
        with self._device.errors(), torch.inference_mode():
            for task in tasks:
                self._check(task)
            guides = self._model.guides(tasks)
            return [self._row(task, guide) for task, guide in zip(tasks, guides, strict=True)]

    def step(self, rows: Sequence[FlowRow]) -> None:
        """One step for rows of one shape, each at its own timestep."""
        with self._device.errors(), torch.inference_mode():
            together = torch.cat([row.latents for row in rows])
            times = torch.stack([row.scheduler.timesteps[row.step] for row in rows])
            self._adapters.use(rows[0].adapter)
            velocity = self._model.velocity(together, times, [row.guide for row in rows])
            # Schedulers change as they step: copies, so that a failure leaves every row as it was.
            schedulers = [deepcopy(row.scheduler) for row in rows]
            moved = [
                scheduler.step(speed, scheduler.timesteps[row.step], row.latents, return_dict=False)[0]
                for scheduler, row, speed in zip(schedulers, rows, velocity.split(1), strict=True)
            ]
            for row, scheduler, speed, after in zip(rows, schedulers, velocity.split(1), moved, strict=True):
                row.before, row.latents, row.velocity, row.scheduler = row.latents, after, speed, scheduler
                row.step += 1

    def preview(self, row: FlowRow) -> Callable[[], Image]:
        """The picture that the row's last velocity points at, in rough colours."""
        before, velocity = row.before, row.velocity
        assert before is not None, "a preview follows a step"
        assert velocity is not None, "a preview follows a step"
        left = row.scheduler.sigmas[row.step - 1]
        height, width = (side * self._model.latent_px for side in before.shape[-2:])
        mark = self._device.mark()

        def make_preview() -> Image:
            with self._device.side_stream(mark):
                return self._colours.picture(before - left.to(before) * velocity).resize((width, height))

        return make_preview

    def decode(self, row: FlowRow) -> Callable[[], Image]:
        """The finished picture."""
        latents, mark = row.latents, self._device.mark()

        def decode() -> Image:
            with self._device.side_stream(mark):
                return self._model.decode(latents)

        return decode

    def drop(self, row: FlowRow) -> None:
        """Nothing to undo: its tensors go with it."""

    def holds(self) -> tuple[str, ...]:
        """Ids of the references whose latents are cached, most recent first."""
        return self._cache.references()

    def free_bytes(self) -> int | None:
        """Memory left on the device, the cache's share not counted as free."""
        return self._device.free_bytes()

    def release(self) -> None:
        """Empty the cache."""
        self._cache.clear()
        self._device.release()

    def close(self) -> None:
        """Empty the cache; the weights go with the process."""
        self.release()

    def _check(self, task: Task) -> None:
        multiple_px = self._model.multiple_px
        if task.width_px % multiple_px or task.height_px % multiple_px:
            raise Rejected(f"sides must be multiples of {multiple_px} pixels")
        if len(task.references) > self.limits.most_references:
            raise Rejected(f"at most {self.limits.most_references} references")
        self._adapters.check(task.adapter)

    def _row(self, task: Task, guide: Guide) -> FlowRow:
        model = self._model
        grid = task.height_px // model.latent_px, task.width_px // model.latent_px
        # On the CPU, so that a seed means the same picture on every device.
        noise = torch.Generator().manual_seed(task.seed)
        latents = randn_tensor((1, model.channels, *grid), noise, self._device.torch, model.noise_dtype)
        return FlowRow(guide, latents, model.scheduler(task.steps, latents), task.adapter)


def shifted_scheduler(
    scheduler: FlowMatchEulerDiscreteScheduler, steps: int, tokens: int, device: torch.device
) -> Scheduler:
    """A copy set to `steps` even steps, shifted towards noise the more tokens a picture has.

    Source: diffusers 0.42 `QwenImagePipeline.__call__` and `ZImagePipeline.__call__`.
    """
    own, config = deepcopy(scheduler), scheduler.config
    shift = calculate_shift(
        tokens,
        config.get("base_image_seq_len", 256),
        config.get("max_image_seq_len", 4096),
        config.get("base_shift", 0.5),
        config.get("max_shift", 1.15),
    )
    if steps == 1:
        # Its first step is its last: to stretch the way between them would divide nothing by nothing.
        own.register_to_config(shift_terminal=None)
    own.set_timesteps(sigmas=np.linspace(1.0, 1 / steps, steps).tolist(), mu=shift, device=device)
    own.set_begin_index(0)
    return cast("Scheduler", own)
