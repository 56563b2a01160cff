"""What an OpenAI-compatible server streams of a chat completion, as chunks; the text and the thoughts of each are whole characters."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import httpx2

from planner_service.backend import Chunk, Finish
from planner_service.engines.half_characters import WholeCharacters
from planner_service.engines.names import Names
from planner_service.engines.server_events import data_of
from planner_service.errors import UpstreamFailed
from planner_service.wire import PlanUsage


async def chunks_of(response: httpx2.Response, names: Names | None = None) -> AsyncGenerator[Chunk]:
    """The completion's text; the last chunk waits for the usage, which comes after the finish.

    Args:
        response: is read to its end, and closed.
        names: puts right what the text calls its pictures.

    Raises:
        UpstreamFailed: it is no completion, is cut, or ends in a way of its own.
    """
    finish: Finish | None = None
    usage: PlanUsage | None = None
    said, thoughts = WholeCharacters(), WholeCharacters()
    try:
        async with aclosing(response), aclosing(data_of(response.aiter_bytes())) as parts:
            async for part in parts:
                if part.get("error"):
                    raise UpstreamFailed("the server failed")
                usage = _usage(part.get("usage")) or usage
                for choice in part.get("choices") or ():
                    delta = choice.get("delta") or {}
                    thought = thoughts.next(_thought(delta))
                    text = said.next(delta.get("content") or "")
                    if text and names:
                        text = names.feed(text)
                    if text:
                        # What is thought before a text is told before it.
                        thought += thoughts.end()
                    if text or thought:
                        yield Chunk(text, thought=thought)
                    finish = _finish(choice.get("finish_reason")) or finish
    except (httpx2.HTTPError, ValueError, AttributeError) as error:  # what is no JSON, or no completion
        raise UpstreamFailed from error
    if finish is None:
        raise UpstreamFailed("the stream was cut")
    rest = said.end()
    yield Chunk(names.feed(rest) + names.end() if names else rest, finish, usage, thought=thoughts.end())


def _thought(delta: dict[str, Any]) -> str:
    """Servers tell thoughts beside the content, under one of two names."""
    return delta.get("reasoning_content") or delta.get("reasoning") or ""


def _finish(reason: str | None) -> Finish | None:
    match reason:
        case None | "stop" | "length":
            return reason
        case _:
            raise UpstreamFailed(reason)


def _usage(usage: dict[str, Any] | None) -> PlanUsage | None:
    if usage is None:
        return None
    read, written = usage.get("prompt_tokens_details") or {}, usage.get("completion_tokens_details") or {}
    return PlanUsage(
        input_tokens=usage.get("prompt_tokens") or 0,
        cached_tokens=read.get("cached_tokens") or 0,
        output_tokens=usage.get("completion_tokens") or 0,
        reasoning_tokens=written.get("reasoning_tokens") or 0,
    )
