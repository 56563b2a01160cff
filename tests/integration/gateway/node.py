"""Runs the programs in tests/node, whose packages `make test` installs."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

NODE = Path(__file__).parents[2] / "node"
LIMIT_S = 270


async def run_node(program: str, *arguments: str) -> Any:
    """What a program prints, which is JSON; fails with what it says where it fails."""
    node = shutil.which("node")
    assert node, "Install Node 20 or later, with npm: JavaScript clients are tested with it."
    assert (NODE / "node_modules").is_dir(), "Run `make tests/node/node_modules` first, as `make test` does."
    process = await asyncio.create_subprocess_exec(
        node, str(NODE / program), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            said, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaints.decode()
    return json.loads(said)
