"""A Redis that can be broken in every way that a Redis breaks; it keeps its data in an append-only file, written each second."""

from __future__ import annotations

import asyncio
import resource
import shutil
import time
from pathlib import Path

import redis

from deploy.local import redis_server
from tests.faults.processes.program import Program

START_S = 30.0
_LOOK_EVERY_S = 0.1
_HELD = ("appendonly.aof", "appendonlydir")


class Store:
    """A server on a port of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"redis://127.0.0.1:{port}/0"
        self._folder, self._port = folder / "redis", port
        self._folder.mkdir()
        command = [*redis_server.command(port, self._folder), "--auto-aof-rewrite-percentage", "0"]
        self.program = Program("redis", command, {}, folder / "redis.log")
        self._sizes: list[tuple[float, dict[Path, int]]] = []
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self.program.start()
        await asyncio.to_thread(self._await_answer)
        self._sizes.clear()
        self._watching = self._watching or asyncio.create_task(self._watch())

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        await self.program.kill()

    async def restart(self, away_s: float, lost_s: float | None = 0.0) -> None:
        """Killed, and back after `away_s`, without what was written in the last `lost_s`; with None, empty."""
        before = self._as_it_was(lost_s) if lost_s else {}
        await self.program.kill()
        await asyncio.sleep(away_s)
        for path, size in before.items():
            with path.open("r+b") as file:
                file.truncate(size)
        if lost_s is None:
            for name in _HELD:
                path = self._folder / name
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        await self.start()

    async def full(self, lasts_s: float) -> None:
        """It refuses to write, for it has no memory left."""
        await asyncio.to_thread(self._ask, "CONFIG", "SET", "maxmemory", "1")
        await asyncio.sleep(lasts_s)
        await asyncio.to_thread(self._ask, "CONFIG", "SET", "maxmemory", "0")

    async def read_only(self, lasts_s: float) -> None:
        """It takes itself for the replica of a primary that is gone."""
        await asyncio.to_thread(self._ask, "REPLICAOF", "127.0.0.1", "1")
        await asyncio.sleep(lasts_s)
        await asyncio.to_thread(self._ask, "REPLICAOF", "NO", "ONE")

    async def disk_full(self, lasts_s: float) -> None:
        """Its files may not grow, so it refuses to write."""
        limits = resource.prlimit(self.program.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.program.pid, resource.RLIMIT_FSIZE, (1, limits[1]))
        await asyncio.sleep(lasts_s)
        resource.prlimit(self.program.pid, resource.RLIMIT_FSIZE, limits)

    def _await_answer(self) -> None:
        give_up_at = time.monotonic() + START_S
        while not redis_server.answers(self._port):
            assert time.monotonic() < give_up_at, "Redis does not start; see redis.log"
            time.sleep(0.05)

    def _ask(self, *command: str) -> None:
        with redis.Redis(port=self._port, socket_timeout=5) as client:
            client.execute_command(*command)

    def _as_it_was(self, ago_s: float) -> dict[Path, int]:
        until = time.monotonic() - ago_s
        return next((sizes for at, sizes in reversed(self._sizes) if at <= until), {})

    async def _watch(self) -> None:
        """Note how large its files are, for there is no other way back."""
        while True:
            files = [
                path
                for name in _HELD
                for path in (self._folder / name, *(self._folder / name).glob("*.incr.aof"))
            ]
            sizes = {path: path.stat().st_size for path in files if path.is_file()}
            self._sizes = [*self._sizes[-100:], (time.monotonic(), sizes)]
            await asyncio.sleep(_LOOK_EVERY_S)
