"""Asks a gateway for what is wished, the way it is wished: the client library, the command line, the agents' tool."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import TextContent

from bench.wishes.wish import PICTURE, Parts, Wish
from weaver import AskOptions, AsyncWeaver, Picture

TOGETHER = 8
WEAVER = str(Path(sys.executable).with_name("weaver"))


class Asker:
    """Asks a few at a time. Answers that are gone on from are asked for once each."""

    def __init__(self, url: str):
        self._url = url
        self._weaver = AsyncWeaver(url)
        self._gate = asyncio.Semaphore(TOGETHER)
        self._before: dict[str, str] = {}

    async def begin(self, text: str) -> None:
        """Have a story of two pictures to go on from.

        Raises:
            weaver.WeaverError: it did not come.
        """
        self._before[text] = (await self._weaver.ask(text, pictures=2, seed=1).answer()).id

    async def ask(self, wish: Wish) -> Parts:
        """The answer's texts and pictures in order; a picture that failed is none.

        Raises:
            RuntimeError, weaver.WeaverError, mcp.McpError: no answer came.
        """
        async with self._gate:
            match wish.way:
                case "api":
                    return await self._by_api(wish)
                case "cli":
                    return await self._by_cli(wish)
                case "mcp":
                    return await self._by_mcp(wish)

    async def _by_api(self, wish: Wish) -> Parts:
        options: AskOptions = {"mode": wish.mode, "seed": wish.seed}
        if wish.least is not None and wish.after is None:
            options["least_images"] = wish.least
        if wish.most is not None:
            options["most_images"] = wish.most
        if wish.after:
            options["previous_response_id"] = self._before[wish.after]
        answer = await self._weaver.ask(wish.text, **options).answer()
        if answer.status != "completed":
            raise RuntimeError(f"the answer is {answer.status}")
        drawn = (part for part in answer.parts if not isinstance(part, Picture) or part.failure is None)
        return [PICTURE if isinstance(part, Picture) else part.text for part in drawn]

    async def _by_cli(self, wish: Wish) -> Parts:
        asked = ("ask", wish.text, "-n", str(wish.most), "--seed", str(wish.seed), "--json")
        with TemporaryDirectory() as folder:
            child = await asyncio.create_subprocess_exec(
                *(WEAVER, *asked),
                cwd=folder,
                env=os.environ | {"WEAVER_URL": self._url, "XDG_STATE_HOME": folder},
                stdout=asyncio.subprocess.PIPE,
            )
            said, _ = await child.communicate()
        last = json.loads(said.splitlines()[-1])
        if last["event"] != "finished":
            raise RuntimeError(f"the command ended after {last['event']}")
        return [part.get("text", PICTURE) for part in last["answer"]["parts"]]

    async def _by_mcp(self, wish: Wish) -> Parts:
        async with Client(streamable_http_client(f"{self._url}/mcp")) as agent:
            result = await agent.call_tool(
                "illustrate", {"prompt": wish.text, "count": wish.most, "seed": wish.seed}
            )
        return [part.text if isinstance(part, TextContent) else PICTURE for part in result.content]
