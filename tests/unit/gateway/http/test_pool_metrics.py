import pytest
from prometheus_client import Metric

from gateway.http.pool_metrics import backlog_s, picture_s, pool_families, redis_families
from visualizer_service.queue.line import Standing
from visualizer_service.wire import Limits, WorkerInfo

LIMITS = Limits(default_size=(64, 64), most_references=1, default_steps=4, most_steps=8)


def worker(picture_s: float | None = None, **told) -> WorkerInfo:
    values = {
        "id": "a",
        "pool": "p",
        "model": "m",
        "device": "cpu",
        "simulated": True,
        "slots": 4,
        "active": 1,
        "draining": False,
        "limits": LIMITS,
        "picture_s": picture_s,
    }
    return WorkerInfo(**(values | told))


def values(families: list[Metric]) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("workers", "expected_s"),
    [
        ([worker(2.0)], 20.0),
        ([worker(2.0), worker(2.0)], 10.0),
        ([worker(1.0), worker(4.0)], 8.0),  # 1.25 pictures a second
        ([worker(2.0), worker(2.0, draining=True)], 20.0),
        ([worker(None)], 30.0),
        ([], 30.0),
        ([worker(2.0, draining=True)], 30.0),
    ],
)
def test_a_backlog_is_what_the_workers_need_for_it(workers: list[WorkerInfo], expected_s: float) -> None:
    assert backlog_s(10, workers, each_s=3.0) == pytest.approx(expected_s)


def test_no_jobs_are_no_backlog_whoever_there_is() -> None:
    assert backlog_s(0, [], each_s=3.0) == 0


def test_the_time_of_a_picture_is_remembered_while_nobody_draws() -> None:
    assert picture_s([worker(2.0), worker(4.0), worker(None)], 9.0) == 3.0
    assert picture_s([worker(None)], 9.0) == 9.0


def test_a_pool_is_told_by_class_and_its_workers_by_state() -> None:
    standings = {"interactive": Standing(4, 7.5), "batch": Standing(0, 0.0)}
    told = values(list(pool_families("p", [worker(2.0), worker(2.0, draining=True)], standings, 2.0)))
    assert told == {
        ("visualizer_queue_depth", "p", "interactive"): 4,
        ("visualizer_queue_depth", "p", "batch"): 0,
        ("visualizer_queue_oldest_seconds", "p", "interactive"): 7.5,
        ("visualizer_queue_oldest_seconds", "p", "batch"): 0,
        ("visualizer_backlog_seconds", "p", "interactive"): 8,
        ("visualizer_backlog_seconds", "p", "batch"): 0,
        ("visualizer_workers", "p", "working"): 1,
        ("visualizer_workers", "p", "draining"): 1,
        ("visualizer_slots", "p", "busy"): 1,
        ("visualizer_slots", "p", "free"): 3,
    }


def test_redis_tells_how_full_it_is() -> None:
    told = values(list(redis_families({"used_memory": 10, "maxmemory": 0, "evicted_keys": 2, "else": "x"})))
    assert told == {
        ("gateway_redis_memory_bytes",): 10,
        ("gateway_redis_memory_limit_bytes",): 0,
        ("gateway_redis_evicted_keys_total",): 2,
    }
