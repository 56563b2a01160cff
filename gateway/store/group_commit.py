"""Many writes, carried out together by one run of a script: while some are on their way to Redis, those that come wait and go with the next.

Each is carried out whole or not at all, as if it had been sent alone, and has an answer of its own. One that comes when nothing is on its
way goes at once. So what a command costs here and there is paid once for many: a token's own share of it is small.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextvars import Context
from typing import Any, Final, Protocol

from redis.asyncio import Redis

log = logging.getLogger(__name__)

Prepared = tuple[Sequence[str], Sequence[Any]]
"""Keys and arguments of one write; the script takes those of several on end, and answers a list."""

GATHER_S: Final = 0.004
"""Between two sendings. What a write costs is mostly its way to Redis, and nobody who reads sees so short a wait."""
MOST_TOGETHER: Final = 128
"""Redis does nothing else meanwhile, some 2 ms."""


class Write(Protocol):
    """What is to be written, and whoever is told what has become of it."""

    def prepare(self) -> Prepared:
        """The write, at the moment at which it is sent."""
        ...

    def answered(self, answer: Any, /) -> None:
        """What the script answers, an error of its own included."""
        ...

    def failed(self, error: BaseException, /) -> None:
        """Nothing was answered; the write may have been carried out."""
        ...


class GroupCommit:
    """The writes of one script; it must be safe to run twice."""

    def __init__(self, redis: Redis, script: str) -> None:
        self._script = redis.register_script(script)
        self._waiting: list[Write] = []
        self._sending: asyncio.Task[None] | None = None

    async def run(self, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What the script answers to this write.

        Raises:
            redis.RedisError, OSError: Redis is away; the write may have been carried out.
        """
        write = _Awaited(keys, arguments)
        self.post(write)
        answer = await write.answer
        if isinstance(answer, Exception):
            # Alone it is tried again for as long as the client is patient, over another connection if need be.
            (answer,) = await self._script(keys, arguments)
        return answer

    def post(self, write: Write) -> None:
        """Write without anybody who waits."""
        self._waiting.append(write)
        if self._sending is None:
            # It sends for many, so what is known of the one who came first is not its own.
            self._sending = asyncio.create_task(self._send_all(), name="group commit", context=Context())

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                writes, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
                await self._send(writes)
                await asyncio.sleep(0 if self._waiting else GATHER_S)
        finally:
            self._sending = None
            for write in self._waiting:
                write.failed(asyncio.CancelledError())

    async def _send(self, writes: Sequence[Write]) -> None:
        sent: list[Write] = []
        keys: list[str] = []
        arguments: list[Any] = []
        for write in writes:
            try:
                its_keys, its_arguments = write.prepare()
            except Exception as error:
                write.failed(error)
            else:
                sent.append(write)
                keys += its_keys
                arguments += its_arguments
        try:
            answers = await self._script(keys, arguments) if sent else []
        except BaseException as error:
            for write in sent:
                write.failed(error)
            if not isinstance(error, Exception):
                raise
        else:
            for write, answer in zip(sent, answers, strict=True):
                try:
                    write.answered(answer)
                except Exception:
                    log.exception("what became of a write can't be told")


class _Awaited:
    """A write that somebody waits for."""

    def __init__(self, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        self._prepared = keys, arguments
        self.answer = asyncio.get_running_loop().create_future()

    def prepare(self) -> Prepared:
        return self._prepared

    def answered(self, answer: Any) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)

    def failed(self, error: BaseException) -> None:
        if isinstance(error, asyncio.CancelledError):
            self.answer.cancel()
        elif not self.answer.done():
            self.answer.set_exception(error)
