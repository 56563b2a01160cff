"""What a painter is told of its references, by the words of its model."""

from __future__ import annotations

import pytest

from gateway.answer.folding import fold
from gateway.answer.plan import plan_request
from gateway.answer.request import KnownPicture, Request
from gateway.answer.stitch import stitch
from gateway.answer.stitching.legend import MOST_CHARS, with_legend
from tests.fakes import LIMITS, PLAN_DONE, FakeBlobs, FakePool, ScriptedPlanner, ask, blob, slot
from tests.unit.gateway.answer.stitching import now
from tests.virtual_time import in_virtual_time

FOX = "A small red fox with a blue scarf, sitting on a stone. It rains."


@pytest.mark.parametrize(
    ("name", "known", "told"),
    [
        ("img1", FOX, "Image 1: A small red fox with a blue scarf, as drawn before."),
        ("img1", None, "Image 1: as drawn before."),
        ("in1", "my cat", "Image 1: my cat, as the user sent it."),
        ("in2", None, "Image 1: as the user sent it."),
        ("img1", "一只红色的小狐狸。坐在石头上。", "Image 1: 一只红色的小狐狸, as drawn before."),
        ("img1", "पहाड़ी पर एक लोमड़ी। बारिश हो रही है।", "Image 1: पहाड़ी पर एक लोमड़ी, as drawn before."),
    ],
)
def test_a_reference_is_called_by_what_it_shows_and_where_it_comes_from(
    name: str, known: str | None, told: str
):
    assert with_legend("The sea.", [(name, known)], "Image {number}") == f"The sea. {told}"


@pytest.mark.parametrize("description", ["The sea!", "大海。", "समुद्र।", "البحر؟"])
def test_a_description_that_ends_gets_no_other_end(description: str):
    assert with_legend(description, [("in1", None)], "Image {number}").startswith(f"{description} Image 1")


def test_a_long_phrase_is_cut_after_a_word():
    legend = with_legend("", [("img1", "word " * 99)], "Picture {number}")
    assert len(legend) < MOST_CHARS + 40
    assert legend.endswith("word word, as drawn before.")


async def drawn(cites: str | None, request: Request, *script: object) -> list[str]:
    planner, pool = ScriptedPlanner(*script), FakePool()  # pyright: ignore[reportArgumentType]
    plan = await plan_request(request, await planner.model(), FakeBlobs())
    limits = LIMITS.model_copy(update={"cites": cites})
    events = [event async for event in stitch(request, plan, planner, pool, limits, now)]
    assert [picture.description for picture in fold(events).pictures] == ["a fox at sea", "a fox asleep"]
    return [job.description for job in pool.jobs]


SCRIPT = (
    slot(0, "in1", description="a fox at sea"),
    slot(1, "img1", "in1", description="a fox asleep"),
    PLAN_DONE,
)
REQUEST = ask(pictures=(KnownPicture("in1", blob("in1"), "my fox"),))


@in_virtual_time
async def test_jobs_bear_a_legend_and_the_answer_does_not():
    assert await drawn("Image {number}", REQUEST, *SCRIPT) == [
        "a fox at sea. Image 1: my fox, as the user sent it.",
        "a fox asleep. Image 1: a fox at sea, as drawn before. Image 2: my fox, as the user sent it.",
    ]


@in_virtual_time
async def test_a_model_that_was_trained_without_gets_the_description_alone():
    assert await drawn(None, REQUEST, *SCRIPT) == ["a fox at sea", "a fox asleep"]
