"""What the pages say to type works as it stands, and prints what it promises."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening, png

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
YAML = re.search(
    r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "clients.md").read_text(), re.DOTALL | re.MULTILINE
)
LIMIT_S = 120


async def printed(*command: str, folder: Path | None = None, **environment: str) -> str:
    """What a program prints that is run in a folder; it must end well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=os.environ | environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(LIMIT_S):
        said, complaints = (text.decode() for text in await process.communicate())
    assert process.returncode == 0, complaints
    return said


@pytest.mark.parametrize(("python", "block"), SNIPPETS)
async def test_a_snippet_prints_the_story_with_its_pictures(
    redis: Redis, python: Path, block: str, tmp_path: Path
):
    if python.is_relative_to(CLIENTS) and not INSTALLED:
        pytest.skip("the clients are not installed: make build/clients/.installed")
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, listening(app) as url:
        drawn = tmp_path / "out" / "demo" / "img1.png"
        drawn.parent.mkdir(parents=True)
        drawn.write_bytes(png(5))
        said = await printed(str(python), "-c", block.replace(ADDRESS, url), folder=tmp_path)

    assert "Once." in said
    assert "Then the sea." in said
    assert "a picture of" in said or f"]({url}/v1/files/" in said


@pytest.mark.skipif(not INSTALLED, reason="the clients are not installed: make build/clients/.installed")
async def test_llm_prints_the_story_with_links_to_its_pictures(redis: Redis, tmp_path: Path):
    assert YAML
    async with gateway(redis, Planner(*STORY), Pool(redis)) as app, listening(app) as url:
        (tmp_path / "extra-openai-models.yaml").write_text(YAML[1].replace(ADDRESS, url))
        command = (str(CLIENTS / "bin" / "llm"), "-m", "storybook", "A story about a fox, with 2 pictures")
        said = await printed(*command, LLM_USER_PATH=str(tmp_path), OPENAI_API_KEY="any")

    assert "Then the sea." in said
    assert f"]({url}/v1/files/" in said
