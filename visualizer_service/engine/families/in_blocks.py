"""Pipelines that no family here knows but that diffusers has in blocks: encoded, stepped and decoded one block at a time.

It knows blocks, no architecture: no batching, no caches, no previews. Unlike a pipeline that is called whole, none needs a thread, and a
picture is decoded while the next one is drawn. Source: diffusers 0.42 `ModularPipeline.__call__`.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import torch
from diffusers.modular_pipelines.flux.modular_pipeline import FluxModularPipeline
from diffusers.modular_pipelines.flux2.modular_pipeline import Flux2KleinBaseModularPipeline
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
OF_SERVING: Final = {"guidance_scale", "max_sequence_length", "negative_prompt", "text_encoder_out_layers"}
IN_BLOCKS: Final = {
    "FluxPipeline": (FluxModularPipeline, "text2image", None),
    "Flux2KleinPipeline": (Flux2KleinBaseModularPipeline, "text2image", "image_conditioned"),
}
"""By the name of a pipeline, the same in blocks, and what these call drawing from text alone and after references, if they can.

Only those whose loop does nothing beside its steps. Of FLUX.2 klein, that is the undistilled one.
"""


@dataclass(frozen=True, slots=True)
class Workflow:
    """The blocks of one way to draw, those before the loop, the loop and those after it, and the `parts` of the model that they work with."""

    parts: Any  # components are attributes that diffusers declares nowhere
    before: list[Any]
    loop: Any
    after: list[Any]

    @classmethod
    def of(cls, kind: Callable[..., Any], name: str, pipeline: Any, serving: Serving | None) -> Self:
        """The workflow `name` of a kind of pipeline in blocks, over the weights of a `pipeline`."""
        parts = kind(workflow=name)
        needed = parts.components.keys()
        parts.update_components(
            **{name: part for name, part in pipeline.components.items() if name in needed}
        )
        if serving and "guider" in needed:
            guider = parts.get_component_spec("guider").create(guidance_scale=serving.guidance_scale)
            parts.update_components(guider=guider)
        blocks = [*parts.blocks.sub_blocks.values()]
        [place] = [k for k, block in enumerate(blocks) if isinstance(block, LoopSequentialPipelineBlocks)]
        return cls(parts, blocks[:place], blocks[place], blocks[place + 1 :])

    def start(self, given: dict[str, Any]) -> PipelineState:
        """What the blocks before the loop make of arguments; those that no block asks for are passed over."""
        state = PipelineState()
        for one in self.parts.blocks.inputs:
            if one.name:
                state.set(one.name, given.get(one.name, one.default), one.kwargs_type)
        for block in self.before:
            block(self.parts, state)
        return state

    def picture(self, state: PipelineState, loop_state: Any) -> Image:
        """What the blocks after the loop make of where it ended."""
        self.loop.set_block_state(state, loop_state)
        for block in self.after:
            block(self.parts, state)
        images: Any = state.get("images")
        return images[0]


@dataclass(slots=True, eq=False)
class BlocksRow:
    """A task, what the blocks before the loop made of it, what the loop works on, and a scheduler of its own."""

    task: Task
    workflow: Workflow
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

    shares_calls = False

    def __init__(
        self, pipeline: Any, serving: Serving | None, name: str, device: Device, adapters: Adapters
    ) -> None:
        self.name, self.device = name, device.name
        self._device = device
        self._adapters = adapters
        self._known = serving
        self._scheduler = pipeline.scheduler
        kind, from_text, after_references = IN_BLOCKS[type(pipeline).__name__]
        self._from_text = Workflow.of(kind, from_text, pipeline, serving)
        self._after_references = after_references and Workflow.of(kind, after_references, pipeline, serving)
        steps = inspect.signature(pipeline.__call__).parameters["num_inference_steps"].default
        shown = serving or Serving(num_inference_steps=steps, max_references=0)
        if not self._after_references:
            shown = shown.model_copy(update={"max_references": 0})
        self.limits = shown.limits(MULTIPLE_PX, adapters.names)

    def tokens(self, width_px: int, height_px: int, references: Sequence[Reference]) -> int:
        """A guess, as a call is never shared."""
        return (1 + len(references)) * width_px * height_px // MULTIPLE_PX**2

    def prepare(self, tasks: Sequence[Task]) -> list[BlocksRow]:
        """Run the blocks before the loop.

        Raises:
            Rejected: more references than the model takes, or an unknown adapter.
        """
        for task in tasks:
            if len(task.references) > self.limits.most_references:
                raise Rejected(f"at most {self.limits.most_references} references")
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
            parts, loop_state = row.workflow.parts, copy.copy(row.loop_state)
            parts.scheduler = copy.deepcopy(row.scheduler)
            time = loop_state.timesteps[row.step]
            _, row.loop_state = row.workflow.loop.loop_step(parts, loop_state, i=row.step, t=time)
            row.scheduler = parts.scheduler
            self._device.keep_pace()
        row.step += 1

    def preview(self, row: BlocksRow) -> None:
        """None: what its latents mean, only a family could say."""

    def decode(self, row: BlocksRow) -> Callable[[], Image]:
        """Run the blocks after the loop."""
        mark = self._device.mark()

        def decode() -> Image:
            with self._device.decoding(mark):
                return row.workflow.picture(row.state, row.loop_state)

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

    def forget(self) -> None:
        """Nothing is cached but the allocator's spare memory."""
        self.release()

    def close(self) -> None:
        """Nothing is held; the weights go with the process."""
        self.release()

    def _row(self, task: Task, arrival: Arrival) -> BlocksRow:
        workflow = self._from_text
        if task.references:
            assert self._after_references, "its limits allow no references"
            workflow = self._after_references
        workflow.parts.scheduler = copy.deepcopy(self._scheduler)
        state = workflow.start(self._arguments(task))
        loop_state = workflow.loop.get_block_state(state)
        return BlocksRow(task, workflow, state, loop_state, workflow.parts.scheduler, arrival)

    def _arguments(self, task: Task) -> dict[str, Any]:
        own = {
            "prompt": task.description,
            "width": task.width_px,
            "height": task.height_px,
            "num_inference_steps": task.steps,
            "generator": torch.Generator().manual_seed(task.seed),
        }
        if task.references:
            own["image"] = [reference.image for reference in task.references]
        known = self._known.model_dump(include=OF_SERVING) if self._known else {}
        return own | {name: value for name, value in known.items() if value or value == 0}


def _tensors(row: BlocksRow) -> Iterator[Tensor]:
    return (value for value in row.state.values.values() if isinstance(value, Tensor))
