"""`weaver chat` on a terminal and from a pipe."""

import pytest

from tests.integration.gateway.gateway_app import STORY, Planner, Pool, gateway, listening, png
from tests.integration.gateway.held import HeldPool
from tests.integration.weaver.terminal import COLOURLESS, Terminal, weaver

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def everything_is_put_into_the_tests_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


async def test_each_question_goes_on_from_the_answer_before(redis, planner, tmp_path):
    (tmp_path / "fox.png").write_bytes(png(5))
    lines = [
        "A story",
        f"/image {tmp_path / 'fox.png'}",
        "And this fox?",
        f"/save {tmp_path / 'second.png'}",
        "/image nothing.png",
        "/dance",
        "/new",
        "Another story",
    ]
    async with gateway(redis, planner, Pool(redis)) as app, listening(app) as url:
        outcome = await weaver(url, "chat", stdin="\n".join(lines))

    assert outcome.code == 0
    assert outcome.out.count("Then the sea.") == 3
    assert [len(plan.messages) for plan in planner.asked] == [1, 3, 1]
    assert planner.asked[1].messages[-1].content[0].id == "in1"
    assert (tmp_path / "second.png").read_bytes() == png(0)
    assert "nothing.png: No such file" in outcome.err
    assert "/save FILE" in outcome.err


async def test_what_cannot_be_done_is_said_and_the_chat_goes_on(redis, planner, tmp_path):
    (tmp_path / "full.html").symlink_to("/dev/full")
    lines = [
        "A story",
        "/save -",
        f"/save {tmp_path / 'full.html'}",
        f"/save {'a' * 300}.md",
        "/image \0",
        "caf\udce9",
        "And then?",
    ]
    async with gateway(redis, planner, Pool(redis)) as app, listening(app) as url:
        outcome = await weaver(url, "chat", stdin="\n".join(lines), PYTHONIOENCODING="utf-8:strict")

    assert outcome.code == 0
    assert "it must end in .html" in outcome.err
    assert "full.html: No space left on device." in outcome.err
    assert "can't be the name of a file" in outcome.err
    assert "embedded null byte" in outcome.err
    assert "Not asked: this is no text in UTF-8." in outcome.err
    assert [len(plan.messages) for plan in planner.asked] == [1, 3]


async def test_an_image_that_is_gone_when_it_is_to_be_sent_leaves_the_chat_going(redis, planner, tmp_path):
    gone = tmp_path / "gone.png"
    gone.write_bytes(png(5))
    async with (
        gateway(redis, planner, Pool(redis)) as app,
        listening(app) as url,
        Terminal(url, "chat", "-i", str(gone), environment=COLOURLESS) as terminal,
    ):
        await terminal.until(">")
        gone.unlink()
        terminal.type("A story\n")
        await terminal.until("No such file")
        terminal.type("/quit\n")
        assert await terminal.ended() == 0


async def test_control_c_ends_an_answer_keeps_what_was_shown_and_leaves_the_chat_going(redis):
    pool, planner = HeldPool(redis), Planner(*STORY)
    async with gateway(redis, planner, pool) as app, listening(app) as url:
        async with Terminal(url, "chat", environment=COLOURLESS) as terminal:
            await terminal.until("\n>")
            terminal.type("A story\n")
            await terminal.until("waiting for picture 1")
            await terminal.until("step 2 of 4")
            terminal.press_control_c()
            await terminal.until("Cancelled.")
            shown = terminal.screen
            pool.goes_on.set()
            terminal.type("And then?\n")
            await terminal.until("img4 picture 1\n")
            terminal.type("/quit\n")
            assert await terminal.ended() == 0
        cancelled = {job.response for job in pool.jobs} & set(pool.cancelled)

    assert len(cancelled) == 1
    assert "Once. A fox.\n" in shown
    assert "▢ img1 picture 0  was not drawn" in shown
    assert "Then the sea.\n" in shown
    assert len(planner.asked) == 2
