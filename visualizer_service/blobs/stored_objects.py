"""Bytes in a folder or in a bucket of S3, Google Cloud Storage or Azure, by obstore.

Its calls that block are used, each on a thread: its asynchronous ones may abort a process that ends.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from urllib.parse import unquote, urlsplit

import obstore
from obstore import store as stores
from obstore.exceptions import BaseError

from visualizer_service.blobs.objects import Stored
from visualizer_service.errors import BlobsUnavailable

T = TypeVar("T")

_THREADS: Final = 16
"""Objects that are read and written at once by one process; a store that hangs holds no more of its threads."""
_TRY_S: Final = 5.0
_PAUSES_S: Final = (0.1, 0.4, 1.6)
"""Between tries. All in all no call takes longer than a reader is patient: four tries, 22 s."""
_BATCH: Final = 500
SCHEMES: Final = ("file", "s3", "s3a", "gs", "az", "azure", "abfs", "abfss")

log = logging.getLogger(__name__)


class StoredObjects:
    """The store at a URL.

    Raises:
        ValueError: its scheme is unknown, or the folder cannot be made.
    """

    def __init__(self, url: str, try_s: float = _TRY_S) -> None:
        scheme = urlsplit(url).scheme
        if scheme not in SCHEMES:
            raise ValueError(
                f"there is no store of pictures at {url}; the scheme is one of {', '.join(SCHEMES)}, redis"
            )
        self._try_s = try_s
        self._is_folder = scheme == "file"
        self._store = _folder(url) if self._is_folder else _bucket(url, try_s)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="store")

    async def put(self, name: str, data: bytes, media_type: str) -> None:
        """Write an object: under another name first, in a folder, so that nobody reads half of it."""
        # Folders keep no attributes; buckets tell this one to browsers.
        attributes: Any = None if self._is_folder else {"Content-Type": media_type}
        await self._tried(
            lambda: obstore.put(self._store, name, data, attributes=attributes, use_multipart=False)
        )

    async def get(self, name: str) -> bytes | None:
        """An object, or nothing where there is none."""
        return await self._tried(lambda: _read(self._store, name))

    async def delete(self, names: Sequence[str]) -> None:
        """See that these are not there."""
        for start in range(0, len(names), _BATCH):
            batch = names[start : start + _BATCH]
            await self._tried(lambda batch=batch: _delete(self._store, batch))

    async def stored(self) -> AsyncGenerator[Sequence[Stored]]:
        """All objects, in batches."""
        listing = await self._tried(lambda: obstore.list(self._store, chunk_size=_BATCH))
        while batch := await self._tried(lambda: next(listing, None)):
            yield [Stored(one["path"], one["size"], one["last_modified"].timestamp()) for one in batch]

    async def link(self, name: str, for_s: float) -> str | None:
        """An address that opens an object for so long; a folder has none."""
        if self._is_folder:
            return None
        bucket = cast("stores.S3Store", self._store)
        return await self._tried(lambda: obstore.sign(bucket, "GET", name, timedelta(seconds=for_s)))

    def close(self) -> None:
        """Wait for nothing that is under way."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _tried(self, work: Callable[[], T]) -> T:
        """Do it on a thread; again, after a pause, where it fails or takes too long."""
        for pause_s in (*_PAUSES_S, None):
            try:
                async with asyncio.timeout(self._try_s):
                    return await asyncio.get_running_loop().run_in_executor(self._threads, work)
            except (BaseError, OSError) as error:
                if pause_s is None:
                    raise BlobsUnavailable from error
                # What follows the first line is how the library sees itself.
                reason = (str(error) or type(error).__name__).partition("\n")[0]
                log.warning("the store of pictures failed, trying again: %s", reason)
                await asyncio.sleep(pause_s * random.uniform(0.5, 1))
        raise AssertionError("the last try ends in an outcome")


def _read(store: Any, name: str) -> bytes | None:
    try:
        return bytes(obstore.get(store, name).bytes())
    except FileNotFoundError:
        return None


def _delete(store: Any, names: Sequence[str]) -> None:
    try:
        obstore.delete(store, names)
    except FileNotFoundError:
        # One of several: folders stop there.
        for name in names:
            if len(names) > 1:
                _delete(store, [name])


def _folder(url: str) -> stores.LocalStore:
    path = Path(unquote(urlsplit(url).path))
    try:
        path.mkdir(parents=True, exist_ok=True)
        return stores.LocalStore(prefix=path)
    except OSError as error:
        raise ValueError(f"the folder {path} for pictures cannot be made: {error.strerror}") from error


def _bucket(url: str, try_s: float) -> Any:
    limit = timedelta(seconds=try_s)
    # Whoever names an endpoint by http means it.
    client: Any = {"timeout": limit, "connect_timeout": limit, "allow_http": True}
    # Tries are counted here, alike for every kind of store.
    return stores.from_url(url, client_options=client, retry_config={"max_retries": 0})
