"""One process of Redis' own, a server or a sentinel, on a port of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import redis

from deploy.local import redis_server
from tests.faults.processes.program import Program

ANSWER_S = 30.0


class Node:
    """Its files lie in `folder`, beside which its log is."""

    def __init__(self, folder: Path, port: int, command: Sequence[str]) -> None:
        self.port = port
        self.program = Program(folder.name, command, {}, folder.with_suffix(".log"))

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        await self.program.start()
        await self.until(lambda: redis_server.answers(self.port))

    async def close(self) -> None:
        await self.program.kill()

    def ask(self, *command: str) -> Any:
        """The answer to one command."""
        with redis.Redis(port=self.port, socket_timeout=5, decode_responses=True) as client:
            return client.execute_command(*command)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so, which is asked in a thread; while nobody answers it is not."""
        async with asyncio.timeout(ANSWER_S):
            while not await asyncio.to_thread(_is, is_so):  # noqa: ASYNC110 - it is another process that says so
                await asyncio.sleep(0.05)


def _is(so: Callable[[], bool]) -> bool:
    try:
        return so()
    except redis.RedisError:
        return False
