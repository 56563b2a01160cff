"""`weaver fill`: a document gets the pictures that it describes, and gets them anew where the description changes."""

import pytest

from tests.integration.gateway.gateway_app import Pool, gateway, listening, png
from tests.integration.gateway.held import HeldPool
from tests.integration.weaver.terminal import weaver

pytestmark = pytest.mark.integration

STORY = "# A fox\n\n![A fox at the sea]()\n\nThen.\n\n![The fox asleep]()\n"


@pytest.fixture(autouse=True)
def everything_is_put_into_the_tests_own_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


async def test_each_description_gets_its_picture_and_only_changed_ones_get_another(redis, planner, tmp_path):
    pool = Pool(redis)
    story = tmp_path / "my story.md"
    story.write_text(STORY)
    async with gateway(redis, planner, pool) as app, listening(app) as url:
        first = await weaver(url, "fill", str(story), "--seed", "3")
        filled = story.read_text()
        again = await weaver(url, "fill", str(story))
        story.write_text(filled.replace("asleep", "awake"))
        changed = await weaver(url, "fill", str(story), "--json")

    assert (first.code, again.code, changed.code) == (0, 0, 0)
    assert [job.description for job in pool.jobs] == ["A fox at the sea", "The fox asleep", "The fox awake"]
    assert planner.asked == []
    assert "Nothing to draw" in again.err
    assert pool.jobs[0].seed == 3
    assert [len(job.references) for job in pool.jobs] == [0, 1, 1], "the first guides the others"
    (told,) = changed.lines
    assert (told["description"], told["path"] in first.out) == ("The fox awake", False)
    assert filled.startswith("# A fox\n\n![A fox at the sea](my%20story-pictures/picture-")
    assert sorted(path.read_bytes() for path in (tmp_path / "my story-pictures").iterdir()) == [png(0)] * 3


async def test_a_document_whose_name_is_no_text_is_filled_and_its_pictures_are_named(
    redis, planner, tmp_path
):
    story = tmp_path / "caf\udce9.md"
    story.write_text("![A fox at the sea]()\n")
    strict = {"PYTHONIOENCODING": "utf-8:strict"}
    async with gateway(redis, planner, Pool(redis)) as app, listening(app) as url:
        people = await weaver(url, "fill", str(story), **strict)
        story.write_text("![A fox asleep]()\n")
        programs = await weaver(url, "fill", str(story), "--json", **strict)

    assert (people.code, programs.code) == (0, 0)
    assert (programs.lines[0]["path"], story.read_text()[:25]) == (
        str(
            next(path for path in (tmp_path / "caf\udce9-pictures").iterdir() if str(path) not in people.out)
        ),
        "![A fox asleep](caf%E9-pi",
    )


async def test_a_document_that_cannot_be_written_is_named(redis, planner, tmp_path):
    story = tmp_path / "story.md"
    story.write_text(STORY)
    (tmp_path / "story-pictures").write_text("in the way")
    async with gateway(redis, planner, Pool(redis)) as app, listening(app) as url:
        outcome = await weaver(url, "fill", str(story))

    assert outcome.code == 1
    assert outcome.err.endswith("story-pictures: File exists.\n")


async def test_a_picture_that_does_not_come_is_left_to_be_drawn_and_ends_with_5(redis, planner, tmp_path):
    story = tmp_path / "story.md"
    story.write_text(STORY)
    async with gateway(redis, planner, HeldPool(redis, fails=(0,), held=False)) as app, listening(app) as url:
        outcome = await weaver(url, "fill", str(story), "--apart")

    assert outcome.code == 5
    assert "2 of 2 did not come; the same command tries them again." in outcome.err
    assert story.read_text() == STORY
