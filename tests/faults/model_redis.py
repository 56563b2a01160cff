"""A Redis in memory that fails when told to: it holds what the ledger and the leases of gateways need of one, in virtual time.

Each script of ours has a twin here, in Python; `test_model_redis` holds the two against each other on a real Redis.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import ConnectionError

from gateway.store import ledger_scripts as scripts

ROUND_TRIP_S = 0.001
PATIENCE_S = 30.0
# As clients wait between two tries: they are back in any order.
_RETRY_S = 0.5


@dataclass
class Data:
    """All that a Redis holds: hashes, streams of (number, fields), sorted sets, strings with the time they end, jobs and replies."""

    hashes: dict[str, dict[str, bytes]] = field(default_factory=dict)
    streams: dict[str, list[tuple[bytes, dict[bytes, bytes]]]] = field(default_factory=dict)
    sets: dict[str, dict[str, float]] = field(default_factory=dict)
    strings: dict[str, float] = field(default_factory=dict)
    jobs: dict[str, Any] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)
    replies: dict[str, list[Any]] = field(default_factory=dict)

    def copied(self) -> Data:
        """The same, and no more changed by what comes."""
        return Data(
            {key: dict(fields) for key, fields in self.hashes.items()},
            {key: list(entries) for key, entries in self.streams.items()},
            {key: dict(members) for key, members in self.sets.items()},
            dict(self.strings),
            dict(self.jobs),
            set(self.seen),
            {key: list(replies) for key, replies in self.replies.items()},
        )


class Server:
    """The one server of all gateways. While it is `away` nobody gets an answer; `lose` gives it back an earlier state."""

    def __init__(self, seed: int = 0) -> None:
        self.data = Data()
        self.chance = random.Random(seed)
        self.run_id = 1
        self._saved = Data()
        self._back = asyncio.Event()
        self._back.set()
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}

    @property
    def away(self) -> bool:
        return not self._back.is_set()

    @away.setter
    def away(self, away: bool) -> None:
        self._back.clear() if away else self._back.set()

    async def back(self, patience_s: float) -> None:
        """Wait until it answers; raises if it does not for so long."""
        give_up_at = asyncio.get_running_loop().time() + patience_s
        while self.away:
            try:
                async with asyncio.timeout_at(give_up_at):
                    await self._back.wait()
            except TimeoutError:
                raise ConnectionError("away") from None
            await asyncio.sleep(self.chance.uniform(0, _RETRY_S))

    async def change(self, keys: tuple[str, ...], timeout_s: float) -> None:
        """Wait until one of these has changed, or for so long."""
        loop = asyncio.get_running_loop()
        waiting = loop.create_future()
        for key in keys:
            self._waiting.setdefault(key, []).append(waiting)
        timer = loop.call_later(timeout_s, _wake, waiting)
        try:
            await waiting
        finally:
            timer.cancel()

    def changed(self, key: str) -> None:
        """It has."""
        for future in self._waiting.pop(key, []):
            _wake(future)

    def now(self) -> float:
        return 1_000_000.0 + asyncio.get_running_loop().time()

    def save(self) -> None:
        """What is there now survives."""
        self._saved = self.data.copied()

    def lose(self) -> None:
        """Come back as it was when it was last saved."""
        self.data = self._saved.copied()
        self.run_id += 1
        for key in tuple(self._waiting):
            self.changed(key)


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
        twin = _TWINS[text]

        async def run(script_keys: list[str], arguments: list[Any], client: Client | None = None) -> Any:
            values = [value if isinstance(value, bytes) else str(value).encode() for value in arguments]
            asked = client or self
            return await asked.ask(lambda: twin(asked.server, script_keys, values))

        run.sha = text  # type: ignore[attr-defined]  # as a script has it: what a pipeline names it by
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

    def evalsha(self, sha: str, how_many: int, *given: Any) -> None:
        names = list(given[:how_many])
        values = [value if isinstance(value, bytes) else str(value).encode() for value in given[how_many:]]
        self._commands.append(lambda data, now: _TWINS[sha](self._client.server, names, values))

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

    def zadd(self, key: str, members: dict[str, float]) -> None:
        self._commands.append(lambda data, now: data.sets.setdefault(key, {}).update(members))

    def zremrangebyscore(self, key: str, least: str, most: float) -> None:
        def remove(data: Data, now: float) -> None:
            there = data.sets.get(key, {})
            for name in [name for name, score in there.items() if score <= most]:
                del there[name]

        self._commands.append(remove)

    def expire(self, key: str, seconds: int) -> None:
        pass

    def pexpire(self, key: str, ms: int) -> None:
        pass

    async def execute(self, raise_on_error: bool = True) -> list[Any]:
        server = self._client.server
        return await self._client.ask(
            lambda: [command(server.data, server.now()) for command in self._commands]
        )


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _later(entry: bytes, after: str) -> bool:
    return int(entry.split(b"-")[0]) > int(after.split("-")[0])


def _drop(members: dict[str, float], name: str) -> int:
    return int(members.pop(name, None) is not None)


def _fenced(data: Data, key: str, me: bytes) -> bytes:
    there = data.hashes.get(key, {})
    if "deleted" in there:
        return b"gone"
    if "owner" in there and there["owner"] != me:
        return b"lost"
    return b"held" if "owner" in there else b"missing"


def _add(data: Data, names: list[str], first: int, state: bytes, events: list[bytes]) -> None:
    there, stream = data.hashes[names[0]], data.streams.setdefault(names[1], [])
    last = int(there["last"])
    for number, event in enumerate(events, start=first):
        if number > last:
            stream.append((f"{number}-0".encode(), {b"event": event}))
            last = number
    there.update(last=str(last).encode(), state=state)


def _append(server: Server, names: list[str], args: list[bytes]) -> bytes:
    owner, first, state, _, *events = args
    is_ = _fenced(server.data, names[0], owner)
    if is_ != b"held":
        return b"behind" if is_ == b"missing" else is_
    if int(first) > int(server.data.hashes[names[0]]["last"]) + 1:
        return b"behind"
    if events:
        _add(server.data, names, int(first), state, events)
        server.changed(names[1])
    return b"written"


def _rewrite(server: Server, names: list[str], args: list[bytes]) -> bytes:
    owner, state, _, takeovers, replies_to, tenant, request, *events = args
    is_ = _fenced(server.data, names[0], owner)
    if is_ == b"lost" and int(server.data.hashes[names[0]].get("takeovers", b"0")) < int(takeovers):
        is_ = b"held"
    if is_ not in (b"held", b"missing"):
        return is_
    fields = {
        "owner": owner,
        "takeovers": takeovers,
        "replies_to": replies_to,
        "tenant": tenant,
        "request": request,
    }
    server.data.hashes.setdefault(names[0], {}).update(fields, last=b"0")
    server.data.streams.pop(names[1], None)
    _add(server.data, names, 1, state, events)
    server.changed(names[1])
    return b"written"


def _keep(server: Server, names: list[str], args: list[bytes]) -> int:
    """How long things are kept is not modelled."""
    return int("request" in server.data.hashes.get(names[0], {}))


def _take_over(server: Server, names: list[str], args: list[bytes]) -> int:
    there = server.data.hashes.get(names[0], {})
    if there.get("state") != b"in_progress":
        return 0
    if there["owner"] == args[1] != args[0]:
        return int(there["takeovers"])
    if there["owner"] != args[0]:
        return 0
    there["owner"] = args[1]
    there["takeovers"] = str(int(there["takeovers"]) + 1).encode()
    return int(there["takeovers"])


def _delete(server: Server, names: list[str], args: list[bytes]) -> int:
    was = "request" in server.data.hashes.get(names[0], {})
    server.data.hashes[names[0]] = {"deleted": b"1"}
    server.data.streams.pop(names[1], None)
    server.data.strings.pop(names[2], None)
    return int(was)


def _renew(server: Server, names: list[str], args: list[bytes]) -> bytes:
    until = server.now() * 1000 + int(args[1])
    for member in args[2:]:
        server.data.sets.setdefault(names[0], {})[member.decode()] = until
    if args[0]:
        server.data.sets.setdefault(names[1], {})[args[0].decode()] = until
    return b"written"


def _ended(server: Server, names: list[str], args: list[bytes]) -> list[bytes]:
    members = server.data.sets.get(names[0], {}).items()
    ended = sorted((until, name) for name, until in members if until <= server.now() * 1000)
    return [name.encode() for _, name in ended[: int(args[0])]]


_TWINS: dict[str, Callable[[Server, list[str], list[bytes]], Any]] = {
    scripts.APPEND: _append,
    scripts.REWRITE: _rewrite,
    scripts.KEEP: _keep,
    scripts.TAKE_OVER: _take_over,
    scripts.DELETE: _delete,
    scripts.RENEW: _renew,
    scripts.ENDED: _ended,
}
