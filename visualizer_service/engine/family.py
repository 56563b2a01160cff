"""What the step loop asks of a model family, and how a family says that it can't.

Knows no torch: the loop and its tests run without it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Protocol, TypeVar

from PIL.Image import Image

from visualizer_service.engine.cache import CacheFigures
from visualizer_service.engine.seam import Reference, Task
from visualizer_service.wire import Limits


class Rejected(Exception):
    """The task asks for what this model can't draw."""


class NoMemory(Exception):
    """The device had no memory for this call; a smaller call may fit."""


class DeviceBroken(Exception):
    """The device itself failed; nothing more can be drawn in this process."""


class Row(Protocol):
    """A task under way. Rows of equal `shape` can share a call; `step` counts the steps done."""

    @property
    def shape(self) -> Hashable:
        """Equal for rows that fit one call."""
        ...

    @property
    def step(self) -> int:
        """Steps done."""
        ...


R = TypeVar("R", bound=Row)


class Family(Protocol[R]):
    """A model that draws rows step by step. A call that raises leaves the rows as they were.

    `preview` and `decode` take what they need from the row and return the rest of the work, which may run in another thread. Only where it
    `shares_calls` does `step` take more rows than one.
    """

    name: str
    device: str
    limits: Limits
    shares_calls: bool

    def tokens(self, width_px: int, height_px: int, references: Sequence[Reference]) -> int:
        """Tokens that such a picture brings to a call, its prompt's and its references' included. From any thread."""
        ...

    def prepare(self, tasks: Sequence[Task]) -> list[R]:
        """Make a row of each task: encode its prompt and references, draw its noise. The device may still be at it when this returns."""
        ...

    def is_there(self, row: R) -> bool:
        """Whether the device has done all that was asked of it for a row's first step; asked for before that, a step waits for it."""
        ...

    def step(self, rows: Sequence[R]) -> None:
        """Move rows of one shape one step on, each from where it is."""
        ...

    def preview(self, row: R) -> Callable[[], Image] | None:
        """A rough look at the picture that the row is heading for, RGB, of the picture's size; None where there is none."""
        ...

    def decode(self, row: R) -> Callable[[], Image]:
        """The finished picture, RGB."""
        ...

    def drop(self, row: R) -> None:
        """The row is no longer wanted."""
        ...

    def holds(self) -> tuple[str, ...]:
        """Ids of the references whose work is cached, most recent first."""
        ...

    def caches(self) -> Mapping[str, CacheFigures]:
        """How its caches fare, by their names. From any thread."""
        ...

    def free_bytes(self) -> int | None:
        """Memory left on the device, or None where nobody counts."""
        ...

    def release(self) -> None:
        """Give back cached memory, because a call found too little."""
        ...

    def forget(self) -> None:
        """Empty every cache, wherever it is: nothing is held any more."""
        ...

    def close(self) -> None:
        """Free device memory."""
        ...
