"""The JDK's own HTTP client, as most Java libraries use it: over plain HTTP it offers an upgrade to HTTP/2 with every request."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening

pytestmark = pytest.mark.integration

PROGRAM = Path(__file__).parents[2] / "clients" / "Ask.java"
JAVA = shutil.which("java")
LIMIT_S = 120
BODIES = {
    "/v1/responses": {"input": "A story about a fox"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "A story about a fox"}]},
}


@pytest.mark.skipif(JAVA is None, reason="there is no java here")
@pytest.mark.parametrize("path", BODIES)
async def test_an_upgrade_that_is_offered_is_passed_over_and_the_body_read(redis: Redis, path: str):
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, listening(app) as url:
        arguments = (str(PROGRAM), url + path, json.dumps(BODIES[path]))
        process = await asyncio.create_subprocess_exec(str(JAVA), *arguments, stdout=asyncio.subprocess.PIPE)
        async with asyncio.timeout(LIMIT_S):
            said, _ = await process.communicate()
    status, _, body = said.decode().partition("\n")

    assert status == "200", body
    assert "Once. A fox." in body
