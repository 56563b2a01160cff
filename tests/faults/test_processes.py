"""Ten answers of real processes that are killed in the middle of them, at the leases of production; `make faults` tries much more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio
from prometheus_client.parser import text_string_to_metric_families

from tests.faults.processes.answers import Answer, Client
from tests.faults.processes.checks import judge
from tests.faults.processes.script import Script
from tests.faults.processes.system import System, system

pytestmark = [
    pytest.mark.integration,
    pytest.mark.timeout(300),
    pytest.mark.asyncio(loop_scope="module"),
]

ANSWERS = 10
PICTURES = 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[System]:
    """Two gateways and two planners; every test leaves all of it well."""
    async with system(tmp_path_factory.mktemp("system"), planners=2, visualizers=2) as running:
        yield running


async def drawn(running: System) -> int:
    """How many pictures the visualizers have drawn."""
    async with httpx.AsyncClient() as http:
        pages = [(await http.get(f"{one.url}/metrics")).text for one in running.visualizers]
    samples = [
        sample
        for page in pages
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    ]
    return round(
        sum(
            one.value
            for one in samples
            if (one.name, one.labels) == ("visualizer_jobs_total", {"outcome": "done"})
        )
    )


def has_a_picture(answer: Answer) -> bool:
    return any(b"response.image_generation_call.completed" in raw for raw in answer.events)


@asynccontextmanager
async def under_way(running: System) -> AsyncIterator[None]:
    """Ten answers at the first gateway, and some of their pictures drawn; all must be whole in the end, and nothing drawn twice."""
    before = await drawn(running)
    # Keys of its own: under another's it would get another's answers.
    client = Client(running.urls, random.Random(before))
    scripts = [
        Script(name=f"n{number}", pictures=PICTURES, words=12, pace_s=0.1) for number in range(ANSWERS)
    ]
    answers = [client.answer(script, "streamed") for script in scripts]
    reading = [asyncio.create_task(client.through(one, running.urls[0])) for one in answers]
    try:
        # They come over HTTP, and nobody says so.
        while not (all(answer.events for answer in answers) and any(map(has_a_picture, answers))):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        assert not all(answer.is_over for answer in answers), "too late to break anything"
        yield
        await asyncio.gather(*reading)
        await running.ready()
        verdict = await judge(answers, running.urls)
        assert verdict.is_clean, verdict
        assert await drawn(running) - before == ANSWERS * PICTURES
    finally:
        for one in reading:
            one.cancel()
        await client.close()


async def test_ten_answers_go_on_at_another_gateway_when_theirs_is_killed(running: System):
    async with under_way(running):
        await running.gateways[0].kill()
        await running.gateways[0].start()


async def test_ten_answers_go_on_at_another_gateway_when_theirs_is_told_to_leave(running: System):
    async with under_way(running):
        assert await running.gateways[0].leave() == 0
        await running.gateways[0].start()


async def test_ten_answers_go_on_when_all_gateways_were_killed_and_are_started_again(running: System):
    async with under_way(running):
        for gateway in running.gateways:
            await gateway.kill()
        for gateway in running.gateways:
            await gateway.start()


async def test_ten_answers_go_on_at_another_planner_when_theirs_is_killed(running: System):
    async with under_way(running):
        await running.planners[0].kill()
        await running.planners[0].start()


async def test_ten_answers_go_on_when_all_planners_were_killed_and_are_started_again(running: System):
    async with under_way(running):
        for planner in running.planners:
            await planner.kill()
        for planner in running.planners:
            await planner.start()
