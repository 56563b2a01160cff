"""One Redis that can be broken in every way that a Redis breaks; it keeps its data in an append-only file, written each second."""

from __future__ import annotations

import asyncio
import resource
import shutil
import time
from pathlib import Path

from deploy.local import redis_server
from tests.faults.processes.node import Node

_LOOK_EVERY_S = 0.1
_HELD = ("appendonly.aof", "appendonlydir")


class Server(Node):
    """A primary, unless it is told to follow another."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir()
        super().__init__(
            folder, port, [*redis_server.command(port, folder), "--auto-aof-rewrite-percentage", "0"]
        )
        self._folder = folder
        self._sizes: list[tuple[float, dict[Path, int]]] = []
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await super().start()
        self._sizes.clear()
        self._watching = self._watching or asyncio.create_task(self._watch())

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        await super().close()

    async def follow(self, primary: Server) -> None:
        """Be the replica of another from now on, and wait until it has what that has."""
        await asyncio.to_thread(self.ask, "REPLICAOF", "127.0.0.1", str(primary.port))
        await self.is_level()

    async def is_level(self) -> None:
        """Wait until a replica has what its primary has."""
        await self.until(lambda: self.ask("INFO", "replication")["master_link_status"] == "up")

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
        await asyncio.to_thread(self.ask, "CONFIG", "SET", "maxmemory", "1")
        await asyncio.sleep(lasts_s)
        await asyncio.to_thread(self.ask, "CONFIG", "SET", "maxmemory", "0")

    async def read_only(self, lasts_s: float) -> None:
        """It takes itself for the replica of a primary that is gone."""
        await asyncio.to_thread(self.ask, "REPLICAOF", "127.0.0.1", "1")
        await asyncio.sleep(lasts_s)
        await asyncio.to_thread(self.ask, "REPLICAOF", "NO", "ONE")

    async def disk_full(self, lasts_s: float) -> None:
        """Its files may not grow, so it refuses to write."""
        limits = resource.prlimit(self.program.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(self.program.pid, resource.RLIMIT_FSIZE, (1, limits[1]))
        await asyncio.sleep(lasts_s)
        resource.prlimit(self.program.pid, resource.RLIMIT_FSIZE, limits)

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
