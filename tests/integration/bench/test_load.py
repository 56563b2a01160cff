"""A load test of the real gateway around a scripted planner: nothing is lost, refusals are told apart, a dead server is no crash."""

import socket

import pytest

from bench.load.mix import Kind, Mix
from bench.load.record import Record
from bench.load.report import page, report
from bench.load.running import Progress, Target, run
from bench.load.scenarios import NOISY, Load, Scenario, sends
from tests.integration.gateway.gateway_app import Pool, gateway, listening
from visualizer_service.wire import Job

PICTURES = {"mode": "interleaved", "least_images": 2, "most_images": 2}
EVERY_DIALECT = Mix(
    question=(
        Kind(name="story", dialect="responses", prompts=("a fox",), pictures=2, options=PICTURES),
        Kind(name="chat", dialect="chat", prompts=("a fox",), pictures=2, options=PICTURES),
        Kind(name="picture", dialect="images", prompts=("a fox",), pictures=1, options={"planner": False}),
        Kind(name="google", dialect="gemini", prompts=("a fox",), pictures=2),
    )
)


class Painters(Pool):
    """Draws for many answers side by side."""

    async def submit(self, job: Job) -> None:
        self.jobs.append(job)
        await self.paint(job)


@pytest.fixture
def pool(redis):
    return Painters(redis)


async def under_load(
    url: str, scenario: Scenario = "steady", mix: Mix = EVERY_DIALECT, keys=None
) -> Progress:
    asked = sends(Load(scenario, mix, rate_per_s=40, lasts_s=0.5, even=scenario == "steady"))
    progress = Progress(len(asked))
    await run(Target(url, "storybook", keys or {}, most_s=20), asked, progress)
    assert len(progress.records) == progress.total
    assert progress.open == 0
    return progress


def outcomes(records: list[Record]) -> set[tuple[str, str | None]]:
    return {(record.outcome, record.code) for record in records}


async def test_every_dialect_of_the_gateway_is_read_to_its_end_and_nothing_is_lost(app) -> None:
    async with listening(app) as url:
        progress = await under_load(url)
    assert {record.outcome for record in progress.records} == {"completed"}
    assert sum(record.lost + record.doubled for record in progress.records) == 0
    kinds = {record.send.kind.name for record in progress.records}
    assert kinds == {"story", "chat", "picture", "google"}
    assert all(record.pictures_s for record in progress.records)
    assert all(record.sent_s >= record.send.at_s for record in progress.records)


async def test_what_the_gateway_says_of_itself_is_sampled(app) -> None:
    async with listening(app) as url:
        progress = await under_load(url)
    assert progress.samples
    assert progress.samples[0].cpu_s is not None


async def test_refusals_are_told_apart_by_code(redis, planner, pool) -> None:
    planner.pace_s = 0.2
    async with gateway(redis, planner, pool, most_responses=1) as app, listening(app) as url:
        progress = await under_load(url)
    told = outcomes(progress.records)
    assert ("refused", "503 overloaded") in told
    assert ("refused", "503 UNAVAILABLE") in told


async def test_each_tenant_asks_with_a_key_of_its_own(redis, planner, pool) -> None:
    async with gateway(redis, planner, pool, api_keys={"a": "quiet"}) as app, listening(app) as url:
        progress = await under_load(url, "noisy", keys={"": "a", NOISY: "unknown"})
    for record in progress.records:
        assert (record.outcome == "refused") is (record.send.group == NOISY)


async def test_a_server_that_is_not_there_is_reported_and_does_not_end_the_test() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    progress = await under_load(f"http://127.0.0.1:{port}")
    assert outcomes(progress.records) == {("cut", "ConnectError")}
    load = Load("steady", EVERY_DIALECT, 40, 0.5)
    told = report(load, {"url": "", "model": "", "date": ""}, progress.records, progress.samples)
    assert told["all"]["good_share"] == 0
    assert "20 cut" in page(told, load, progress.records, progress.samples)


async def test_an_answer_that_never_ends_is_given_up(redis, planner, pool) -> None:
    planner.pace_s = 3
    async with gateway(redis, planner, pool) as app, listening(app) as url:
        asked = sends(Load("steady", EVERY_DIALECT, 4, 0.5, even=True))
        progress = Progress(len(asked))
        await run(Target(url, "storybook", most_s=0.5), asked, progress)
    late = [record for record in progress.records if record.send.kind.name != "picture"]
    assert {record.outcome for record in late} <= {"overdue"}


async def test_a_slow_reader_takes_its_time_and_loses_nothing(app) -> None:
    async with listening(app) as url:
        progress = await under_load(url, "slow")
    assert {record.outcome for record in progress.records} == {"completed"}
    assert sum(record.lost for record in progress.records) == 0
