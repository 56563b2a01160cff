"""What a stopwatch does not tell about the engine: steps after a cancel, ticks until a join, how long a GPU stood idle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile

from bench.contenders import Contender
from bench.tasks import Tasks
from visualizer_service.engine.loop import StepLoop
from visualizer_service.engine.seam import Drawn, EngineEvent, Stepped, Task


def cancel_steps(engine: StepLoop[Any], tasks: Tasks) -> int:
    """Steps that a task still takes after `drop`, and ticks until its row is free; it shares its calls with another task."""
    given = tasks.make(2, 0, shared=True)
    for task in given:
        engine.admit(task)
    engine.tick()
    room = engine.room()
    engine.drop(given[0].id)
    ticks_to_room = 0
    while engine.room() != room + 1:
        engine.tick()
        ticks_to_room += 1
    return max(ticks_to_room, _steps_of(given[0], _rest(engine, given[1])))


def join_ticks(engine: StepLoop[Any], tasks: Tasks) -> int:
    """Ticks from `admit`, while another task runs, to the end of the newcomer's first step."""
    running, newcomer = tasks.make(2, 0, shared=True)
    engine.admit(running)
    engine.tick()
    engine.admit(newcomer)
    ticks = 1
    while not _steps_of(newcomer, engine.tick()):
        ticks += 1
    _rest(engine, newcomer)
    return ticks


def idle_share(engine: Contender, tasks: Sequence[Task]) -> float:
    """Share of the run in which no kernel ran on the GPU, by torch's profiler; streams that overlap count once each."""
    with profile(activities=[ProfilerActivity.CUDA]) as trace:
        drawing = engine.draw(tasks)
        torch.cuda.synchronize()
    busy_s = sum(event.self_device_time_total for event in trace.key_averages()) / 1e6
    return max(0.0, 1 - busy_s / drawing.wall_s) if drawing else 1.0


def _rest(engine: StepLoop[Any], last: Task) -> list[EngineEvent]:
    """Everything until the last task is drawn."""
    events: list[EngineEvent] = []
    while not any(isinstance(event, Drawn) and event.id == last.id for event in events):
        events += engine.tick()
    return events


def _steps_of(task: Task, events: Sequence[EngineEvent]) -> int:
    return sum(isinstance(event, Stepped) and event.id == task.id for event in events)
