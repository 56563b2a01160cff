"""The seam between plans and whatever writes them: `engine` (vLLM in the process) and `upstream` (a server elsewhere).

An answer is written in stretches over one growing prompt: mostly one, more where something has to be put right or opened.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from planner_service.language.bounds import Language
from planner_service.language.grammar import Begins
from planner_service.wire import PlannerModel, PlanRequest, PlanUsage

Finish = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """What to write next.

    `number` counts an answer's stretches from 0. `prefix` is what the stretches before it have written and was kept. `language` bounds what is
    left. `owes_text`, `primer`, `has_preamble`: see `grammar_of`.
    """

    number: int
    prefix: str
    language: Language
    begins: Begins
    most_tokens: int
    primer: str = ""
    owes_text: tuple[bool, bool] = (False, False)
    has_preamble: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """More of a stretch's raw text, or of the model's thoughts; the last chunk, and no other, says how the stretch finished."""

    text: str
    finish: Finish | None = None
    usage: PlanUsage | None = None
    thought: str = ""


class Opened(Protocol):
    """A plan's prompt, accepted. `room_tokens` is what fits after it; `is_explained` that the model reads instructions in words."""

    room_tokens: int
    is_explained: bool

    def count(self, text: str) -> int:
        """The tokens of a text."""
        ...

    async def write(self, stretch: Stretch) -> AsyncGenerator[Chunk]:
        """Begin a stretch; closing the generator aborts it.

        Raises:
            PlanRefused: the server refuses it. The generator raises `PlanBroken` only.
            PlannerUnavailable: nothing can be begun now.
        """
        ...


class Backend(Protocol):
    """Writes plans."""

    @property
    def model(self) -> PlannerModel:
        """What it serves."""
        ...

    async def ready(self) -> bool:
        """Whether a plan that begins now can be expected to succeed."""
        ...

    async def open(self, request: PlanRequest, language: Language) -> Opened:
        """Accept a plan.

        Raises:
            PlanRefused: the request does not fit the model.
            PlannerUnavailable: nothing can be begun now.
        """
        ...

    async def died(self) -> None:
        """Return when the backend is beyond recovery in this process; a backend that cannot die never returns."""
        ...

    async def close(self) -> None:
        """Release everything."""
        ...
