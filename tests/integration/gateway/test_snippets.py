"""What the pages say to type works as it stands, and prints what it promises."""

import asyncio
import re
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening

pytestmark = pytest.mark.integration

ROOT = Path(__file__).parents[3]
# Other people's clients need other versions of what we need, so they have an environment of their own.
CLIENTS = ROOT / "build" / "clients"
INSTALLED = (CLIENTS / ".installed").exists()
ADDRESS = "http://localhost:8080"
PAGES = {"api.md": Path(sys.executable), "clients.md": CLIENTS / "bin" / "python"}
SNIPPETS = [
    pytest.param(python, block, id=f"{page} {block.split(chr(10))[0]}")
    for page, python in PAGES.items()
    for block in re.findall(
        r"^```python\n(.*?)^```$", (ROOT / "docs" / page).read_text(), re.DOTALL | re.MULTILINE
    )
]
LIMIT_S = 120


@pytest.mark.parametrize(("python", "block"), SNIPPETS)
async def test_a_snippet_prints_the_story_with_its_pictures(redis: Redis, python: Path, block: str):
    if python.is_relative_to(CLIENTS) and not INSTALLED:
        pytest.skip("the clients are not installed: make build/clients/.installed")
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, listening(app) as url:
        process = await asyncio.create_subprocess_exec(
            str(python),
            "-c",
            block.replace(ADDRESS, url),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(LIMIT_S):
            said, complaints = (text.decode() for text in await process.communicate())

    assert process.returncode == 0, complaints
    assert "Once." in said
    assert "Then the sea." in said
    assert "a picture of" in said or f"]({url}/v1/files/" in said or "Agent" in block
