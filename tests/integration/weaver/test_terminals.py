"""Pictures in terminals that speak neither kitty's nor iTerm's protocol."""

import asyncio
import re
import shutil

import pytest

from tests.integration.gateway.gateway_app import Pool, gateway, listening
from tests.integration.weaver.terminal import COLOURFUL, COLOURLESS, PLAIN, WEAVER, Terminal, around

pytestmark = pytest.mark.integration

TMUX = shutil.which("tmux")
# What the first picture of the scripted pool is painted in, as a terminal is told.
PAINT = "005a78"


@pytest.fixture(autouse=True)
def everything_is_put_into_the_tests_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture
async def url(redis, planner):
    async with gateway(redis, planner, Pool(redis)) as app, listening(app) as url:
        yield url


async def test_half_blocks_show_two_pixels_in_a_cell_and_the_file_is_named_too(url):
    async with Terminal(url, "ask", "A story", environment=COLOURFUL) as terminal:
        assert await terminal.ended() == 0

    assert terminal.blocks[:20] == [[(PAINT, PAINT)] * 40] * 20, (
        "a square, for cells are twice as high as wide"
    )
    assert sum(line.strip().endswith(".png") for line in terminal.seen) == 2


async def test_sixels_are_sent_to_a_terminal_that_says_it_draws_them(url):
    async with Terminal(url, "ask", "A story", environment=COLOURFUL, answer="\x1b[?62;4;22c") as terminal:
        assert await terminal.ended() == 0

    pictures = re.findall(r"\x1bP[\d;]*q\"1;1;(\d+);(\d+)#0;2;0;35;47", terminal.raw)
    assert len(pictures) >= 1
    assert pictures[0][0] == pictures[0][1]
    assert terminal.blocks == []


async def test_without_colours_the_files_are_named(url):
    async with Terminal(url, "ask", "A story", environment=COLOURLESS) as terminal:
        assert await terminal.ended() == 0

    assert terminal.blocks == []
    assert sum(line.strip().endswith(".png") for line in terminal.seen) == 2


async def tmux(server: str, *words: str) -> str:
    """What tmux, in a server of the test's own, says to a command."""
    process = await asyncio.create_subprocess_exec(
        str(TMUX),
        "-L",
        server,
        "-f",
        "/dev/null",
        *words,
        stdout=asyncio.subprocess.PIPE,
        env=PLAIN | around(""),
    )
    out, _ = await asyncio.wait_for(process.communicate(), 60)
    return out.decode()


@pytest.mark.skipif(TMUX is None, reason="there is no tmux here")
async def test_inside_tmux_a_capture_of_the_screen_shows_the_pictures(url, tmp_path):
    environment = " ".join(f"{name}={value}" for name, value in around(url).items())
    command = f"env COLORTERM=truecolor {environment} {WEAVER} ask 'A story'; tmux -L {tmp_path.name} wait-for -S done"
    try:
        await tmux(tmp_path.name, "new-session", "-d", "-x", "80", "-y", "80", command + "; cat")
        await tmux(tmp_path.name, "wait-for", "done")
        screen = await tmux(tmp_path.name, "capture-pane", "-p", "-e", "-t", "0")
    finally:
        await tmux(tmp_path.name, "kill-server")

    assert "Once. A fox." in screen
    assert "img1" in screen
    # The colours of both pixels, in a picture twice as many cells wide as high.
    assert "\x1b[38;2;0;90;120m\x1b[48;2;0;90;120m" + "▀" * 48 + "\n" in screen
    assert screen.count("▀") == 2 * 48 * 24
