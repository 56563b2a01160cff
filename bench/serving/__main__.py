"""Serving, measured on real processes: Redis, the planner service, gateways and visualizers; only what a model would do is simulated.

Run `python -m bench.serving`. A scripted language model writes at a set pace, simulated engines wait instead of computing, and all
else is as it is in service. It writes `out/bench-serving.json`, prints the figures and a line for each goal, and takes a few minutes.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from bench.report import processor, report
from bench.serving import (
    cancelling,
    dispatch,
    killing,
    neighbours,
    overhead,
    overlap,
    overload,
    restarting,
    scaling,
    stitching,
    streaming,
)
from bench.serving.bars import AGAINST_RIVALS, BARS
from bench.serving.bed import Bed, bed
from bench.serving.crowd import large
from bench.serving.crowd import measure as crowd
from deploy.local.supervisor import NotReady
from visualizer_service.engine.simulated import Simulation

DIRECTORY = Path("out/bench-serving")
QUICK = Simulation(steps=1, step_ms=20, sizes=((512, 512), (stitching.SIDE_PX, stitching.SIDE_PX)))
"""Where serving is all that there is to wait for."""
STEADY = Simulation(steps=20, step_ms=50, sizes=((512, 512),))
"""A picture a second."""
LARGE = STEADY.model_copy(update={"slots": 8, "together": 1})
"""Pictures so large that none gains by company."""
BEYOND_THE_WORKERS = 2
"""How many answers more than it has workers the gateway takes before it refuses, so that no worker waits for one."""


def main() -> None:
    """Measure, print, write; whatever was started is stopped, however this ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    about = {
        "device": f"{os.cpu_count()} cores of {processor()}",
        "load_before": round(os.getloadavg()[0], 2),
        "python": sys.version.split()[0],
    }
    # What is measured is not how long this process searches itself for garbage.
    gc.freeze()
    began = time.monotonic()
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    try:
        with bed(DIRECTORY) as made:
            figures = _quick(made) | _large(made) | _steady(made) | _crowded(made) | _shared(made)
            _say("a crowd of readers")
            figures |= crowd.measure(made)
    except NotReady as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("stopped")
    has_rivals = AGAINST_RIVALS[0].key in figures
    figures["took_s"] = time.monotonic() - began
    report("serving", figures, about, (*BARS, *(AGAINST_RIVALS if has_rivals else ())))


def _quick(made: Bed) -> dict[str, float]:
    """What concerns single pictures that are drawn at once: half of our own dispatches before the rivals, half after."""
    with ExitStack() as running:
        front = running.enter_context(made.gateway("quick"))
        running.enter_context(made.visualizers("quick", 1, QUICK))
        _say("dispatch")
        times = asyncio.run(dispatch.measure(front.url))
        rivals = dispatch.measure_rivals(made)
        times += asyncio.run(dispatch.measure(front.url))
        _say("stitch and text gap")
        return dispatch.figures(times, rivals) | asyncio.run(stitching.measure(front.url))


def _large(made: Bed) -> dict[str, float]:
    """Readers of an answer that is large."""
    with (
        made.gateway("large", WRITE_S=large.WRITE_S, MOST_CONNECTIONS_PER_ADDRESS=200) as front,
        made.visualizers("large", 1, QUICK),
    ):
        _say("readers of large pictures")
        return asyncio.run(large.measure(front))


def _steady(made: Bed) -> dict[str, float]:
    """What concerns a pool, which grows from one worker to eight."""
    figures: dict[str, float] = {}
    speeds: dict[int, float] = {}
    with ExitStack() as running:
        front = running.enter_context(made.gateway("steady"))
        fleets = [running.enter_context(made.visualizers("steady", 1, STEADY))]
        _say("overhead")
        figures |= asyncio.run(overhead.measure(front.url, STEADY))
        _say("cancel")
        figures |= asyncio.run(cancelling.measure(made, front.url, "steady", STEADY))
        for workers, more in ((1, 0), (2, 1), (4, 2)):
            if more:
                fleets.append(running.enter_context(made.visualizers("steady", more, STEADY)))
            _say(f"scale-out, {workers} workers")
            speeds[workers] = asyncio.run(scaling.images_per_s(front.url, workers))
        _say("overlap")
        figures |= asyncio.run(overlap.measure(made, front.url, "steady"))
        _say("overload")
        most = 4 + BEYOND_THE_WORKERS
        with made.gateway("steady", MOST_RESPONSES=most) as small:
            figures |= asyncio.run(overload.measure(small.url, most))
        _say("restart of all workers")
        figures |= asyncio.run(restarting.measure(front.url, fleets))
        running.enter_context(made.visualizers("steady", 4, STEADY))
        _say("scale-out, 8 workers")
        speeds[8] = asyncio.run(scaling.images_per_s(front.url, 8))
        _say("streams")
        figures |= asyncio.run(streaming.measure(front))
        _say("killed workers")
        figures |= asyncio.run(killing.measure(front.url))
    return figures | scaling.figures(speeds)


def _crowded(made: Bed) -> dict[str, float]:
    """How close workers that take in more than they can draw side by side come to the ideal, in which each draws as many: a hoard shows here."""
    with (
        made.gateway("crowded") as front,
        made.visualizers("crowded", scaling.CROWDED_WORKERS, LARGE),
    ):
        _say(f"scale-out with {LARGE.slots} slots")
        took_s = asyncio.run(scaling.crowd_s(front.url))
    ideal_s = scaling.CROWDED_EACH * LARGE.steps * LARGE.step_ms / 1000
    return {"scale.crowded": ideal_s / took_s}


def _shared(made: Bed) -> dict[str, float]:
    """Two tenants at one pool."""
    with (
        made.gateway("shared", **neighbours.SETTINGS) as front,
        made.visualizers("shared", neighbours.WORKERS, STEADY),
    ):
        _say("a greedy neighbour")
        return asyncio.run(neighbours.measure(front.url))


def _say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


if __name__ == "__main__":
    main()
