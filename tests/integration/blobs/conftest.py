"""Each kind of store, empty."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis

from tests.s3_server import INSTALLED, s3_server
from visualizer_service.blobs.blobs import Blobs
from visualizer_service.blobs.objects import Objects, opened


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    if not INSTALLED:
        pytest.skip("the S3 server is not installed: make build/s3/.installed")
    with s3_server() as url:
        yield url


@pytest.fixture(params=["folder", "bucket", "redis"])
def url(request: pytest.FixtureRequest, tmp_path, redis_url: str) -> str:
    match request.param:
        case "bucket":
            return f"{request.getfixturevalue('bucket')}/{tmp_path.name}"
        case "redis":
            return redis_url
        case _:
            return f"file://{tmp_path}/made%20here"


@pytest.fixture
async def objects(redis: Redis, url: str) -> AsyncIterator[Objects]:
    async with opened(url) as objects:
        yield objects


@pytest.fixture
def blobs(redis: Redis, objects: Objects) -> Blobs:
    return Blobs(redis, objects, keep_s=60)
