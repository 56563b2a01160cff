"""The processes that decode images: a few, each at one image at a time, and ended if that takes too long or nobody waits for it any more."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import asdict
from typing import Any

from gateway.media.decoding import ImageLimits, Unfit
from visualizer_service.blobs.blobs import Blob

# More than any line or pipe buffer needs; the images themselves are read by length.
PIECE_BYTES = 2**18
# How much longer than its CPU time an image may take on a busy machine.
PATIENCE = 4
COMMAND = (sys.executable, "-m", "gateway.media.decoder")


class Decoders:
    """Up to `processes` of them, started when they are first needed; used as an async context manager."""

    def __init__(self, limits: ImageLimits, processes: int, image_s: float) -> None:
        self._limits, self._image_s = limits, image_s
        self._free: asyncio.Queue[Process | None] = asyncio.Queue()
        self._all: set[Process] = set()
        for _ in range(processes):
            self._free.put_nowait(None)

    async def close(self) -> None:
        """End them all."""
        for process in self._all:
            if process.returncode is None:
                process.kill()
        await asyncio.gather(*(process.wait() for process in self._all))

    async def plain(self, sent: bytes | str) -> Blob:
        """As `decoding.plain`, of an image's bytes, or of a text that `forms` reads; whoever is cancelled frees the place at once.

        Raises:
            Unfit: as there, or it takes too long.
        """
        process = await self._free.get()
        is_whole = False
        try:
            process = process or await self._started()
            async with asyncio.timeout(PATIENCE * self._image_s):
                told, kept = await self._ask(process, sent)
            is_whole = True
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
            raise Unfit(f"takes more than {self._image_s:g} s to decode.") from None
        finally:
            # One that was left in the middle of an image is of no more use.
            if not is_whole and process is not None and process.returncode is None:
                process.kill()
            self._free.put_nowait(process if is_whole else None)
        if "code" in told:
            raise Unfit(told["words"], told["code"])
        return Blob(kept, told["media_type"])

    async def _started(self) -> Process:
        # In a session of its own, so that the terminal's interrupt is for the gateway alone.
        process = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=PIPE, stdout=PIPE, limit=PIECE_BYTES, start_new_session=True
        )
        self._all = {one for one in self._all if one.returncode is None} | {process}
        return process

    async def _ask(self, process: Process, sent: bytes | str) -> tuple[dict[str, Any], bytes]:
        assert process.stdin is not None
        assert process.stdout is not None
        asked = {
            "size": len(sent),
            "is_text": isinstance(sent, str),
            "limits": asdict(self._limits),
            "most_cpu_s": self._image_s,
        }
        process.stdin.write(json.dumps(asked).encode() + b"\n")
        for at in range(0, len(sent), PIECE_BYTES):
            piece = sent[at : at + PIECE_BYTES]
            process.stdin.write(piece.encode("ascii", "replace") if isinstance(piece, str) else piece)
            await process.stdin.drain()
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError
        told = json.loads(line)
        return told, await process.stdout.readexactly(told["size"])
