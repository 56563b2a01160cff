"""`weaver` as people and scripts run it, against a gateway on a port of its own."""

import asyncio
import contextlib
import re
import zipfile
from pathlib import Path

import pytest

from planner_service.wire import ImagePart, PlanFailed
from tests.integration.gateway.gateway_app import (
    STORY,
    Planner,
    Pool,
    eventually,
    gateway,
    listening,
    png,
)
from tests.integration.gateway.held import HeldPool
from tests.integration.weaver.terminal import KITTY, Terminal, weaver

pytestmark = pytest.mark.integration

TOLD = ["Once. A fox.", "  ▣ img1 picture 0", "Then the sea.", "  ▣ img2 picture 1"]


@pytest.fixture(autouse=True)
def pictures_are_put_into_the_tests_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def files(*paths):
    return [Path(path).read_bytes() for path in paths]


@contextlib.asynccontextmanager
async def serving(redis, planner, pool, **settings):
    async with gateway(redis, planner, pool, **settings) as app, listening(app) as url:
        yield url


@pytest.fixture
async def url(redis, planner):
    async with serving(redis, planner, Pool(redis)) as url:
        yield url


async def test_on_a_terminal_text_goes_on_while_a_picture_is_drawn_and_all_ends_up_in_order(redis, planner):
    pool = HeldPool(redis)
    async with serving(redis, planner, pool) as url, Terminal(url, "ask", "A story") as terminal:
        await terminal.until("Then the sea.")
        await terminal.until("step 2 of 4")
        assert "◌ img1 picture 0" in terminal.screen
        assert "img2 picture 1" in terminal.screen
        pool.goes_on.set()
        assert await terminal.ended() == 0

    lines = [line for line in terminal.seen if "/" not in line]
    assert lines == TOLD
    assert files(*(line.strip() for line in terminal.seen if "/" in line)) == [png(0), png(1)]


async def test_a_terminal_that_can_shows_each_picture_in_its_place(url):
    async with Terminal(url, "ask", "A story", environment=KITTY) as terminal:
        assert await terminal.ended() == 0
    text, sea = TOLD[0], TOLD[2]
    assert terminal.seen == [text, "<picture>", TOLD[1], sea, "<picture>", TOLD[3]]


async def test_control_c_cancels_the_answer_at_the_gateway_and_says_what_is_left(redis, planner):
    pool = HeldPool(redis)
    async with serving(redis, planner, pool) as url:
        async with Terminal(url, "ask", "A story") as terminal:
            await terminal.until("step 2 of 4")
            terminal.press_control_c()
            assert await terminal.ended() == 130
        (response_id,) = {job.response for job in pool.jobs}
        assert response_id in pool.cancelled
        assert f"Cancelled. What there is, is kept: `weaver resume {response_id}`" in " ".join(terminal.seen)
        again = await weaver(url, "resume", response_id)

    assert again.code == 1
    assert again.out.startswith("Once. A fox.")
    assert "The answer was cancelled." in again.err


async def test_in_a_pipe_there_is_nothing_but_the_answer(url):
    outcome = await weaver(url, "ask", "-", stdin="A story")
    first, second = (line for line in outcome.out.splitlines() if line.endswith(".png"))
    assert (
        outcome.out
        == f"Once. A fox.\n\n[img1: picture 0]\n{first}\n\nThen the sea.\n\n[img2: picture 1]\n{second}\n\n"
    )
    assert files(first, second) == [png(0), png(1)]
    assert (outcome.code, outcome.err) == (0, "")


async def test_json_tells_every_event_on_a_line_of_its_own(url):
    outcome = await weaver(url, "ask", "A story", "--seed", "3", "--json")
    names = [line["event"] for line in outcome.lines]
    assert (names[0], names[-1]) == ("began", "finished")
    assert {"text_delta", "text_done", "picture_opened", "picture_queued", "picture_done"} <= set(names)
    done = [line["picture"] for line in outcome.lines if line["event"] == "picture_done"]
    assert files(*(picture["path"] for picture in done)) == [png(0), png(1)]
    answer = outcome.lines[-1]["answer"]
    assert (answer["status"], answer["seed"]) == ("completed", 3)
    assert [part.get("text") or part["id"] for part in answer["parts"]] == [
        "Once. A fox.",
        "img1",
        "Then the sea.",
        "img2",
    ]


