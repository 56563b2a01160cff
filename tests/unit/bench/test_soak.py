"""What a soak tells of the processes that it watches."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from bench.serving.soak.__main__ import growths
from bench.serving.soak.people import crowded, left, plain, polled
from bench.serving.soak.processes import memory_mb, started
from bench.serving.soak.vandals import BODIES, bodies

FIRST, SECOND = 11, 12


def test_a_growth_is_from_the_sixth_to_tenth_minutes_to_the_last_five_and_of_the_process_of_a_kind_that_grew_most():
    names = {FIRST: "gateway", SECOND: "gateway", 13: "planner"}
    looks = [(0.0, {FIRST: 10.0, SECOND: 10.0}), (310.0, {FIRST: 50.0, SECOND: 40.0})]
    looks += [(1000.0, {FIRST: 90.0, SECOND: 90.0}), (1790.0, {FIRST: 50.0, SECOND: 50.0})]
    assert growths(names, looks, 1800) == {"gateway.growth": 0.25, "gateway.mb": 50.0}


@pytest.fixture
def module() -> Iterator[subprocess.Popen[bytes]]:
    code = "import sys; print('here', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "-m", "some.main"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_what_was_started_is_found_by_the_name_of_its_module(module: subprocess.Popen[bytes]):
    found = started()
    assert found[module.pid] == "some"
    assert os.getpid() not in found
    assert memory_mb({module.pid: "some", 2**22 + 1: "gone"})[module.pid] > 1


def answering(status: str) -> httpx.AsyncClient:
    """A gateway of one answer, which is in this state."""
    body = {"id": "resp_1", "type": "response.completed", "status": status}
    told = f'data: {{"type":"response.completed","response":{{"status":"{status}"}}}}\n\n'

    def answer(request: httpx.Request) -> httpx.Response:
        if "stream=true" in str(request.url) or b'"stream":true' in request.content:
            return httpx.Response(200, text=told)
        return httpx.Response(200, json=body)

    return httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(answer))


@pytest.mark.parametrize("ask", [plain, polled, left])
async def test_what_became_of_a_request_is_told(ask):
    async with answering("failed") as http:
        assert await ask(http) == "failed"


async def test_a_crowd_is_whole_only_if_each_reader_who_stays_has_all():
    async with answering("incomplete") as http:
        assert "incomplete" in await crowded(http)


async def test_bodies_that_mean_harm_are_sent_and_their_answers_counted():
    told, asked = Counter[str](), asyncio.Event()

    def refuse(_: httpx.Request) -> httpx.Response:
        asked.set()
        return httpx.Response(413)

    async with httpx.AsyncClient(base_url="http://gateway", transport=httpx.MockTransport(refuse)) as http:
        attacking = asyncio.create_task(bodies(http, random.Random(1), told))
        await asked.wait()
        await asyncio.sleep(0)
        attacking.cancel()
    assert {what.partition(": ")[0] for what in told} <= set(BODIES)
