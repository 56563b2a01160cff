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
