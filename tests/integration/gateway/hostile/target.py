"""A gateway to be attacked: a process of its own, so that its memory and its CPU time can be read from outside.

`python -m tests.integration.gateway.hostile.target REDIS_URL SETTINGS` serves until its standard input ends. It prints its address,
and tells `/blocked` how long its event loop was held up at most since it was last asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvloop

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening, settings
from visualizer_service.queue.connection import connect

TICK_S = 0.005
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Pulse:
    """Feels how long the event loop is held up by CPU work of its own process; what others take of the machine does not count."""

    def __init__(self) -> None:
        self.worst_s = 0.0

    async def feel(self) -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(TICK_S)
            self.worst_s = max(self.worst_s, time.thread_time() - before)


async def serve(redis_url: str, changes: dict[str, Any]) -> None:
    pulse = Pulse()
    async with connect(redis_url) as redis, contextlib.AsyncExitStack() as stack:
        app = await stack.enter_async_context(gateway(redis, Planner(*STORY), Pool(redis), **changes))

        @app.get("/blocked")
        async def blocked() -> float:
            worst_s, pulse.worst_s = pulse.worst_s, 0.0
            return worst_s

        url = await stack.enter_async_context(listening(app, settings(**changes)))
        # As the gateway's own process does: what lives for ever is not looked through again.
        gc.collect()
        gc.freeze()
        feeling = asyncio.create_task(pulse.feel())
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)
        feeling.cancel()


@dataclass
class Target:
    """The gateway as its attacker sees it, and what an operator sees besides."""

    url: str
    process: subprocess.Popen[str]

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").partition(":")
        return host, int(port)

    def memory_mib(self) -> float:
        """What is resident of the process itself; those that decode images have a limit of their own."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE_BYTES / 2**20

    def cpu_s(self) -> float:
        """CPU time used so far by the process itself."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def blocked_s(self) -> float:
        """The longest that the event loop was held up since this was last asked."""
        return httpx.get(f"{self.url}/blocked", timeout=60).json()

    def descriptors(self) -> int:
        """How many are open."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    @contextlib.contextmanager
    def watched(self) -> Iterator[list[float]]:
        """The most memory in MiB above the start of what is done meanwhile, in a list of one."""
        idle, peak, over = self.memory_mib(), [0.0], threading.Event()

        def watch() -> None:
            while not over.wait(0.01):
                peak[0] = max(peak[0], self.memory_mib() - idle)

        watching = threading.Thread(target=watch)
        watching.start()
        try:
            yield peak
        finally:
            over.set()
            watching.join()


@contextlib.contextmanager
def started(redis_url: str, descriptors: int | None = None, **changes: Any) -> Iterator[Target]:
    """A gateway with these settings, and no more than so many descriptors."""
    command = [
        sys.executable,
        "-m",
        "tests.integration.gateway.hostile.target",
        redis_url,
        json.dumps(changes),
    ]
    limited = [] if descriptors is None else ["prlimit", f"--nofile={descriptors}:{descriptors}"]
    with subprocess.Popen(
        limited + command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield Target(process.stdout.readline().strip(), process)
        finally:
            process.kill()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], json.loads(sys.argv[2])))
