"""What a plan costs over the bare engine: tokens a second of plans over HTTP, divided by those of vLLM alone, eight at a time.

`python -m bench.planning [MODEL]`. One engine serves both, by turns, so that whatever else the machine does meets both alike. Plans are read
by another process, as a gateway's would. Beside the rates by the clock stand those by processor time of the service and the engine, which a
busy machine disturbs less.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import asynccontextmanager
from functools import cache, partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

import psutil
import uvicorn
import uvloop
from prometheus_client import CollectorRegistry

from planner_service.client import Planner
from planner_service.engines import cpu
from planner_service.language.bounds import language_of
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.routes import build_app
from planner_service.settings import Settings
from planner_service.wire import Message, PlanDone, PlanRequest, TextPart

if TYPE_CHECKING:
    from planner_service.engines.engine import VllmBackend

STORYBOOK = "models/storybook/planner"
STREAMS = 8
EACH = 16
ROUNDS = 16
"""Short ones, and many: on a machine that others share, the engine by itself is a tenth faster in one second than in the next."""
BAR = 0.97
SAMPLING: Final[dict[str, Any]] = {"temperature": 0.3, "top_p": 0.95}
"""As storybook's own defaults, so that both write the same kind of text."""


async def measure(model: str) -> None:
    """Print both rates and their ratio."""
    cpu.prepare_environment()
    # Only now: importing vLLM reads the environment.
    from planner_service.engines.engine import VllmBackend

    # Before the engine, which is not for it to inherit.
    with ProcessPoolExecutor(1, get_context("spawn")) as reader:
        reader.submit(time.time).result()
        backend = await VllmBackend.start(Settings(model=model))
        try:
            async with served(backend) as url:
                ratios = await compare(backend, reader, url)
        finally:
            await backend.close()
    by_clock, by_processor = (statistics.median(values) for values in zip(*ratios, strict=True))
    print(f"plans ÷ engine: {by_clock:.3f} by the clock, {by_processor:.3f} by processor time (bar {BAR})")


async def compare(backend: VllmBackend, reader: Executor, url: str) -> list[tuple[float, float]]:
    """The rate of plans over that of the engine, by the clock and by processor time, of each round."""
    loop = asyncio.get_running_loop()
    ratios: list[tuple[float, float]] = []
    for number in range(ROUNDS):
        ways: dict[str, Callable[[], Awaitable[int]]] = {
            "engine": partial(all_of, partial(free, backend), number),
            "plans": partial(loop.run_in_executor, reader, partial(read_plans, url, number)),
        }
        # Whoever comes second finds another machine, so they take turns in that, too.
        rate = {name: await rates(ways[name]()) for name in sorted(ways, reverse=number % 2 == 1)}
        engine, plans = rate["engine"], rate["plans"]
        ratios.append((plans[0] / engine[0], plans[1] / engine[1]))
        print(f"engine {engine[0]:.0f}, plans {plans[0]:.0f} tokens/s", flush=True)
    return ratios


def read_plans(url: str, number: int) -> int:
    """The tokens of a round of plans; it runs in a process of its own."""
    runner, planner = _client(url)
    return runner.run(all_of(partial(plan, planner), number))


@cache
def _client(url: str) -> tuple[asyncio.Runner, Planner]:
    """A client that lasts as long as its process, as a gateway's does."""
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    return runner, runner.run(Planner(url).__aenter__())


async def plan(planner: Planner, request: PlanRequest) -> int:
    """The tokens of a plan over HTTP."""
    async for event in planner.plan(request):
        if isinstance(event, PlanDone):
            return event.usage.output_tokens
    raise AssertionError("a plan without an end")


async def free(backend: VllmBackend, request: PlanRequest) -> int:
    """The tokens of the engine alone, which writes what it likes."""
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    prompt = await backend.open(request, language_of(request))
    sampling = SamplingParams(
        **SAMPLING,
        seed=request.seed,
        max_tokens=request.max_output_tokens,
        output_kind=RequestOutputKind.DELTA,
    )
    written = 0
    async for output in backend.generate(prompt.input, sampling, f"free-{request.id}"):
        written += len(output.outputs[0].token_ids)
    return written


async def all_of(write: Callable[[PlanRequest], Awaitable[int]], number: int) -> int:
    """The tokens of a round."""
    gate = asyncio.Semaphore(STREAMS)

    async def one(request: PlanRequest) -> int:
        async with gate:
            return await write(request)

    return sum(await asyncio.gather(*(one(story(f"{number}-{index}", index)) for index in range(EACH))))


async def rates(tokens: Awaitable[int]) -> tuple[float, float]:
    """Tokens of a round for each second that passed, and for each that processors worked."""
    began, worked_s = time.perf_counter(), processor_s()
    written = await tokens
    return written / (time.perf_counter() - began), written / (processor_s() - worked_s)


def processor_s() -> float:
    """What this process and the engine's have used, the reader's left out."""
    this = psutil.Process()
    engine = [child for child in this.children(recursive=True) if "EngineCore" in child.name()]
    times = [process.cpu_times() for process in (this, *engine)]
    return sum(each.user + each.system for each in times)


def story(name: str, index: int) -> PlanRequest:
    """A request for two to five pictures."""
    count = 2 + index % 4
    said = Message(role="user", content=(TextPart(text=f"A story about a fox in {count} pictures"),))
    return PlanRequest(
        id=name, messages=(said,), mode="interleaved", least_images=count, most_images=count, seed=index
    )


@asynccontextmanager
async def served(backend: object) -> AsyncIterator[str]:
    """The service's address while it runs in this process."""
    metrics = Metrics(CollectorRegistry())
    app = build_app(backend, Plans(backend, metrics, 300), metrics)  # pyright: ignore[reportArgumentType]
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield "http://{}:{}".format(*listener.getsockname())
        finally:
            server.should_exit = True
            await serving


if __name__ == "__main__":
    uvloop.run(measure(sys.argv[1] if len(sys.argv) > 1 else STORYBOOK))