async def test_an_answer_is_written_in_the_form_that_its_name_asks_for(url, tmp_path):
    for name in ("story.html", "story.md", "story.epub"):
        outcome = await weaver(url, "ask", "A story", "-o", str(tmp_path / name))
        assert outcome.code == 0
        assert f"Wrote {tmp_path / name}" in outcome.err
    assert "<title>A story</title>" in (tmp_path / "story.html").read_text(encoding="utf-8")
    assert (tmp_path / "story-pictures" / "img2.png").read_bytes() == png(1)
    with zipfile.ZipFile(tmp_path / "story.epub") as book:
        assert book.read("EPUB/img2.png") == png(1)


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "story.pdf"),
        ("-o", "nowhere/story.html"),
        ("-i", "missing.png"),
        ("-n", "-1"),
        ("-n", "1", "--least", "1"),
        ("--size", "large"),
        ("--last",),
        ("--mode", "sung"),
        ("--background", "-o", "story.md"),
    ],
)
async def test_wrong_usage_is_refused_before_anything_is_asked(url, planner, words):
    outcome = await weaver(url, "ask", "A story", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert "Error" in outcome.err
    assert planner.asked == []


async def test_what_is_said_of_the_answer_reaches_the_gateway(url, planner, tmp_path):
    (tmp_path / "fox.png").write_bytes(png(5))
    first = await weaver(url, "ask", "A story", "-i", str(tmp_path / "fox.png"), "-n", "2", "--json")
    asked = planner.asked[0]
    assert [part.id for part in asked.messages[0].content if isinstance(part, ImagePart)] == ["in1"]
    assert (asked.least_images, asked.most_images) == (2, 2)

    answer = first.lines[-1]["answer"]["id"]
    assert (await weaver(url, "ask", "And then?", "--after", answer, "--mode", "interleaved")).code == 0
    assert planner.asked[1].mode == "interleaved"
    assert len(planner.asked[1].messages) == 3


async def test_up_passes_on_what_it_is_told_and_tells_programs_why_nothing_came_up(tmp_path):
    hasty = ("--start-timeout-s", "0.1", "--gateway-port", "0", "--directory", str(tmp_path))
    outcome = await weaver("", "up", *hasty, "--json")

    assert outcome.code == 1
    assert outcome.lines[0] == {"event": "state", "service": "redis", "state": "starting"}
    assert (outcome.lines[-1]["event"], "was not ready in time" in outcome.lines[-1]["message"]) == (
        "error",
        True,
    )


async def test_models_are_told_to_people_and_programs(url):
    people, programs = await asyncio.gather(weaver(url, "models"), weaver(url, "models", "--json"))

    assert people.out == "storybook: any size; at most 8 pictures and 4 references\n"
    (model,) = programs.lines
    assert (model["id"], model["most_images"], model["most_references"]) == ("storybook", 8, 4)


async def test_nobody_there_is_exit_3_with_what_to_do():
    outcome = await weaver("http://127.0.0.1:9", "status")
    assert (outcome.code, outcome.out) == (3, "")
    assert "No gateway answers at http://127.0.0.1:9." in outcome.err
    assert "weaver up" in outcome.err


async def test_a_refusal_is_exit_4_and_json_names_the_field(url):
    outcome = await weaver(url, "ask", "A story", "--size", "9000x9000", "--json")
    (error,) = outcome.lines
    assert outcome.code == 4
    assert (error["event"], error["kind"], error["status"], error["field"]) == (
        "error",
        "InvalidRequest",
        400,
        "size",
    )
    assert error["message"].startswith("`size` is 9000x9000")
    assert "`--size` is 9000x9000" in outcome.err


async def test_a_gateway_with_keys_says_where_to_put_one(redis, planner):
    async with serving(redis, planner, Pool(redis), api_keys={"secret": "acme"}) as url:
        stranger = await weaver(url, "models")
        known = await weaver(url, "models", WEAVER_API_KEY="secret")
    assert (stranger.code, known.code) == (4, 0)
    assert "WEAVER_API_KEY" in stranger.err
    assert known.out.startswith("storybook: ")


async def test_a_picture_that_does_not_come_is_exit_5_and_the_text_stands(redis, planner, tmp_path):
    async with serving(redis, planner, HeldPool(redis, fails=(1,), held=False)) as url:
        outcome = await weaver(url, "ask", "A story", "-o", str(tmp_path / "story.html"))
    assert outcome.code == 5
    assert "Did not come: img2." in outcome.err
    assert "Then the sea." in outcome.out
    assert "This picture did not come." in (tmp_path / "story.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "why"), [("story.md", "story-pictures: File exists."), ("full.html", "No space left on device.")]
)
async def test_a_file_that_cannot_be_written_is_said_with_how_to_have_the_answer(url, tmp_path, name, why):
    (tmp_path / "story-pictures").write_text("in the way")
    (tmp_path / "full.html").symlink_to("/dev/full")
    outcome = await weaver(url, "ask", "A story", "-o", str(tmp_path / name))
    told = await weaver(url, "ask", "A story", "-o", str(tmp_path / name), "--json")
    kept = re.search(r"weaver resume (resp_\w+) -o", outcome.err)

    assert (outcome.code, told.code) == (1, 1)
    assert why in outcome.err
    assert "Traceback" not in outcome.err
    assert (told.lines[-1]["event"], told.lines[-1]["kind"]) == ("error", "OSError")
    assert kept is not None
    assert (await weaver(url, "resume", kept[1], "-o", str(tmp_path / "kept.html"))).code == 0


async def test_an_answer_that_fails_is_exit_1(redis):
    async with serving(redis, Planner(*STORY[:2], PlanFailed(code="engine_failed")), Pool(redis)) as url:
        outcome = await weaver(url, "ask", "A story")
    assert outcome.code == 1
    assert outcome.out.startswith("Once. A fox.")
    assert "The answer failed: " in outcome.err


async def test_an_answer_in_the_background_is_found_again_and_cancelled_by_its_id(redis, planner):
    pool = HeldPool(redis)
    async with serving(redis, planner, pool) as url:
        left = await weaver(url, "ask", "A story", "--background")
        response_id = left.out.strip()
        await eventually(lambda: pool.jobs)
        cancelled = await weaver(url, "cancel", response_id)
        twice = await weaver(url, "cancel", response_id, "--json")
        pool.goes_on.set()
        second = (await weaver(url, "ask", "A story", "--background", "--json")).lines[0]["response_id"]
        whole = await weaver(url, "resume", second)

    assert left.code == 0
    assert f"weaver resume {response_id}" in left.err
    assert cancelled.out == f"{response_id} is cancelled; 0 of 2 pictures were drawn.\n"
    assert twice.lines[0]["status"] == "cancelled"
    assert (whole.code, whole.out.startswith("Once. A fox.")) == (0, True)


async def test_the_status_is_told_to_people_and_programs_and_is_exit_1_if_nothing_can_be_asked(url, planner):
    people, programs = await asyncio.gather(weaver(url, "status"), weaver(url, "status", "--json"))
    assert (people.code, programs.code) == (0, 0)
    assert "none is alive; pictures wait for one" in people.out
    assert programs.lines[0]["pool"]["waiting"] == {"interactive": 0, "batch": 0, "returned": 0, "near": 0}

    planner.is_ready = False
    away = await weaver(url, "status")
    assert away.code == 1
    assert "does not answer" in away.out


async def test_the_operator_makes_a_key_in_words_for_scripts_and_revokes_it(redis, planner):
    operator = {"WEAVER_ADMIN_KEY": "an-operator's-own-key"}
    async with serving(redis, planner, Pool(redis), admin_key="an-operator's-own-key") as url:
        made = await weaver(url, "keys", "make", "acme", "the shop", "--share", "2", **operator)
        (listed,) = (await weaver(url, "keys", "list", "--json", **operator)).lines
        as_tenant = {"WEAVER_API_KEY": made.out.strip()}
        models = await weaver(url, "models", **as_tenant)
        revoked = await weaver(url, "keys", "revoke", listed["id"], **operator)
        refused = await weaver(url, "models", **as_tenant)
        strange = await weaver(url, "keys", "list", WEAVER_ADMIN_KEY="somebody-else's-key")

    assert (made.code, models.code, revoked.code) == (0, 0, 0)
    assert (listed["tenant"], listed["limits"], listed["word"]) == ("acme", {"share": 2}, None)
    assert (refused.code, strange.code) == (4, 4)
