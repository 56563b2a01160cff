"""What the gateway's metrics say of its tenants."""

from __future__ import annotations

from gateway.answer.usage import AnswerUsage
from gateway.http.metrics import MOST_TENANTS, Meter
from gateway.http.sse import Streams
from tests.fakes import ask

USED = AnswerUsage(9, 0, 20, 0, is_estimated=False, pictures=1, pixels=64, gpu_s=0.5)


def test_tenants_beyond_the_most_that_are_told_apart_are_told_together():
    meter = Meter(Streams(heartbeat_s=10))
    for number in range(MOST_TENANTS + 3):
        meter.used(f"tenant-{number}", USED)
    meter.used("tenant-0", USED)
    told = meter.exposition().decode()
    assert 'gateway_tenant_pictures_total{tenant="tenant-0"} 2.0' in told
    assert 'gateway_tenant_pictures_total{tenant="others"} 3.0' in told
    assert told.count("gateway_tenant_pictures_total{") == MOST_TENANTS + 1


def test_nothing_is_kept_of_an_answer_of_which_nothing_happened():
    meter = Meter(Streams(heartbeat_s=10))
    meter.observe(ask(), [])
    assert not meter._watched
