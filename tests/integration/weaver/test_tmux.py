"""`weaver` inside tmux, which shows no picture protocol: what a capture of the screen holds."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening
from tests.integration.gateway.held import HeldPool
from tests.integration.weaver.terminal import PLAIN, WEAVER, around

TMUX = shutil.which("tmux")

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(TMUX is None, reason="there is no tmux here; apt-get install tmux brings one"),
]

# The colours of both pixels of a half block in the first picture of the scripted pool.
PAINT = "\x1b[38;2;0;90;120m\x1b[48;2;0;90;120m"


@pytest.fixture(autouse=True)
def everything_is_put_into_the_tests_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


class Tmux:
    """A tmux of the test's own with one window, in which a command runs that is followed by the word ENDED and its exit status."""

    def __init__(self, name: str) -> None:
        self._name = name

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, folder: Path, url: str, *words: str) -> AsyncIterator[Tmux]:
        tmux = cls(folder.name)
        environment = " ".join(f"{name}={value}" for name, value in around(url).items())
        command = f"env COLORTERM=truecolor {environment} {WEAVER} {' '.join(words)}; echo ENDED $?; cat"
        try:
            await tmux.say("new-session", "-d", "-x", "80", "-y", "90", command)
            yield tmux
        finally:
            await tmux.say("kill-server")

    async def say(self, *words: str) -> str:
        """What tmux answers to a command."""
        process = await asyncio.create_subprocess_exec(
            str(TMUX),
            *("-L", self._name, "-f", "/dev/null", *words),
            stdout=asyncio.subprocess.PIPE,
            env=PLAIN | around(""),
        )
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        return out.decode()

    async def screen(self) -> str:
        """What is seen, with its colours."""
        return await self.say("capture-pane", "-p", "-e", "-t", "0")

    async def until(self, text: str) -> str:
        """Wait until this is on the screen, and answer the screen."""
        async with asyncio.timeout(60):
            while text not in (screen := await self.screen()):  # noqa: ASYNC110 - tmux tells nobody what was written
                await asyncio.sleep(0.05)
        return screen

    async def type(self, *keys: str) -> None:
        """Press keys, by tmux' names."""
        await self.say("send-keys", "-t", "0", *keys)


async def test_a_capture_of_the_screen_shows_the_pictures(redis, planner, tmp_path):
    async with (
        gateway(redis, planner, Pool(redis)) as app,
        listening(app) as url,
        Tmux.running(tmp_path, url, "ask", "'A story'") as tmux,
    ):
        screen = await tmux.until("ENDED 0")

    assert "Once. A fox." in screen
    assert "img1" in screen
    # In a picture twice as many cells wide as high.
    assert PAINT + "▀" * 48 + "\n" in screen
    assert screen.count("▀") == 2 * 48 * 24


async def test_control_c_in_a_chat_keeps_what_was_shown_and_the_chat_goes_on_with_pictures(redis, tmp_path):
    pool = HeldPool(redis)
    async with (
        gateway(redis, Planner(*STORY), pool) as app,
        listening(app) as url,
        Tmux.running(tmp_path, url, "chat") as tmux,
    ):
        await tmux.until("Ctrl-D leaves.")
        await tmux.type("A story", "Enter")
        await tmux.until("waiting for picture 1")
        await tmux.type("C-c")
        shown = await tmux.until("Cancelled.")
        pool.goes_on.set()
        await tmux.type("And then?", "Enter")
        await tmux.until("img4")
        await tmux.type("/quit", "Enter")
        screen = await tmux.until("ENDED 0")

    for kept in (shown, screen):
        assert "Once. A fox." in kept
        assert "Then the sea." in kept
    assert screen.count(PAINT) > 0


async def test_fill_draws_into_a_document_and_says_where(redis, planner, tmp_path):
    story = tmp_path / "story.md"
    story.write_text("# A fox\n\n![A fox at the sea]()\n")
    async with (
        gateway(redis, planner, Pool(redis)) as app,
        listening(app) as url,
        Tmux.running(tmp_path, url, "fill", str(story)) as tmux,
    ):
        screen = await tmux.until("ENDED 0")

    assert "A fox at the sea" in screen
    assert "![A fox at the sea](story-pictures/picture-" in story.read_text()
