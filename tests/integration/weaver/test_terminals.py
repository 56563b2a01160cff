"""Pictures in terminals that speak neither kitty's nor iTerm's protocol."""

import re

import pytest

from tests.integration.gateway.gateway_app import Pool, gateway, listening
from tests.integration.weaver.terminal import COLOURFUL, COLOURLESS, Terminal

pytestmark = pytest.mark.integration

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
