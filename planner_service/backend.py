"""The seam between plans and whatever writes them: `engine` (vLLM in the process) and `upstream` (a server elsewhere)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

from planner_service.language import Language
from planner_service.wire import PlannerModel, PlanRequest, PlanUsage

Finish = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """More of a plan's raw text; the last chunk of a plan, and no other, says how it finished."""

    text: str
    finish: Finish | None = None
    usage: PlanUsage | None = None


class Backend(Protocol):
    """Writes plans."""

    @property
    def model(self) -> PlannerModel:
        """What it serves."""
        ...

    async def ready(self) -> bool:
        """Whether a plan that begins now can be expected to succeed."""
        ...

    async def begin(self, request: PlanRequest, language: Language) -> AsyncGenerator[Chunk]:
        """Accept a plan; closing the generator aborts it.

        Raises:
            PlanRefused: the request does not fit the model. The generator raises `PlanBroken` only.
            PlannerUnavailable: nothing can be begun now.
        """
        ...

    async def died(self) -> None:
        """Return when the backend is beyond recovery in this process; a backend that cannot die never returns."""
        ...

    async def close(self) -> None:
        """Release everything."""
        ...
