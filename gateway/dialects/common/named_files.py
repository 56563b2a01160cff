"""The files that one request names: however often it names one, it is looked for once, and a few are looked for at a time.

Each look takes a connection to Redis, and a picture's look reads its whole answer.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from gateway.answer.errors import NotFound
from gateway.store.file_ids import DrawnFile
from gateway.store.files import Files

AT_ONCE: Final = 4
_Key = tuple[str | None, str]


class NamedFiles:
    """Of one request; it goes with the request, for what it remembers ages."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._found: dict[_Key, Mapping[str, str] | NotFound] = {}
        self._turns: defaultdict[_Key, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def blob_id(self, tenant: str | None, file_id: str, param: str) -> str:
        """As `Files.blob_id`."""
        drawn = DrawnFile.parse(file_id)
        if drawn is not None and drawn.preview is not None:
            drawn = None
        name = file_id if drawn is None else drawn.id
        key = (tenant, file_id if drawn is None else drawn.response_id)
        async with self._turns[key]:
            if key not in self._found:
                async with self._room:
                    self._found[key] = await self._look(tenant, file_id, drawn, param)
        found = self._found[key]
        if isinstance(found, NotFound):
            raise NotFound(found.message, code=found.code, param=param)
        if name not in found:
            raise self._files.unknown(file_id, param)
        return found[name]

    async def _look(
        self, tenant: str | None, file_id: str, drawn: DrawnFile | None, param: str
    ) -> Mapping[str, str] | NotFound:
        try:
            if drawn is not None:
                return await self._files.drawn_blobs(tenant, drawn.response_id, param)
            return {file_id: await self._files.blob_id(tenant, file_id, param)}
        except NotFound as error:
            return error
