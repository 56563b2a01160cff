"""Answers asked for before: listed, gone on from, opened, and written once more."""

import re

import pytest

from tests.integration.gateway.gateway_app import Pool, gateway, listening, png
from tests.integration.weaver.terminal import Terminal, weaver

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def everything_is_put_into_the_tests_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


async def test_the_last_answer_is_gone_on_from_listed_opened_and_seen_again(redis, planner):
    async with gateway(redis, planner, Pool(redis)) as app, listening(app) as url:
        nothing = await weaver(url, "list")
        assert (await weaver(url, "ask", "A story\nof a \x1b[31mfox")).code == 0
        assert (await weaver(url, "ask", "And then?", "--last")).code == 0
        listed = (await weaver(url, "list", "--json")).lines
        piped = await weaver(url, "list", "-n", "1")
        async with Terminal(url, "list") as terminal:
            assert await terminal.ended() == 0
        opened = await weaver(url, "open", "--last", BROWSER="true")
        again = await weaver(url, "resume", "--last")

    assert "No answers are kept here yet." in nothing.err
    assert [answer["title"] for answer in listed] == ["And then?", "A story of a \x1b[31mfox"]
    assert [len(plan.messages) for plan in planner.asked] == [1, 3]
    newest = listed[0]["id"]
    assert re.fullmatch(rf"{newest}\t\S+ \S+\tcompleted\t2 pictures\tAnd then\?\n", piped.out)
    assert [line.strip() for line in terminal.seen if "resp_" not in line] == [
        "And then?",
        "A story of a [31mfox",
    ]
    assert opened.out == f"{url}/#{newest}\n"
    assert again.out.count("Then the sea.") == 1


async def test_an_answer_is_written_as_pictures_into_a_folder_and_to_stdout(redis, planner, tmp_path):
    folder = tmp_path / "story"
    folder.mkdir()
    async with gateway(redis, planner, Pool(redis)) as app, listening(app) as url:
        pictures = await weaver(url, "ask", "A story", "-o", str(tmp_path / "fox.png"))
        await weaver(url, "resume", "--last", "-o", str(folder))
        piped = await weaver(url, "resume", "--last", "-o", "-")

    assert pictures.code == 0
    assert [(tmp_path / name).read_bytes() for name in ("fox.png", "fox-2.png")] == [png(0), png(1)]
    assert sorted(path.name for path in folder.iterdir()) == ["img1.png", "img2.png", "story.md"]
    assert "![picture 0](./img1.png)" in (folder / "story.md").read_text()
    assert "Once. A fox.\n\n![picture 0](data:image/png;base64," in piped.out
