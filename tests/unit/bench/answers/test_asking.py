from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx

from bench.answers.systems.asking import Asking
from bench.answers.systems.system import System
from tests.unit.bench.answers.vendors import Vendor, ask, plain, stream

DONE = stream({"type": "response.completed", "response": {"status": "completed", "output": []}})


async def test_a_busy_server_is_asked_again() -> None:
    vendor = Vendor(httpx.Response(429, headers={"retry-after": "0"}), httpx.Response(503), DONE)
    assert (await ask(vendor, plain())).outcome == "completed"
    assert len(vendor.requests) == 3


async def test_a_connection_that_breaks_is_taken_up_anew() -> None:
    vendor = Vendor(httpx.ConnectError("refused"), DONE)
    assert (await ask(vendor, plain())).outcome == "completed"


async def test_a_server_that_stays_busy_is_given_up() -> None:
    vendor = Vendor(httpx.Response(503, text="no room"))
    answer = await ask(vendor, plain())
    assert (answer.outcome, answer.parts) == ("failed", ())
    assert answer.failure == "after 3 tries: 503 no room"


async def test_a_refusal_is_not_asked_again_and_says_why() -> None:
    vendor = Vendor(httpx.Response(400, text="`seed` is unknown"))
    answer = await ask(vendor, plain())
    assert "400 `seed` is unknown" in (answer.failure or "")
    assert len(vendor.requests) == 1


async def test_an_event_that_is_not_as_documented_fails_the_answer() -> None:
    answer = await ask(Vendor(stream({"type": "response.completed"})), plain())
    assert answer.failure == "KeyError: 'response'"


async def test_an_answer_that_never_ends_is_given_up_in_time() -> None:
    class Silent(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            await asyncio.get_running_loop().create_future()
            yield b""

    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=Silent()))
    async with httpx.AsyncClient(transport=transport) as http:
        system = System(name="s", url="https://vendor.test", model="m", answer_s=0.01)
        answer = await Asking(system, http).ask(plain())
    assert answer.failure == "There was no answer within 0.01 s."
