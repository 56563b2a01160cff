"""Keeps what took long, by what it was made from, so that a run that was killed goes on where it stood.

A file is written beside its place and then moved there: one that exists is whole. A changed case, setting or judge has another key, so
nothing stale is ever found.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any


def key(*made_from: Any) -> str:
    """A name for whatever is made from these JSON values; bytes count by their content."""
    told = json.dumps(made_from, sort_keys=True, ensure_ascii=False, default=_digest)
    return hashlib.sha256(told.encode()).hexdigest()


def _digest(value: Any) -> str:
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    raise TypeError(f"{type(value).__name__} is no JSON value")


class Kept:
    """Files of one kind in a folder, by key."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder / kind

    def get(self, key: str) -> bytes | None:
        """What is kept under a key, None if nothing is."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, key: str, content: bytes) -> None:
        """Keep it."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_bytes(content)
        beside.replace(path)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"
