"""No body makes an answer of the 500s, takes memory by the tens of megabytes, or holds the event loop up."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.gateway.hostile.shapes import ROUTES, SHAPES
from tests.integration.gateway.hostile.target import Target, started

pytestmark = pytest.mark.integration

MOST_MIB, MOST_BLOCKED_S, MOST_REFUSAL_CPU_S = 64, 0.1, 0.001
# What a body costs it costs each time; the machine's first touch of fresh memory, once, and other processes make some tries slower.
TRIES = 3
REFUSALS = 200


@pytest.fixture(scope="module")
def target(redis_url: str) -> Iterator[Target]:
    with started(redis_url) as target:
        # What is built by the first requests of a process, the description of the API for one, is no amplification.
        for path, (field, rest) in ROUTES.items():
            httpx.post(target.url + path, json=rest | {field: "hello"}, timeout=60)
        yield target


@pytest.mark.parametrize("path", ROUTES)
def test_no_shape_of_a_body_costs_much_or_breaks_anything(target: Target, path: str) -> None:
    costly, broken = {}, {}
    with httpx.Client(base_url=target.url, timeout=60) as http:
        for name, shape in SHAPES.items():
            headers, body = shape(*ROUTES[path])
            for _ in range(TRIES):
                target.blocked_s()
                with target.watched() as peak:
                    answer = http.post(path, headers=headers, content=body)
                blocked_s = target.blocked_s()
                if peak[0] <= MOST_MIB and blocked_s <= MOST_BLOCKED_S:
                    break
            else:
                costly[name] = f"{peak[0]:.0f} MiB, {blocked_s * 1000:.0f} ms"
            if answer.status_code >= 500:
                broken[name] = (answer.status_code, answer.text[:200])

    assert (costly, broken) == ({}, {})


def refusals_s(target: Target, http: httpx.Client, path: str) -> float:
    """CPU seconds of the gateway for each of many requests with a wrong key."""
    used_s = target.cpu_s()
    for _ in range(REFUSALS):
        http.post(path, headers={"authorization": "Bearer wrong"}, content=b"{}")
    return (target.cpu_s() - used_s) / REFUSALS


@pytest.mark.parametrize("path", ROUTES)
def test_a_body_of_whoever_has_no_key_costs_nothing(redis_url: str, path: str) -> None:
    with started(redis_url, api_keys={"right": "acme"}) as target, httpx.Client(base_url=target.url) as http:
        assert http.post(path, content=b"{}").status_code == 401
        each_s = min(refusals_s(target, http, path) for _ in range(TRIES))
        with target.watched() as peak:
            refused = http.post(path, content=b"[" + b"{}," * 5_000_000)

    assert (refused.status_code, peak[0] < 2) == (401, True)
    assert each_s <= MOST_REFUSAL_CPU_S
