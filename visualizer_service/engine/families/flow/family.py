"""One `Family` for every model that moves noise to a picture along a flow; the model says how fast, this says when.

Each row has a schedule of its own, so rows at different steps share a call. Latents are (1, channels, rows, columns) here. Knows no model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

import torch
from diffusers.utils.torch_utils import randn_tensor
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.cache import CacheFigures
from visualizer_service.engine.decoding import BatchDecoder
from visualizer_service.engine.device import Arrival, Device
from visualizer_service.engine.encoder_cache import EncoderCache
from visualizer_service.engine.families.flow.guide import Guide
from visualizer_service.engine.families.flow.model import FlowModel
from visualizer_service.engine.families.flow.schedule import Schedule
from visualizer_service.engine.families.flow.tiles import decoding_in_tiles
from visualizer_service.engine.family import NoMemory, Rejected
from visualizer_service.engine.latent_rgb import LatentRGB
from visualizer_service.engine.pictures import to_pictures
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.wire import MOST_HOLDS

log = logging.getLogger(__name__)


@dataclass(slots=True)
class FlowRow:
    """A picture under way; `before` and `velocity` are those of the last step, `arrival` the work that made its guide and its noise."""

    guide: Guide
    latents: Tensor
    schedule: Schedule
    arrival: Arrival
    adapter: str | None = None
    before: Tensor | None = None
    velocity: Tensor | None = None
    step: int = 0

    @property
    def shape(self) -> tuple[object, ...]:
        """The layouts of the picture's latents and of its references, and the adapter."""
        return self.latents.shape, self.guide.layout, self.adapter


class FlowFamily:
    """The `Family` of a `FlowModel`."""

    shares_calls = True

    def __init__(
        self, model: FlowModel, name: str, device: Device, cache: EncoderCache, adapters: Adapters
    ) -> None:
        self.name, self.device = name, device.name
        self.limits = model.limits.model_copy(update={"adapters": adapters.names})
        self.model = model
        self.cache = cache
        self._adapters = adapters
        self._device = device
        self._decoder = BatchDecoder(self._pictures, together=not device.is_cuda)
        for kind, each in model.reference_bytes().items():
            room = cache.figures()[kind].most_bytes // each
            log.info("%s: room for %d references of 1024 by 1024 pixels, %d bytes each", kind, room, each)
        self._colours = LatentRGB.fit(model.encode, model.latent_px, model.preview_detail)

    def tokens(self, width_px: int, height_px: int, references: Sequence[Reference]) -> int:
        """Tokens that such a picture brings to a call."""
        own = width_px * height_px // self.model.multiple_px**2
        return own + self.model.guide_tokens(references)

    def prepare(self, tasks: Sequence[Task]) -> list[FlowRow]:
        """Encode what is not cached and draw each task's noise.

        Raises:
            Rejected: a size that isn't a multiple of `limits.multiple_px`, or too many or unusable references, or an unknown adapter.
        """
        with self._device.errors(), torch.inference_mode():
            for task in tasks:
                self._check(task)
            with self._device.encoding() as arrival:
                guides = self.model.guides(tasks)
                return [self._row(task, guide, arrival) for task, guide in zip(tasks, guides, strict=True)]

    def is_there(self, row: FlowRow) -> bool:
        """Whether the encoders are done with what it follows."""
        return row.arrival.is_there()

    def step(self, rows: Sequence[FlowRow]) -> None:
        """One step for rows of one shape, each at its own time."""
        with self._device.errors(), torch.inference_mode():
            for row in rows:
                if row.step == 0:
                    row.arrival.hand_over([row.latents, *row.guide.tensors()])
            together = torch.cat([row.latents for row in rows])
            times = [row.schedule.times[row.step] for row in rows]
            self._adapters.use(rows[0].adapter)
            velocities = self.model.velocity(together, times, [row.guide for row in rows]).split(1)
            moved = [
                row.schedule.moved(row.step, row.latents, velocity)
                for row, velocity in zip(rows, velocities, strict=True)
            ]
            for row, velocity, (schedule, after) in zip(rows, velocities, moved, strict=True):
                row.before, row.latents, row.velocity, row.schedule = row.latents, after, velocity, schedule
                row.step += 1
            self._device.keep_pace()

    def preview(self, row: FlowRow) -> Callable[[], Image]:
        """The picture that the row's last velocity points at, in rough colours."""
        before, velocity = row.before, row.velocity
        assert before is not None, "a preview follows a step"
        assert velocity is not None, "a preview follows a step"
        left = row.schedule.sigmas[row.step - 1]
        height, width = (side * self.model.latent_px for side in before.shape[-2:])
        mark = self._device.mark()

        def make_preview() -> Image:
            with self._device.decoding(mark):
                return self._colours.picture(before - left * velocity).resize((width, height))

        return make_preview

    def decode(self, row: FlowRow) -> Callable[[], Image]:
        """The finished picture."""
        rows, columns = row.latents.shape[-2:]
        picture = self._decoder.submit(row.latents, rows * columns * self.model.latent_px**2)
        mark = self._device.mark()

        def decode() -> Image:
            with self._device.decoding(mark):
                return picture()

        return decode

    def drop(self, row: FlowRow) -> None:
        """Nothing to undo: its tensors go with it."""

    def holds(self) -> tuple[str, ...]:
        """Ids of the references whose work is cached, most recent first."""
        return tuple(islice(dict.fromkeys(self.model.held()), MOST_HOLDS))

    def caches(self) -> dict[str, CacheFigures]:
        """How the caches fare."""
        return self.cache.figures()

    def free_bytes(self) -> int | None:
        """Memory left on the device, the cache's share not counted as free."""
        return self._device.free_bytes()

    def release(self) -> None:
        """Empty the caches on the device."""
        self.cache.clear()
        self._device.release()

    def forget(self) -> None:
        """Empty the caches, the host's too."""
        self.cache.forget()
        self._device.release()

    def close(self) -> None:
        """Empty the caches; the weights go with the process."""
        self.forget()

    def _check(self, task: Task) -> None:
        multiple_px = self.model.multiple_px
        if task.width_px % multiple_px or task.height_px % multiple_px:
            raise Rejected(f"sides must be multiples of {multiple_px} pixels")
        if len(task.references) > self.limits.most_references:
            raise Rejected(f"at most {self.limits.most_references} references")
        self._adapters.check(task.adapter)

    def _row(self, task: Task, guide: Guide, arrival: Arrival) -> FlowRow:
        model = self.model
        grid = task.height_px // model.latent_px, task.width_px // model.latent_px
        # On the CPU, so that a seed means the same picture on every device.
        noise = torch.Generator().manual_seed(task.seed)
        latents = randn_tensor((1, model.channels, *grid), noise, torch.device("cpu"), model.noise_dtype)
        schedule = model.schedule(task.steps, latents)
        return FlowRow(guide, self._device.put(latents), schedule, arrival, task.adapter)

    def _pictures(self, latents: Tensor) -> list[Image]:
        try:
            with self._device.errors():
                return to_pictures(self.model.decode(latents), self._device.fetched)
        except NoMemory:
            log.warning("no memory to decode a picture whole, trying it in tiles", exc_info=True)
        self._device.release()
        with decoding_in_tiles(self.model.vae), self._device.errors():
            return to_pictures(self.model.decode(latents), self._device.fetched)
