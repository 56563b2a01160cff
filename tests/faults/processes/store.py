"""The store of a system: a primary, its replica, and a sentinel that says which of the two is the primary.

The sentinel leaves a primary that is away alone, for most faults are of one server; it fails over when it is told to.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from deploy.local import redis_server
from tests.faults.processes.node import Node
from tests.faults.processes.server import Server
from tests.ports import lasting_ports

NAME = "weaver"
_PATIENCE_MS = 3_600_000


class Sentinel(Node):
    """Knows the primary by its name."""

    def __init__(self, folder: Path, port: int, primary: Server) -> None:
        folder.mkdir()
        conf = folder / "sentinel.conf"
        conf.write_text(
            f"port {port}\n"
            f"bind 127.0.0.1\n"
            f"dir {folder}\n"
            f"sentinel monitor {NAME} 127.0.0.1 {primary.port} 1\n"
            f"sentinel down-after-milliseconds {NAME} {_PATIENCE_MS}\n"
        )
        super().__init__(folder, port, [redis_server.program(), str(conf), "--sentinel"])

    async def knows_a_replica(self) -> None:
        """Wait until it does."""
        await self.until(lambda: bool(self.ask("SENTINEL", "REPLICAS", NAME)))

    async def promote(self, replica: Server) -> None:
        """Make the only replica the primary, and wait until it is."""
        await self.until(lambda: bool(self.ask("SENTINEL", "FAILOVER", NAME)))
        await self.until(
            lambda: self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)[1] == str(replica.port)
        )


class Store:
    """Two servers and a sentinel, by which services find the primary at `url`."""

    def __init__(self, folder: Path) -> None:
        first, second, sentinel_port = lasting_ports(3)
        self.primary, self._replica = Server(folder / "redis-0", first), Server(folder / "redis-1", second)
        self._sentinel = Sentinel(folder / "sentinel", sentinel_port, self.primary)
        self.url = f"redis+sentinel://127.0.0.1:{sentinel_port}/{NAME}/0"

    async def start(self) -> None:
        await self.primary.start()
        await self._replica.start()
        await self._replica.follow(self.primary)
        await self._sentinel.start()
        await self._sentinel.knows_a_replica()

    async def close(self) -> None:
        for one in (self._sentinel, self._replica, self.primary):
            await one.close()

    async def fail_over(self, away_s: float) -> None:
        """The primary is killed and its replica takes its place; it is back as a replica after `away_s`."""
        await self._replica.is_level()
        await self.primary.program.kill()
        await self._sentinel.promote(self._replica)
        self.primary, self._replica = self._replica, self.primary
        await asyncio.sleep(away_s)
        await self._replica.start()
        await self._replica.follow(self.primary)
