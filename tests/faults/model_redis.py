"""A client of a Redis in memory: the commands that the ledger and the leases of gateways send. Scripts have twins in Python."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.faults.model_server import Data, Server
from tests.faults.script_twins import TWINS

ROUND_TRIP_S = 0.001
PATIENCE_S = 30.0


class Client:
    """One process's client. Once it is `dead` nothing that it asks is ever answered, as if the process were no more.

    `loses` says of each command whether its answer gets lost, and it is sent again.
    """

    def __init__(
        self, server: Server, loses: Callable[[], bool] = lambda: False, patience_s: float = PATIENCE_S
    ):
        self.server, self.loses, self.patience_s = server, loses, patience_s
        self.dead = asyncio.Event()
        self.pauses = 0.0

    async def ask(self, command: Callable[[], Any]) -> Any:
        """Carry a command out once the server answers."""
        await asyncio.sleep(ROUND_TRIP_S + self.pauses)
        if self.dead.is_set():
            await asyncio.Event().wait()
        if self.server.away:
            await self.server.back(self.patience_s)
        answer = command()
        return command() if self.loses() else answer

    def register_script(self, text: str) -> Any:
        twin = TWINS[text]

        async def run(script_keys: list[str], arguments: list[Any], client: Client | None = None) -> Any:
            values = [value if isinstance(value, bytes) else str(value).encode() for value in arguments]
            asked = client or self
            return await asked.ask(lambda: twin(asked.server, script_keys, values))

        return run

    async def hmget(self, key: str, names: list[str]) -> list[bytes | None]:
        return await self.ask(lambda: [self.server.data.hashes.get(key, {}).get(name) for name in names])

    async def hset(self, key: str, name: str, value: str) -> int:
        return await self.ask(
            lambda: self.server.data.hashes.setdefault(key, {}).update({name: value.encode()}) or 1
        )

    async def xread(self, streams: dict[str, str], count: int, block: int | None) -> Any:
        give_up_at = asyncio.get_running_loop().time() + (block or 0) / 1000
        while True:
            found = await self.ask(lambda: self._later(streams, count))
            if found or asyncio.get_running_loop().time() >= give_up_at:
                return found
            await self.server.change(tuple(streams), give_up_at - asyncio.get_running_loop().time())

    def _later(self, streams: dict[str, str], count: int) -> list[tuple[str, list[Any]]]:
        there = self.server.data.streams
        later = {
            name: [entry for entry in there.get(name, []) if _later(entry[0], after)][:count]
            for name, after in streams.items()
        }
        return [(name, entries) for name, entries in later.items() if entries]

    async def zadd(self, key: str, members: dict[str, float], xx: bool = False) -> int:
        def add() -> int:
            there = self.server.data.sets.setdefault(key, {})
            there.update({name: score for name, score in members.items() if not xx or name in there})
            return 1

        return await self.ask(add)

    async def zrem(self, key: str, *members: str) -> int:
        return await self.ask(
            lambda: sum(_drop(self.server.data.sets.get(key, {}), name) for name in members)
        )

    async def zrangebyscore(self, key: str, least: float, most: str) -> list[bytes]:
        there = self.server.data.sets
        return await self.ask(
            lambda: [n.encode() for n, score in there.get(key, {}).items() if score >= least]
        )

    async def time(self) -> tuple[int, int]:
        return await self.ask(lambda: (int(self.server.now()), 0))

    async def info(self, section: str) -> dict[str, int]:
        return await self.ask(lambda: {"run_id": self.server.run_id})

    def pipeline(self, transaction: bool) -> Pipeline:
        return Pipeline(self)


class Pipeline:
    """The few commands that the ledger sends together."""

    def __init__(self, client: Client) -> None:
        self._client, self._commands = client, list[Callable[[Data, float], Any]]()

    async def __aenter__(self) -> Pipeline:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def set(self, key: str, value: int, px: int) -> None:
        self._commands.append(lambda data, now: data.strings.update({key: now + px / 1000}))

    def hmget(self, key: str, names: list[str]) -> None:
        self._commands.append(lambda data, now: [data.hashes.get(key, {}).get(name) for name in names])

    def exists(self, key: str) -> None:
        self._commands.append(lambda data, now: int(data.strings.get(key, 0) > now))

    def xadd(self, key: str, fields: dict[str, str], **_: Any) -> None:
        entry = {name.encode(): value.encode() for name, value in fields.items()}

        def add(data: Data, now: float) -> None:
            stream = data.streams.setdefault(key, [])
            stream.append((f"{len(stream) + 1}-0".encode(), entry))
            self._client.server.changed(key)

        self._commands.append(add)

    def expire(self, key: str, seconds: int) -> None:
        pass

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        server = self._client.server
        return await self._client.ask(
            lambda: [command(server.data, server.now()) for command in self._commands]
        )


def _later(entry: bytes, after: str) -> bool:
    return int(entry.split(b"-")[0]) > int(after.split("-")[0])


def _drop(members: dict[str, float], name: str) -> int:
    return int(members.pop(name, None) is not None)
