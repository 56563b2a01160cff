"""A plan that one planner began and another goes on with."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

import pytest

from gateway.answer.document import Document, Picture, Text
from gateway.answer.folding import fold
from gateway.answer.written import WrittenPlan
from planner_service.wire import PlanDone, PlanEvent, PlanFailed, PlanRequest, SlotOpen, TextPart
from tests.fakes import PLAN_DONE, FakePool, ScriptedPlanner, ask, says, slot
from tests.unit.gateway.answer.stitching import answer
from tests.virtual_time import in_virtual_time

LOST = PlanFailed(code="engine_failed")


class Planners(ScriptedPlanner):
    """Each is asked once, and says its own script whatever is written already."""

    def __init__(self, *scripts: Sequence[PlanEvent]) -> None:
        super().__init__()
        self._scripts = list(scripts)

    async def plan(self, request: PlanRequest) -> AsyncGenerator[PlanEvent]:
        self.asked.append(request)
        try:
            for event in self._scripts.pop(0):
                yield event
        finally:
            self.closed += 1


async def told(planners: Planners) -> Document:
    return fold(await answer(planners, FakePool(), ask()))


def shown(document: Document) -> list[str]:
    return [
        item.text if isinstance(item, Text) else item.state
        for item in document.items
        if isinstance(item, Text | Picture)
    ]


@in_virtual_time
async def test_a_planner_lost_within_a_picture_is_followed_by_one_that_describes_it_first():
    planners = Planners(
        [says("One.\n"), SlotOpen(index=0), LOST],
        [*slot(0), PLAN_DONE],
        [says("\nTwo."), *slot(1), PLAN_DONE],
    )
    document = await told(planners)

    assert shown(document) == ["One.", "done", "Two.", "done"]
    assert document.state == "completed"
    described, rest = planners.asked[1:]
    assert (described.mode, described.least_images, described.most_images) == ("image", 1, 1)
    assert (rest.mode, rest.least_images, rest.most_images) == ("auto", 0, 8)
    assert [part.type for part in rest.written] == ["text", "picture"]
    assert document.usage is not None
    assert document.usage.output_tokens == 2 * PLAN_DONE.usage.output_tokens


@in_virtual_time
async def test_a_picture_that_was_opened_first_of_all_is_described_by_the_next_planner():
    planners = Planners([SlotOpen(index=0), LOST], [*slot(0), PLAN_DONE], [PLAN_DONE])
    assert shown(await told(planners)) == ["done"]


@in_virtual_time
async def test_a_planner_lost_once_more_after_the_picture_that_was_owed_is_followed_by_another():
    planners = Planners([says("One."), SlotOpen(index=0), LOST], [*slot(0), LOST], [says("Two."), PLAN_DONE])
    assert shown(await told(planners)) == ["One.", "done", "Two."]


@in_virtual_time
async def test_a_planner_that_does_not_describe_the_picture_that_is_owed_ends_the_answer():
    planners = Planners([says("One."), SlotOpen(index=0), LOST], [PLAN_DONE])
    assert shown(await told(planners)) == ["One.", "failed"]


def test_a_picture_that_is_owed_has_tokens_enough_to_be_described():
    written = WrittenPlan(PlanRequest(id="r", messages=ask().messages, max_output_tokens=40))
    for event in (says("A fox sat on a hill. " * 8), SlotOpen(index=0)):
        written.add(event)
    assert written.rest().max_output_tokens == 64
    written.add(slot(0)[1])
    assert written.rest().max_output_tokens == 1


def test_a_picture_that_another_gateway_left_open_is_owed():
    left = Document(items=(Text(item=0, text="One.", done=True), Picture(1, 0, "img1", opened_at=1)))
    plan = PlanRequest(id="r", messages=ask().messages)
    assert WrittenPlan.of(plan, left).rest().least_images == 1


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("Para one.\n\n", "\n\nPara two.", "Para one.\n\nPara two."),
        ("Para one. ", "\n\nPara two.", "Para one.\n\nPara two."),
        ("Para one.\n\n", "Para two.", "Para one.\n\nPara two."),
        ("Para one.", " Still para one.", "Para one. Still para one."),
    ],
)
def test_white_space_where_a_planner_was_lost_is_not_doubled(before: str, after: str, whole: str):
    @in_virtual_time
    async def run() -> None:
        document = await told(Planners([says(before), LOST], [says(after), PLAN_DONE]))
        assert shown(document) == [whole]

    run()


def test_white_space_between_pieces_of_one_planner_is_kept():
    written = WrittenPlan(PlanRequest(id="r", messages=ask().messages, pauses=True))
    pieces = ("\n", "One.", "\n", "\n", "Two. ", "\n")
    told = "".join(event.text for piece in pieces if (event := written.add(says(piece))).type == "text_delta")
    assert told == "\nOne.\n\nTwo."
    for event in (*slot(0), PlanDone(finish_reason="picture", usage=PLAN_DONE.usage)):
        written.add(event)
    assert written.rest().written[0] == TextPart(text="\nOne.\n\nTwo. \n")
