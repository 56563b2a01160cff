"""What a plan costs over the bare engine: tokens a second of plans over HTTP, divided by those of vLLM alone, eight at a time.

`python -m bench.planning [MODEL]`. One engine serves both, by turns, so that whatever else the machine does meets both alike.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import uvicorn
from prometheus_client import CollectorRegistry

from planner_service import cpu
from planner_service.client import Planner
from planner_service.language import language_of
from planner_service.metrics import Metrics
from planner_service.plans import Plans
from planner_service.routes import build_app
from planner_service.settings import Settings
from planner_service.wire import Message, PlanDone, PlanRequest, TextPart

STORYBOOK = "models/storybook/planner"
STREAMS = 8
EACH = 16
ROUNDS = 5
BAR = 0.97
SAMPLING = {"temperature": 0.3, "top_p": 0.95}
"""As storybook's own defaults, so that both write the same kind of text."""


async def measure(model: str) -> None:
    """Print both rates and their ratio."""
    cpu.prepare_environment()
    # Only now: importing vLLM reads the environment.
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    from planner_service.engine import VllmBackend

    backend = await VllmBackend.start(Settings(model=model))
    try:
        async with served(backend) as url, Planner(url) as planner:

            async def plan(request: PlanRequest) -> int:
                async for event in planner.plan(request):
                    if isinstance(event, PlanDone):
                        return event.usage.output_tokens
                raise AssertionError("a plan without an end")

            async def free(request: PlanRequest) -> int:
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

            rates: dict[str, list[float]] = {"plans": [], "engine": []}
            for number in range(ROUNDS):
                rates["engine"].append(await rate(free, number))
                rates["plans"].append(await rate(plan, number))
                print(*(f"{name} {values[-1]:.0f}" for name, values in rates.items()), "tokens/s", flush=True)
    finally:
        await backend.close()
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratio = statistics.median(a / b for a, b in zip(rates["plans"], rates["engine"], strict=True))
    print(f"engine {medians['engine']:.0f} tokens/s, plans {medians['plans']:.0f} tokens/s")
    print(f"plans ÷ engine {ratio:.3f} (bar {BAR})")


async def rate(write: Callable[[PlanRequest], Awaitable[int]], number: int) -> float:
    """Tokens a second of a round."""
    gate = asyncio.Semaphore(STREAMS)

    async def one(request: PlanRequest) -> int:
        async with gate:
            return await write(request)

    began = time.perf_counter()
    tokens = await asyncio.gather(*(one(story(f"{number}-{index}", index)) for index in range(EACH)))
    return sum(tokens) / (time.perf_counter() - began)


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
    asyncio.run(measure(sys.argv[1] if len(sys.argv) > 1 else STORYBOOK))
