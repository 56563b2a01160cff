"""What each event of the plan makes happen in the answer."""

from __future__ import annotations

from gateway.answer import events as ev
from gateway.answer.events import GatewayEvent
from gateway.answer.failures import PLAN_FAILURES
from gateway.answer.stitching.state import AnswerState
from planner_service.wire import (
    CastTold,
    PlanDone,
    PlanEvent,
    PlanFailed,
    ReasoningDelta,
    Slot,
    SlotOpen,
    TextDelta,
)


def on_plan(answer: AnswerState, event: PlanEvent, at: float) -> list[GatewayEvent]:
    """Take the plan's next event."""
    if isinstance(event, PlanDone) and event.finish_reason == "picture":
        answer.is_paused = True
        return [*answer.text.end(at), ev.PlanPaused(at=at)]
    if answer.is_paused:
        answer.is_paused = False
        return [ev.PlanResumed(at=at), *on_plan(answer, event, at)]
    if isinstance(event, ReasoningDelta):
        return answer.thoughts.think(event.text, at) if answer.request.thoughts != "never" else []
    return [*answer.thoughts.end(at), *_written(answer, event, at)]


def _written(answer: AnswerState, event: PlanEvent, at: float) -> list[GatewayEvent]:
    text, pictures = answer.text, answer.pictures
    match event:
        case TextDelta():
            return text.write(event.text, at)
        case SlotOpen():
            return [*text.end(at), *pictures.open(event.index, at)]
        case Slot():
            return [*text.end(at), *pictures.describe(event, at)]
        case CastTold():
            return [ev.CastTold(at=at, figures=event.figures, style=event.style)]
        case PlanDone():
            answer.ending = event
            reason = "length" if event.finish_reason == "length" else "stop"
            ended = ev.PlanEnded(at=at, finish_reason=reason, usage=event.usage)
            return [*text.end(at), *pictures.abandon(at), ended]
        case PlanFailed():
            answer.ending = event
            return [*text.end(at), *pictures.abandon(at)]
        case ReasoningDelta():
            return []


def last_event(answer: AnswerState) -> GatewayEvent:
    """How the answer ends, once its plan and all its pictures have."""
    at = answer.clock()
    match answer.ending:
        case PlanFailed() as failed:
            return ev.ResponseFailed(at=at, code=f"planner_{failed.code}", message=why(failed))
        case PlanDone(finish_reason="length"):
            return ev.ResponseIncomplete(at=at)
        case _:
            return ev.ResponseCompleted(at=at)


def why(failed: PlanFailed) -> str:
    """Why a plan failed, in words for the client."""
    return failed.message or PLAN_FAILURES[failed.code]
