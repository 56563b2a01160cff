"""Lays a load on a server: every request is sent when its time has come, and each is waited for at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from bench.load.asking import ask
from bench.load.record import Record
from bench.load.scenarios import Send
from bench.load.watching import Sample, look, watch


@dataclass(frozen=True, slots=True)
class Target:
    """A server to be asked. `keys`: the API key of each group that has one of its own, and under "" everybody else's."""

    url: str
    model: str
    keys: Mapping[str, str] = field(default_factory=dict)
    most_s: float = 300.0

    def headers(self, group: str = "") -> dict[str, str]:
        """What a request of a group says of who asks; Google's API wants the key under a name of its own."""
        key = self.keys.get(group) or self.keys.get("")
        return {"Authorization": f"Bearer {key}", "x-goog-api-key": key} if key else {}


@dataclass(slots=True)
class Progress:
    """A test so far; what is under way has no record yet."""

    total: int
    open: int = 0
    now_s: float = 0.0
    records: list[Record] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


async def run(target: Target, sends: Sequence[Send], progress: Progress) -> None:
    """Send all and wait for all; cancelling it leaves what is done so far in `progress`."""
    async with _client(target.url) as http, _client(target.url) as beside, asyncio.TaskGroup() as tasks:
        before = await look(beside, target.headers(), lambda: 0.0)
        progress.samples.extend([before] if before else [])
        began = time.perf_counter()

        def clock() -> float:
            progress.now_s = time.perf_counter() - began
            return progress.now_s

        watching = tasks.create_task(watch(beside, target.headers(), clock, progress.samples))
        async with asyncio.TaskGroup() as asking:
            for send in sends:
                await asyncio.sleep(max(0.0, send.at_s - clock()))
                asking.create_task(_keep(http, target, send, clock, progress))
        watching.cancel()


async def _keep(
    http: httpx.AsyncClient, target: Target, send: Send, clock: Callable[[], float], progress: Progress
) -> None:
    progress.open += 1
    try:
        headers = target.headers(send.group)
        progress.records.append(await ask(http, send, target.model, headers, clock, target.most_s))
    finally:
        progress.open -= 1


@asynccontextmanager
async def _client(url: str) -> AsyncGenerator[httpx.AsyncClient]:
    """A connection for everybody; deadlines are the caller's."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=None, limits=limits) as http:
        yield http
