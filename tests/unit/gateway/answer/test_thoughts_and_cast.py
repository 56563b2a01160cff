"""What a planner thinks and settles before it writes: told where asked for, never part of the text, kept through a takeover."""

from __future__ import annotations

import pytest

from gateway.answer import events as ev
from gateway.answer.conversation import Conversation
from gateway.answer.document import Document, Picture, Text, Thought
from gateway.answer.event_budget import THOUGHTS_BYTES, EventBudget
from gateway.answer.events import ResponseCancelled
from gateway.answer.folding import closing_events, fold
from gateway.answer.plan import plan_request
from gateway.answer.stitch import stitch
from gateway.answer.stitching.state import Start
from planner_service.wire import CastTold, Figure, PlanEvent, ReasoningDelta
from tests.fakes import LIMITS, PLAN_DONE, FakeBlobs, FakePool, ScriptedPlanner, ask, says, slot
from tests.unit.gateway.answer.stitching import answer, now
from tests.virtual_time import in_virtual_time

RUSTY = Figure(name="Rusty", looks="a small red fox")
TOLD = CastTold(figures=(RUSTY,), style="soft watercolour")
SCRIPT: list[PlanEvent] = [
    ReasoningDelta(text="\nA fox, "),
    ReasoningDelta(text="then the sea."),
    TOLD,
    says("Once."),
    *slot(0),
    says("The end."),
    PLAN_DONE,
]


@in_virtual_time
async def test_thoughts_are_an_item_before_the_text_where_they_are_asked_for():
    document = fold(await answer(ScriptedPlanner(SCRIPT), FakePool(), ask(thoughts="as_text")))
    assert document.items[0] == Thought(0, "A fox, then the sea.", done=True)
    assert [item.text for item in document.items if isinstance(item, Text)] == ["Once.", "The end."]
    assert [item.item for item in document.items] == [0, 1, 2, 3]


@in_virtual_time
async def test_thoughts_that_nobody_asked_for_are_not_told():
    document = fold(await answer(ScriptedPlanner(SCRIPT), FakePool()))
    assert [item.text for item in document.items if not isinstance(item, Picture)] == ["Once.", "The end."]


@in_virtual_time
async def test_the_answer_knows_its_cast_and_its_style():
    document = fold(await answer(ScriptedPlanner(SCRIPT), FakePool()))
    assert (document.cast, document.style) == ((RUSTY,), "soft watercolour")


@in_virtual_time
async def test_a_cast_is_kept_for_the_next_turn():
    document = fold(await answer(ScriptedPlanner(SCRIPT), FakePool()))
    later = Conversation.after(ask(), document)
    assert (later.cast, later.style) == ((RUSTY,), "soft watercolour")


@in_virtual_time
async def test_the_clients_own_cast_is_kept_for_the_next_turn_if_the_planner_settles_nothing():
    request = ask(cast=(RUSTY,), style="ink")
    document = fold(await answer(ScriptedPlanner(says("Once."), PLAN_DONE), FakePool(), request))
    later = Conversation.after(request, document)
    assert (later.cast, later.style) == ((RUSTY,), "ink")


@in_virtual_time
async def test_a_planner_that_goes_on_gets_the_cast_that_was_settled_and_half_thoughts_are_closed():
    begun = [
        ev.ResponseStarted(at=1),
        ev.CastTold(at=1, figures=(RUSTY,), style="soft watercolour"),
        ev.ThoughtStarted(at=1, item=0),
        ev.ThoughtDelta(at=1, item=0, text="A fox"),
    ]
    planner, request = ScriptedPlanner(says("Once."), PLAN_DONE), ask(thoughts="as_text")
    plan = await plan_request(request, await planner.model(), FakeBlobs())
    start = Start(fold(begun))
    rest = [event async for event in stitch(request, plan, planner, FakePool(), LIMITS, now, start)]
    document = fold([*begun, *rest])
    assert (planner.asked[0].cast, planner.asked[0].style) == ((RUSTY,), "soft watercolour")
    assert document.items == (Thought(0, "A fox", done=True), Text(1, "Once.", done=True))


async def test_a_planner_is_asked_for_a_cast_where_several_pictures_may_come():
    model = await ScriptedPlanner().model()
    assert (await plan_request(ask(cast=(RUSTY,), style="ink"), model, FakeBlobs())).cast == (RUSTY,)
    requests = [ask(), ask(most_images=1), ask(mode="text")]
    asked = [await plan_request(request, model, FakeBlobs()) for request in requests]
    assert [one.preamble for one in asked] == [True, False, False]


def test_an_answer_that_ends_early_closes_its_thoughts():
    begun = fold([ev.ThoughtStarted(at=1, item=0), ev.ThoughtDelta(at=1, item=0, text="Hm")])
    assert fold(closing_events(begun, ResponseCancelled(at=2)), begun).items == (Thought(0, "Hm", done=True),)


@pytest.mark.parametrize("kind", [ev.ThoughtDelta, ev.ThoughtDone])
def test_thoughts_of_an_item_that_is_none_change_nothing(kind: type[ev.ThoughtDelta]):
    document = fold([ev.TextStarted(at=1, item=0)], Document())
    assert fold([kind(at=2, item=0, text="x")], document) == document


def test_long_thoughts_leave_the_answer_its_room_where_events_are_bounded():
    budget = EventBudget(ask(delivery="url", thoughts="as_text"))
    long = ReasoningDelta(text="a" * THOUGHTS_BYTES)
    assert [budget.fitted(long), budget.fitted(long)] == [long, None]
    assert budget.fitted(says("Once.")) == says("Once.")
    assert budget.fitted(PLAN_DONE) == PLAN_DONE
