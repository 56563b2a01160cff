"""What all tests share: a Redis and a folder of pictures of their own, and no judgement of how fast they run."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Iterator

import hypothesis
import pytest
from redis.asyncio import Redis
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.redis_server import RedisServer
from visualizer_service.queue.connection import connect

# For whatever is started here, in this process or another. It goes with this one.
PICTURES = tempfile.TemporaryDirectory(prefix="pictures-")
os.environ |= {f"{service}_BLOBS_URL": f"file://{PICTURES.name}" for service in ("GATEWAY", "VISUALIZER")}

hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


# Folders whose tests share services that take long to start.
SHARED = ("tests/e2e", "tests/browser")


class ByFile(LoadScopeScheduling):
    """Where tests run in several processes, one process takes a whole file, or a whole folder of SHARED."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in SHARED if file.startswith(folder)), file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that all tests of the session share."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of the shared server, which is empty when the test begins."""
    client = connect(redis_url)
    await client.flushall()
    yield client
    await client.aclose()
