"""Any diffusers pipeline, drawn whole by its own `__call__` one task at a time; its step callback is where the loop gets a word in.

It knows signatures, no architecture: no batching, no caches, no previews. What a family of its own would gain is in its absence.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from PIL.Image import Image

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.cache import CacheFigures
from visualizer_service.engine.device import Device
from visualizer_service.engine.families.paused import PausedCall
from visualizer_service.engine.family import Rejected
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.engine.serving import Serving

MULTIPLE_PX: Final = 16
MOST_REFERENCES: Final = 4


@dataclass(slots=True, eq=False)
class GenericRow:
    """A task and its call, which waits between two steps; None before the first."""

    task: Task
    call: PausedCall[Image] | None = None
    step: int = 0

    @property
    def shape(self) -> int:
        """Its own: a call can't be shared."""
        return id(self)


class Generic:
    """The family of pipelines that have none."""

    shares_calls = False

    def __init__(
        self, pipeline: Any, serving: Serving | None, name: str, device: Device, adapters: Adapters
    ) -> None:
        # `Any`: all that these pipelines share is that they can be called.
        self.name, self.device = name, device.name
        self._pipeline = pipeline
        self._device = device
        self._takes = inspect.signature(pipeline.__call__).parameters
        self._adapters = adapters
        self._known = serving
        self.limits = (serving or self._serving()).limits(MULTIPLE_PX, adapters.names)
        self._rows: set[GenericRow] = set()

    def tokens(self, width_px: int, height_px: int, references: Sequence[Reference]) -> int:
        """A guess, as a call is never shared."""
        return (1 + len(references)) * width_px * height_px // MULTIPLE_PX**2

    def prepare(self, tasks: Sequence[Task]) -> list[GenericRow]:
        """Check the tasks; the pipeline prepares them within its call.

        Raises:
            Rejected: more references than the pipeline takes, none where it needs one, or an unknown adapter.
        """
        image = self._takes.get("image")
        for task in tasks:
            if len(task.references) > self.limits.most_references:
                raise Rejected(f"at most {self.limits.most_references} references")
            if image and image.default is inspect.Parameter.empty and not task.references:
                raise Rejected("this model draws from a reference only")
            self._adapters.check(task.adapter)
        rows = [GenericRow(task) for task in tasks]
        self._rows.update(rows)
        return rows

    def is_there(self, row: GenericRow) -> bool:
        """Always: it is prepared within its call."""
        return True

    def step(self, rows: Sequence[GenericRow]) -> None:
        """Let the row's call go on to its next callback, and after the last step to its end, decoding included."""
        (row,) = rows
        self._adapters.use(row.task.adapter)
        if row.call is None:
            row.call = PausedCall(lambda pause: self._draw(row.task, pause))
        try:
            finished = row.call.go_on()
            while not finished and row.step + 1 == row.task.steps:
                finished = row.call.go_on()
        except Exception:
            # A call that failed can't go on: should the loop try again, the picture starts anew.
            row.call, row.step = None, 0
            raise
        row.step = row.task.steps if finished else row.step + 1

    def preview(self, row: GenericRow) -> None:
        """None: what its latents mean, only a family could say."""

    def decode(self, row: GenericRow) -> Callable[[], Image]:
        """The picture that the call returned."""
        assert row.call is not None, "a row is decoded after its last step"
        self._rows.discard(row)
        return row.call.result

    def drop(self, row: GenericRow) -> None:
        """End the row's call where it waits."""
        self._rows.discard(row)
        if row.call:
            row.call.abandon()

    def holds(self) -> tuple[str, ...]:
        """Nothing is cached."""
        return ()

    def caches(self) -> dict[str, CacheFigures]:
        """None."""
        return {}

    def free_bytes(self) -> int | None:
        """Memory left on the device."""
        return self._device.free_bytes()

    def release(self) -> None:
        """Give back the allocator's spare memory."""
        self._device.release()

    def forget(self) -> None:
        """Nothing is cached but the allocator's spare memory."""
        self.release()

    def close(self) -> None:
        """End every call where it waits."""
        for row in list(self._rows):
            self.drop(row)

    def _serving(self) -> Serving:
        steps = self._takes.get("num_inference_steps")
        return Serving(
            num_inference_steps=steps.default if steps else 1,
            max_references=MOST_REFERENCES if "image" in self._takes else 0,
        )

    def _draw(self, task: Task, pause: Callable[[], None]) -> Image:
        def step_ended(
            _pipeline: object, _step: int, _timestep: object, tensors: dict[str, Any]
        ) -> dict[str, Any]:
            pause()
            return tensors

        images = [reference.image for reference in task.references]
        offered = {
            "width": task.width_px,
            "height": task.height_px,
            "num_inference_steps": task.steps,
            "generator": torch.Generator().manual_seed(task.seed),
            "callback_on_step_end": step_ended,
        }
        if self._known:
            offered |= self._known.model_dump(
                include={"guidance_scale", "max_sequence_length", "negative_prompt"}
            )
        if images:
            offered["image"] = images if len(images) > 1 else images[0]
        with self._device.errors():
            taken = {name: value for name, value in offered.items() if name in self._takes}
            try:
                return self._pipeline(prompt=task.description, **taken).images[0]
            except BaseException:
                # The end that the call did not come to: what a step cache remembers of this picture is not the next one's.
                self._pipeline.maybe_free_model_hooks()
                raise
