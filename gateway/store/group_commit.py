"""Many writes of one script, sent together: while some are on their way to Redis, those that come wait and go with the next.

Each is carried out whole or not at all, as if it had been sent alone, and has an answer of its own. One that comes when nothing is on its
way goes at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

GATHER_S: Final = 0.004
"""Between two sendings. What a write costs is mostly its way to Redis, and nobody who reads sees so short a wait."""


@dataclass(frozen=True, slots=True, eq=False)
class _Write:
    keys: Sequence[str]
    arguments: Sequence[Any]
    answer: asyncio.Future[Any]


class GroupCommit:
    """The writes of one script; it must be safe to run twice."""

    def __init__(self, redis: Redis, script: str) -> None:
        self._redis, self._script = redis, redis.register_script(script)
        self._waiting: list[_Write] = []
        self._sending: asyncio.Task[None] | None = None

    async def run(self, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What the script answers to this write.

        Raises:
            redis.RedisError, OSError: Redis is away; the write may have been carried out.
        """
        write = _Write(keys, arguments, asyncio.get_running_loop().create_future())
        self._waiting.append(write)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all(), name="group commit")
        answer = await write.answer
        if isinstance(answer, Exception):
            # Alone it is tried again for as long as the client is patient, over another connection if need be.
            return await self._script(keys, arguments)
        return answer

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                writes, self._waiting = self._waiting, []
                await self._send(writes)
                await asyncio.sleep(GATHER_S)
        finally:
            self._sending = None
            for write in self._waiting:
                write.answer.cancel()

    async def _send(self, writes: Sequence[_Write]) -> None:
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for write in writes:
                    pipeline.evalsha(self._script.sha, len(write.keys), *write.keys, *write.arguments)
                answers = await pipeline.execute(raise_on_error=False)
        except Exception as error:
            for write in writes:
                if not write.answer.done():
                    write.answer.set_exception(error)
        except BaseException:
            for write in writes:
                write.answer.cancel()
            raise
        else:
            for write, answer in zip(writes, answers, strict=True):
                if not write.answer.done():
                    write.answer.set_result(answer)
