"""The pictures that are being written to clients now: whoever writes the same one at the same time writes the same bytes of memory."""

from __future__ import annotations

import asyncio
from typing import Protocol
from weakref import WeakValueDictionary

from visualizer_service.blobs.blobs import Blob


class Written:
    """A picture's bytes, as long as somebody writes them."""

    __slots__ = ("__weakref__", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data


class Store(Protocol):
    """Where pictures are."""

    async def get(self, blob_id: str) -> Blob | None:
        """A picture; None if it is gone."""
        ...


class SharedPictures:
    """Pictures of a store, each read once for all who write it meanwhile."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: WeakValueDictionary[str, Written] = WeakValueDictionary()
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def get(self, blob_id: str) -> Written | None:
        """A picture, to be held while it is written; None if it is gone. Raises whatever the store raises."""
        async with self._reading.setdefault(blob_id, asyncio.Lock()):
            written = self._written.get(blob_id)
            if written is None:
                blob = await self._store.get(blob_id)
                if blob is None:
                    return None
                written = self._written[blob_id] = Written(blob.data)
            return written
