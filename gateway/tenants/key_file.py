"""API keys in a file, for gateways on machines that share one; JSON, so that it can be read, and written whole or not at all."""

from __future__ import annotations

import asyncio
import fcntl
import os
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from gateway.tenants.keys import ApiKey, Change


class _Content(BaseModel):
    model_config = ConfigDict(extra="ignore")

    keys: tuple[ApiKey, ...] = ()


class KeyFile:
    """The keys in one file; none where there is no such file yet."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def version(self) -> str:
        """When the file was last written, and which it is."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return "none"
        return f"{found.st_ino} {found.st_mtime_ns} {found.st_size}"

    async def read(self) -> Sequence[ApiKey]:
        """As any store of keys.

        Raises:
            OSError: the file cannot be read.
            ValueError: it holds no keys.
        """
        return await asyncio.to_thread(self._read)

    async def add(self, key: ApiKey) -> None:
        """As any store of keys."""
        await asyncio.to_thread(self._add, key)

    async def change(self, id: str, change: Change) -> ApiKey | None:
        """As any store of keys."""
        return await asyncio.to_thread(self._change, id, change)

    async def drop(self, ids: Collection[str]) -> None:
        """As any store of keys."""
        await asyncio.to_thread(self._drop, ids)

    def _add(self, key: ApiKey) -> None:
        with self._alone():
            self._write((*self._read(), key))

    def _change(self, id: str, change: Change) -> ApiKey | None:
        with self._alone():
            keys = {key.id: key for key in self._read()}
            if id not in keys:
                return None
            keys[id] = change(keys[id])
            self._write(tuple(keys.values()))
            return keys[id]

    def _drop(self, ids: Collection[str]) -> None:
        with self._alone():
            self._write(tuple(key for key in self._read() if key.id not in ids))

    def _read(self) -> tuple[ApiKey, ...]:
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        return _Content.model_validate_json(text).keys

    def _write(self, keys: tuple[ApiKey, ...]) -> None:
        text = _Content(keys=keys).model_dump_json(indent=1, exclude_none=True)
        # For its owner alone, as such files are made.
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes the file meanwhile."""
        with open(self._path.with_name(f".{self._path.name}.lock"), "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
