"""An answer of eight pictures of 2048² pixels, some 13 MB of them: fifty read it at once, some of them slowly, and some not at all.

Each reader that reads must have all of it, however slow; one that does not read is let go of; and the gateway holds little of it in memory.
"""

from __future__ import annotations

import asyncio
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from bench.serving.bed import Front
from bench.serving.crowd.process import reset_peak, resident_mb
from bench.serving.reader import client
from bench.serving.script import Script
from bench.serving.stitching import guided, noise_files

PICTURES, READERS, SLOW, SILENT = 8, 50, 10, 20
WRITE_S = 5
"""What the gateway gives a reader for a piece of 64 KiB; a slow one takes a piece in a twentieth of that."""
PIECE_BYTES = 65536
MOST_S = 120.0


async def measure(front: Front) -> dict[str, float]:
    """How many had all of it, how long the silent ones were kept, and the most memory of the gateway."""
    async with client(front.url) as http:
        asked = guided(Script(pictures=PICTURES, words=4, pace_s=0), await noise_files(http))
        made = (await http.post("/v1/responses", json=asked)).raise_for_status().json()
        path = f"/v1/responses/{made['id']}"
        whole = len((await http.get(path)).content)
    reset_peak(front.pid)
    idle_mb = resident_mb(front.pid)
    threads = ThreadPoolExecutor(SILENT)
    loop = asyncio.get_running_loop()
    silent = [loop.run_in_executor(threads, _kept_s, front.url, path) for _ in range(SILENT)]
    pauses = [WRITE_S / 20] * SLOW + [0.0] * (READERS - SLOW)
    read, kept_s = await asyncio.gather(
        asyncio.gather(*(_read(front.url, path, pause_s) for pause_s in pauses)), asyncio.gather(*silent)
    )
    return {
        "large.answer_mb": whole / 2**20,
        "large.whole": sum(size == whole for size, _ in read) / READERS,
        "large.slowest_s": max(took_s for _, took_s in read),
        "large.silent_s": max(kept_s),
        "large.rss_mb": resident_mb(front.pid, peak=True),
        "large.grown_mb": resident_mb(front.pid, peak=True) - idle_mb,
    }


async def _read(url: str, path: str, pause_s: float) -> tuple[int, float]:
    """Bytes of the body, and the seconds that it took."""
    began = time.perf_counter()
    size = 0
    async with client(url) as http, http.stream("GET", path) as reply:
        async for piece in reply.aiter_raw(PIECE_BYTES):
            size += len(piece)
            await asyncio.sleep(pause_s)
    return size, time.perf_counter() - began


def _kept_s(url: str, path: str) -> float:
    """Ask, and read nothing; the seconds until the gateway lets go."""
    place = httpx.URL(url)
    with socket.create_connection((place.host, place.port or 80), timeout=MOST_S) as one:
        one.sendall(f"GET {path} HTTP/1.1\r\nhost: gateway\r\n\r\n".encode())
        began = time.perf_counter()
        gone = select.poll()
        # What was not read is lost with the connection, which shows as an error.
        gone.register(one, select.POLLERR | select.POLLHUP)
        gone.poll(1000 * MOST_S)
        return time.perf_counter() - began
