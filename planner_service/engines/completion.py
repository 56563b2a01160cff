"""What an OpenAI-compatible server streams of a chat completion, as chunks; the text and the thoughts of each are whole characters."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import aclosing
from typing import Any

import httpx2

from planner_service.backend import Chunk, Finish
from planner_service.engines.half_characters import WholeCharacters
from planner_service.engines.names import Names
from planner_service.engines.server_events import data_of, value_of
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
    completion = _Completion(names)
    try:
        async with aclosing(response), aclosing(data_of(response.aiter_bytes())) as arriving:
            async for came in arriving:
                for chunk in completion.chunks(came):
                    yield chunk
    except (httpx2.HTTPError, ValueError, AttributeError) as error:  # what is no JSON, or no completion
        raise UpstreamFailed from error
    yield completion.last()


class _Completion:
    """What has come of one so far."""

    def __init__(self, names: Names | None) -> None:
        self._names = names
        self._finish: Finish | None = None
        self._usage: PlanUsage | None = None
        self._said, self._thoughts = WholeCharacters(), WholeCharacters()

    def chunks(self, came: Iterable[bytes]) -> Iterator[Chunk]:
        """What these events say: texts that came together are one, so that a process that is behind has less to do for each.

        What came before an event that fails is told first.
        """
        text = thought = ""
        try:
            for data in came:
                for more in self._deltas(value_of(data)):
                    more_thought = self._thoughts.next(_thought(more))
                    more_text = self._text(more.get("content") or "")
                    if more_text:
                        # What is thought before a text is told before it.
                        more_thought += self._thoughts.end()
                    if more_thought and text:
                        yield Chunk(text, thought=thought)
                        text = thought = ""
                    text += more_text
                    thought += more_thought
        except Exception:
            if text or thought:
                yield Chunk(text, thought=thought)
            raise
        if text or thought:
            yield Chunk(text, thought=thought)

    def last(self) -> Chunk:
        """The last chunk. Raises UpstreamFailed if nobody said that it is over."""
        if self._finish is None:
            raise UpstreamFailed("the stream was cut")
        rest = self._said.end()
        text = self._names.feed(rest) + self._names.end() if self._names else rest
        return Chunk(text, self._finish, self._usage, thought=self._thoughts.end())

    def _deltas(self, part: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if part.get("error"):
            raise UpstreamFailed("the server failed")
        self._usage = _usage(part.get("usage")) or self._usage
        for choice in part.get("choices") or ():
            yield choice.get("delta") or {}
            self._finish = _finish(choice.get("finish_reason")) or self._finish

    def _text(self, content: str) -> str:
        text = self._said.next(content)
        return self._names.feed(text) if text and self._names else text


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
