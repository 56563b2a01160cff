"""Pipelines that no family here knows but that diffusers has in blocks: encoded, stepped and decoded one block at a time.

It knows blocks, no architecture: no batching, no caches, no previews. Unlike a pipeline that is called whole, none needs a thread, and a
picture is decoded while the next one is drawn. Source: diffusers 0.42 `ModularPipeline.__call__`.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from diffusers.modular_pipelines.flux.modular_pipeline import FluxModularPipeline
from diffusers.modular_pipelines.modular_pipeline import LoopSequentialPipelineBlocks, PipelineState
from PIL.Image import Image
from torch import Tensor

from visualizer_service.engine.adapters import Adapters
from visualizer_service.engine.cache import CacheFigures
from visualizer_service.engine.device import Arrival, Device
from visualizer_service.engine.family import Rejected
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.engine.serving import Serving

MULTIPLE_PX: Final = 16
IN_BLOCKS: Final = {"FluxPipeline": FluxModularPipeline}
"""By the name of a pipeline, the same in blocks; only those whose loop does nothing beside its steps."""


@dataclass(slots=True, eq=False)
class BlocksRow:
    """A task, what the blocks before the loop made of it, what the loop works on, and a scheduler of its own."""

    task: Task
    state: PipelineState
    loop_state: Any
    scheduler: Any
    arrival: Arrival
    step: int = 0

    @property
    def shape(self) -> int:
        """Its own: blocks draw one picture at a time."""
        return id(self)


class InBlocks:
    """The family of pipelines in `IN_BLOCKS`."""

    def __init__(
        self, pipeline: Any, serving: Serving | None, name: str, device: Device, adapters: Adapters
    ) -> None:
        self.name, self.device = name, device.name
        self._device = device
        self._adapters = adapters
        self._known = serving
        # `Any`: components are attributes that diffusers declares nowhere.
        self._parts: Any = IN_BLOCKS[type(pipeline).__name__](workflow="text2image")
        names = self._parts.components.keys()
        self._parts.update_components(
            **{name: part for name, part in pipeline.components.items() if name in names}
        )
        self._scheduler = pipeline.scheduler
        blocks = [*self._parts.blocks.sub_blocks.values()]
        [place] = [k for k, block in enumerate(blocks) if isinstance(block, LoopSequentialPipelineBlocks)]
        self._before, self._loop, self._after = blocks[:place], blocks[place], blocks[place + 1 :]
        steps = inspect.signature(pipeline.__call__).parameters["num_inference_steps"].default
        shown = serving or Serving(num_inference_steps=steps, max_references=0)
        self.limits = shown.limits(MULTIPLE_PX, adapters.names)

    def tokens(self, width_px: int, height_px: int, references: Sequence[Reference]) -> int:
        """A guess, as a call is never shared."""
        return width_px * height_px // MULTIPLE_PX**2

    def prepare(self, tasks: Sequence[Task]) -> list[BlocksRow]:
        """Run the blocks before the loop.

        Raises:
            Rejected: there are references, which these blocks take none of, or an unknown adapter.
        """
        for task in tasks:
            if task.references:
                raise Rejected("this model takes no references")
            self._adapters.check(task.adapter)
        with self._device.errors(), torch.inference_mode(), self._device.encoding() as arrival:
            return [self._row(task, arrival) for task in tasks]

    def is_there(self, row: BlocksRow) -> bool:
        """Whether the blocks before the loop are done."""
        return row.arrival.is_there()

    def step(self, rows: Sequence[BlocksRow]) -> None:
        """One turn of the loop."""
        (row,) = rows
        with self._device.errors(), torch.inference_mode():
            if row.step == 0:
                row.arrival.hand_over(_tensors(row))
            self._adapters.use(row.task.adapter)
            # A call that fails may be tried again, so it works on copies.
            self._parts.scheduler, loop_state = copy.deepcopy(row.scheduler), copy.copy(row.loop_state)
            time = loop_state.timesteps[row.step]
            _, row.loop_state = self._loop.loop_step(self._parts, loop_state, i=row.step, t=time)
            row.scheduler = self._parts.scheduler
            self._device.keep_pace()
        row.step += 1

    def preview(self, row: BlocksRow) -> None:
        """None: what its latents mean, only a family could say."""

    def decode(self, row: BlocksRow) -> Callable[[], Image]:
        """Run the blocks after the loop."""
        mark = self._device.mark()

        def decode() -> Image:
            with self._device.decoding(mark):
                self._loop.set_block_state(row.state, row.loop_state)
                self._run(self._after, row.state)
                images: Any = row.state.get("images")
                return images[0]

        return decode

    def drop(self, row: BlocksRow) -> None:
        """Nothing to undo: its tensors go with it."""

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

    def close(self) -> None:
        """Nothing is held; the weights go with the process."""
        self.release()

    def _row(self, task: Task, arrival: Arrival) -> BlocksRow:
        state = PipelineState()
        given = self._arguments(task)
        for one in self._parts.blocks.inputs:
            if one.name:
                state.set(one.name, given.get(one.name, one.default), one.kwargs_type)
        self._parts.scheduler = copy.deepcopy(self._scheduler)
        self._run(self._before, state)
        return BlocksRow(task, state, self._loop.get_block_state(state), self._parts.scheduler, arrival)

    def _arguments(self, task: Task) -> dict[str, Any]:
        own = {
            "prompt": task.description,
            "width": task.width_px,
            "height": task.height_px,
            "num_inference_steps": task.steps,
            "generator": torch.Generator().manual_seed(task.seed),
        }
        asked = {"guidance_scale", "max_sequence_length", "negative_prompt"}
        return own | (self._known.model_dump(include=asked) if self._known else {})

    def _run(self, blocks: Sequence[Any], state: PipelineState) -> None:
        for block in blocks:
            block(self._parts, state)


def _tensors(row: BlocksRow) -> Iterator[Tensor]:
    return (value for value in row.state.values.values() if isinstance(value, Tensor))
