"""A crowd: what a token costs the gateway and the planner service, how late many streams become, and what many readers of one answer do to others.

Tokens say when they were sent, so what a reader sees of their age is all that lies between the model and it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Container, Iterator
from contextlib import contextmanager
from functools import partial

import httpx

from bench.serving.bed import Bed, Front
from bench.serving.crowd.process import cpu_s, reset_peak, resident_mb
from bench.serving.crowd.readers import Read, Reading
from bench.serving.figures import spread_ms
from bench.serving.script import Script
from deploy.local.services import DEFAULTS, HOST, Service, free_ports, python_service
from deploy.probe import succeeds
from visualizer_service.engine.simulated import Simulation

IDLE = Simulation(steps=1, step_ms=20, sizes=((512, 512),))
"""A gateway without a pool knows no sizes; nothing is drawn here."""
STREAMS, PACE_S, TOKENS = 400, 0.05, 300
READERS = 3000
ANSWER_S = 60
"""How long the answer goes on that is read by so many."""
COMING_S = 10.0
"""They come within."""
OTHERS = 10
"""Answers that are asked for once all of those have come."""
WARM_UP = 10
"""Streams before those that count: what a process does once is no part of what a token costs."""


@contextmanager
def teller(made: Bed) -> Iterator[str]:
    """Whoever tells the time; its address."""
    (port,) = free_ports(0)
    command = (sys.executable, "-m", "bench.serving.crowd.teller", str(port))
    url = f"http://{HOST}:{port}"
    service = Service("teller", command, partial(succeeds, f"{url}/v1/models", timeout_s=2), DEFAULTS)
    with made.supervised(service):
        yield url


@contextmanager
def gateway(made: Bed, planner_url: str) -> Iterator[Front]:
    """A gateway that takes them all from one address."""
    most = {"MOST_CONNECTIONS": 6000, "MOST_CONNECTIONS_PER_ADDRESS": 6000, "MOST_RESPONSES": 6000}
    with made.gateway("crowd", PLANNER_URL=planner_url, **most) as front:
        yield front


@contextmanager
def planner(made: Bed, upstream_url: str) -> Iterator[Front]:
    """A planner service before it."""
    (port,) = free_ports(0)
    settings = {"PORT": port, "BACKEND": "openai", "MODEL": "teller", "INSTRUCTIONS": "off"}
    settings["UPSTREAM_URL"] = f"{upstream_url}/v1"
    env = DEFAULTS | {f"PLANNER_{name}": str(value) for name, value in settings.items()}
    service = python_service("planner-crowd", "planner_service.main", port, env)
    with made.supervised(service) as supervisor:
        yield Front(f"http://{HOST}:{port}", supervisor.pid(service.name))


def measure(
    made: Bed, streams: int = STREAMS, what: Container[str] = ("tokens", "readers", "plans")
) -> dict[str, float]:
    """All of it, each in a process that has done nothing else."""
    figures: dict[str, float] = {}
    with teller(made) as url, made.visualizers("crowd", 1, IDLE):
        if "tokens" in what:
            with gateway(made, url) as front:
                figures |= answers(front, streams)
        if "readers" in what:
            with gateway(made, url) as front:
                figures |= asyncio.run(many_readers(front))
        if "plans" in what:
            with planner(made, url) as service:
                figures |= plans(service, streams)
    return figures


def answers(front: Front, streams: int = STREAMS, tokens: int = TOKENS) -> dict[str, float]:
    """So many answers at once, each read by whoever asked."""
    script = Script(pictures=0, words=tokens, pace_s=PACE_S)
    question = script.model_dump_json()
    _, idle_mb = read(_asking(front, question, WARM_UP)), resident_mb(front.pid)
    reset_peak(front.pid)
    before_s = cpu_s(front.pid)
    seen = read(_asking(front, question, streams))
    took_s = cpu_s(front.pid) - before_s
    grown_mb = resident_mb(front.pid, peak=True) - idle_mb
    return {
        "crowd.whole": seen.whole / streams,
        "crowd.streams": streams,
        "crowd.token_us": 1e6 * took_s / max(1, len(seen.lateness_s)),
        "crowd.stream_kb": 1024 * grown_mb / streams,
        **spread_ms("crowd.added", seen.lateness_s),
    }


def plans(service: Front, streams: int, tokens: int = TOKENS) -> dict[str, float]:
    """So many plans at once at the planner service."""
    question = Script(pictures=0, words=tokens, pace_s=PACE_S).model_dump_json()
    message = {"role": "user", "content": [{"type": "text", "text": question}]}
    asked = {"id": "p", "messages": [message], "mode": "text", "max_output_tokens": 8192}
    read(_reading(f"{service.url}/v1/plan", asked, WARM_UP))
    before_s = cpu_s(service.pid)
    seen = read(_reading(f"{service.url}/v1/plan", asked, streams))
    took_s = cpu_s(service.pid) - before_s
    return {
        "plans.whole": seen.whole / streams,
        "plans.token_us": 1e6 * took_s / max(1, len(seen.lateness_s)),
        **spread_ms("plans.added", seen.lateness_s),
    }


async def many_readers(front: Front, readers: int = READERS) -> dict[str, float]:
    """One answer that goes on for a minute, read by so many, and a few others beside it."""
    slow = Script(pictures=0, words=ANSWER_S, pace_s=1.0).model_dump_json()
    async with httpx.AsyncClient(base_url=front.url, timeout=30) as http:
        asked = {"input": slow, "mode": "text", "background": True}
        id = (await http.post("/v1/responses", json=asked)).raise_for_status().json()["id"]
    url = f"{front.url}/v1/responses/{id}?stream=true"
    many = Reading(url=url, how_many=readers, method="GET", spread_s=COMING_S)
    crowd = asyncio.create_task(_read(many))
    await asyncio.sleep(1.5 * COMING_S)
    question = Script(pictures=0, words=TOKENS, pace_s=PACE_S).model_dump_json()
    others = await _read(_asking(front, question, OTHERS))
    seen = await crowd
    return {
        "readers.whole": seen.whole / readers,
        "readers.others_whole": others.whole / OTHERS,
        "readers.rss_mb": resident_mb(front.pid, peak=True),
        **spread_ms("readers.others_added", others.lateness_s),
    }


def _asking(front: Front, question: str, how_many: int) -> Reading:
    asked = {"input": question, "mode": "text", "stream": True, "max_output_tokens": 8192}
    return _reading(f"{front.url}/v1/responses", asked, how_many)


def _reading(url: str, asked: dict[str, object], how_many: int) -> Reading:
    # Those who come at the same moment would be told each token at the same moment, too.
    return Reading(url=url, how_many=how_many, body=json.dumps(asked), spread_s=2.0)


def read(reading: Reading) -> Read:
    """Read in a process of its own, so that this one's clocks and garbage are no part of it."""
    return asyncio.run(_read(reading))


async def _read(reading: Reading) -> Read:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bench.serving.crowd.readers",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    told, _ = await process.communicate(reading.model_dump_json().encode())
    return Read.model_validate_json(told)
