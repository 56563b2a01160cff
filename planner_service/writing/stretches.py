"""The events of a whole plan, from one stretch after another."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from planner_service.backend import Chunk, Opened
from planner_service.errors import EngineFailed, PlannerUnavailable, PlanRefused
from planner_service.wire import PlanDone, PlanEvent, PlanUsage, ReasoningDelta
from planner_service.writing.answer import Answer


async def events_of(
    opened: Opened, answer: Answer, first: AsyncGenerator[Chunk] | None, *, thinking: bool
) -> AsyncGenerator[PlanEvent]:
    """The plan's events, a `PlanDone` last. `thinking` tells the thoughts, too.

    The usage of a plan that nobody counted is what the backend reckons of its output; its prompt counts 0.

    Raises:
        PlanBroken: the plan cannot go on.
    """
    chunks, usage, thoughts, thought_tokens = first, None, "", 0
    while chunks:
        async with aclosing(chunks):
            async for chunk in chunks:
                usage = usage or chunk.usage
                thoughts += chunk.thought
                if thinking and chunk.thought:
                    yield ReasoningDelta(text=chunk.thought)
                for event in _read(answer, chunk):
                    yield event
                if answer.is_broken_off or chunk.finish:
                    break
            else:
                raise EngineFailed("the backend stopped without saying how the plan finished")
        thought_tokens = opened.count(thoughts) if thoughts else 0
        answer.think(thought_tokens)
        is_first = chunks is first
        chunks = await _next(opened, answer)
        if is_first and not chunks:
            usage = chunk.usage or usage
        elif usage:
            # What was written and not kept is not the caller's to pay.
            thought = usage.reasoning_tokens or thought_tokens
            usage = usage.model_copy(update={"output_tokens": answer.kept_tokens + thought})
    # Upstream servers tell their count at the end of a stretch, if ever: of one that was broken off there is none.
    usage = usage or PlanUsage(input_tokens=0, output_tokens=answer.kept_tokens + thought_tokens)
    if thoughts and not usage.reasoning_tokens:
        usage = usage.model_copy(update={"reasoning_tokens": thought_tokens})
    assert answer.finish_reason
    yield PlanDone(finish_reason=answer.finish_reason, usage=usage)


def _read(answer: Answer, chunk: Chunk) -> Iterator[PlanEvent]:
    yield from answer.feed(chunk.text)
    if chunk.finish and not answer.is_broken_off:
        yield from answer.finish(chunk.finish)


async def _next(opened: Opened, answer: Answer) -> AsyncGenerator[Chunk] | None:
    stretch = answer.next()
    try:
        return await opened.write(stretch) if stretch else None
    except (PlanRefused, PlannerUnavailable) as error:
        raise EngineFailed("the plan cannot be gone on with") from error
