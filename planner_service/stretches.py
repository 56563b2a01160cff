"""The events of a whole plan, from one stretch after another."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from planner_service.answer import Answer
from planner_service.backend import Chunk, Opened
from planner_service.errors import EngineFailed, PlannerUnavailable, PlanRefused
from planner_service.wire import PlanDone, PlanEvent, PlanUsage, ReasoningDelta

UNCOUNTED = PlanUsage(input_tokens=0, output_tokens=0)
"""The usage of upstream servers that do not count."""


async def events_of(
    opened: Opened, answer: Answer, first: AsyncGenerator[Chunk] | None, *, thinking: bool
) -> AsyncGenerator[PlanEvent]:
    """The plan's events, a `PlanDone` last. `thinking` tells the thoughts, too.

    Raises:
        PlanBroken: the plan cannot go on.
    """
    chunks, usage = first, None
    while chunks:
        async with aclosing(chunks):
            last = None
            async for chunk in chunks:
                last = chunk
                if thinking and chunk.thought:
                    yield ReasoningDelta(text=chunk.thought)
                for event in answer.feed(chunk.text):
                    yield event
                if not answer.is_broken_off and chunk.finish:
                    for event in answer.finish(chunk.finish):
                        yield event
                if answer.is_broken_off or chunk.finish:
                    break
            else:
                raise EngineFailed("the backend stopped without saying how the plan finished")
        usage = _sum(usage, last and last.usage)
        stretch = answer.next()
        if stretch is None:
            break
        try:
            chunks = await opened.write(stretch)
        except (PlanRefused, PlannerUnavailable) as error:
            raise EngineFailed("the plan cannot be gone on with") from error
    assert answer.finish_reason
    yield PlanDone(finish_reason=answer.finish_reason, usage=usage or UNCOUNTED)


def _sum(before: PlanUsage | None, stretch: PlanUsage | None) -> PlanUsage | None:
    """Prompt and cached tokens are the first stretch's: the others read what was written, mostly from the cache."""
    if before is None or stretch is None:
        return before or stretch
    return before.model_copy(update={"output_tokens": before.output_tokens + stretch.output_tokens})
