"""Many writes of one script, sent together: while some are on their way to Redis, those that come wait and go with the next.

Each is carried out whole or not at all, as if it had been sent alone, and has an answer of its own. One that comes when nothing is on its
way goes at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

log = logging.getLogger(__name__)

Prepared = tuple[Sequence[str], Sequence[Any]]
"""Keys and arguments of one write."""

GATHER_S: Final = 0.004
"""Between two sendings. What a write costs is mostly its way to Redis, and nobody who reads sees so short a wait."""


@dataclass(frozen=True, slots=True, eq=False)
class _Write:
    prepare: Callable[[], Prepared]
    told: Callable[[Any], None]
    failed: Callable[[BaseException], None]


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
        coming = asyncio.get_running_loop().create_future()

        def told(answer: Any) -> None:
            if not coming.done():
                coming.set_result(answer)

        def failed(error: BaseException) -> None:
            if isinstance(error, asyncio.CancelledError):
                coming.cancel()
            elif not coming.done():
                coming.set_exception(error)

        self.post(lambda: (keys, arguments), told, failed)
        answer = await coming
        if isinstance(answer, Exception):
            # Alone it is tried again for as long as the client is patient, over another connection if need be.
            return await self._script(keys, arguments)
        return answer

    def post(
        self,
        prepare: Callable[[], Prepared],
        told: Callable[[Any], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        """Write without anybody who waits.

        Args:
            prepare: asked for the write at the moment at which it is sent.
            told: called with what the script answers, an error of its own included.
            failed: called instead where nothing was answered.
        """
        self._waiting.append(_Write(prepare, told, failed))
        if self._sending is None:
            # It sends for many, so what is known of the one who came first is not its own.
            self._sending = asyncio.create_task(self._send_all(), name="group commit", context=Context())

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                writes, self._waiting = self._waiting, []
                await self._send(writes)
                await asyncio.sleep(GATHER_S)
        finally:
            self._sending = None
            for write in self._waiting:
                write.failed(asyncio.CancelledError())

    async def _send(self, writes: Sequence[_Write]) -> None:
        sent: list[_Write] = []
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for write in writes:
                    try:
                        keys, arguments = write.prepare()
                    except Exception as error:
                        write.failed(error)
                    else:
                        sent.append(write)
                        pipeline.evalsha(self._script.sha, len(keys), *keys, *arguments)
                answers = await pipeline.execute(raise_on_error=False)
        except BaseException as error:
            for write in sent:
                write.failed(error)
            if not isinstance(error, Exception):
                raise
        else:
            for write, answer in zip(sent, answers, strict=True):
                try:
                    write.told(answer)
                except Exception:
                    log.exception("what became of a write can't be told")
