"""Commands that are sent together cost less here than redis-py's own pipeline takes for them: C packs them, and all their answers have one
deadline, where redis-py packs in Python and sets a timer for each answer. For a gateway whose every token is a command that is much.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.asyncio.client import CommandStackT, Pipeline
from redis.exceptions import ResponseError


class PipelinedRedis(Redis):
    """redis-py's client with such pipelines; those that are transactions are redis-py's own."""

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        """As redis-py describes it."""
        kind = Pipeline if transaction else _Pipeline
        return kind(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class _Pipeline(Pipeline):
    async def _execute_pipeline(
        self, connection: Any, commands: CommandStackT, raise_on_error: bool
    ) -> list[Any]:
        # hiredis' types know tuples of one only.
        packed = [hiredis.pack_command(args) for args, _ in commands]  # type: ignore[arg-type]
        # Outside the deadline. A connection that must be made anew has the time of the whole command, and sending has a limit of its own,
        # which in Python 3.11 swallows the end of a deadline around it if it comes as the sending ends: the reading would have none.
        await connection.send_packed_command(packed)
        async with asyncio.timeout(connection.socket_timeout):
            answers = [await self._answer(connection, args[0]) for args, _ in commands]
        if raise_on_error:
            self.raise_first_error(commands, answers)
        return answers

    async def _answer(self, connection: Any, command: str | bytes) -> Any:
        """What Redis answers to the next command; an error of that command's is an answer."""
        try:
            answer = await connection.read_response(timeout=math.inf)
        except ResponseError as error:
            return error
        callback = self.response_callbacks.get(command)
        return answer if callback is None else callback(answer)
