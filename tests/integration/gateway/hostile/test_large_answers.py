"""Answers of large pictures, read by many at once: the process holds each picture once, however many write it."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from tests.conftest import PICTURES as PICTURES_FOLDER
from tests.integration.gateway.hostile.target import started

pytestmark = pytest.mark.integration

PICTURES, PICTURE_BYTES, READERS = 2, 4 * 2**20, 50


def enlarge(content: httpx.Response) -> None:
    """Let a picture be larger where it is kept."""
    (path,) = Path(PICTURES_FOLDER.name).glob(f"pictures/*/{content.headers['etag'].strip(chr(34))}")
    path.write_bytes(b"\x89PNG" + bytes(PICTURE_BYTES))


def test_many_readers_of_an_answer_with_large_pictures_take_little_more_than_one(redis_url: str) -> None:
    with started(redis_url) as target:
        asked = {"input": "A story", "background": False}
        made = httpx.post(f"{target.url}/v1/responses", json=asked, timeout=60).json()
        # What was drawn is small; what is delivered in its place is what a large picture would be.
        for item in made["output"]:
            if item["type"] == "image_generation_call":
                enlarge(httpx.get(f"{target.url}/v1/files/{item['file_id']}/content"))
        sizes: list[int] = []

        def read() -> None:
            with httpx.stream("GET", f"{target.url}/v1/responses/{made['id']}", timeout=120) as answer:
                sizes.append(sum(len(piece) for piece in answer.iter_raw(65536)))

        readers = [threading.Thread(target=read) for _ in range(READERS)]
        with target.watched() as peak:
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()

    assert len(sizes) == READERS
    assert min(sizes) > PICTURES * PICTURE_BYTES
    assert peak[0] < 10 * PICTURES * PICTURE_BYTES / 2**20
