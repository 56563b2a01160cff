"""Those who mean well: tenants that come, ask in every way there is, and go."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx

from bench.serving.script import Script

ADMIN_KEY = "soak-operator-key-of-32-characters"
SHORT = Script(pictures=2, words=12, pace_s=0.02)
LONG = Script(pictures=1, words=10, pace_s=0.4)
PICTURE = Script(pictures=1, words=0, pace_s=0).model_dump_json()
MOST_READERS = 60
NAMES = 200
"""Tenants come again: what a tenant has used in a day is kept for a year."""
PAUSE_S = 0.5

Ask = Callable[[httpx.AsyncClient], Awaitable[str]]


async def tenant(http: httpx.AsyncClient, chance: random.Random, told: Counter[str]) -> None:
    """One tenant after the other, for ever; `told` counts what became of each request."""
    admin = {"authorization": f"Bearer {ADMIN_KEY}"}
    while True:
        made = await http.post(
            "/v1/admin/keys",
            headers=admin,
            json={"tenant": f"tenant-{chance.randrange(NAMES)}", "name": "soak"},
        )
        key = made.raise_for_status().json()
        async with httpx.AsyncClient(base_url=http.base_url, timeout=60) as own:
            own.headers["authorization"] = f"Bearer {key['key']}"
            for _ in range(4):
                await _asked(chance.choice((streamed, left, plain, polled, drawn, sent, crowded)), own, told)
                await asyncio.sleep(PAUSE_S * chance.random())
        await http.delete(f"/v1/admin/keys/{key['id']}", headers=admin)


async def _asked(ask: Ask, http: httpx.AsyncClient, told: Counter[str]) -> None:
    try:
        outcome = await ask(http)
    except httpx.HTTPStatusError as error:
        outcome = f"{error.response.status_code}"
    except httpx.HTTPError as error:
        outcome = type(error).__name__
    told[f"{ask.__name__}: {outcome}"] += 1


async def streamed(http: httpx.AsyncClient) -> str:
    """Read an answer as it comes."""
    return await _read(http, "POST", "/v1/responses", SHORT.question(stream=True))


async def left(http: httpx.AsyncClient) -> str:
    """Leave in the middle of one."""
    return await _read(http, "POST", "/v1/responses", LONG.question(stream=True), leaves_after=8)


async def plain(http: httpx.AsyncClient) -> str:
    """Wait for a whole one."""
    reply = await http.post("/v1/responses", json=SHORT.question())
    return reply.raise_for_status().json()["status"]


async def polled(http: httpx.AsyncClient) -> str:
    """Ask for one in the background, look until it is over, and delete it."""
    id = await _in_background(http, SHORT)
    while True:
        await asyncio.sleep(PAUSE_S)
        answer = (await http.get(f"/v1/responses/{id}")).raise_for_status().json()
        if answer["status"] not in ("queued", "in_progress"):
            break
    (await http.delete(f"/v1/responses/{id}")).raise_for_status()
    return answer["status"]


async def drawn(http: httpx.AsyncClient) -> str:
    """Ask for a picture alone."""
    reply = await http.post("/v1/images/generations", json={"prompt": PICTURE})
    return "completed" if reply.raise_for_status().json()["data"][0]["b64_json"] else "empty"


async def sent(http: httpx.AsyncClient) -> str:
    """Send a drawn picture back, and ask about it."""
    reply = await http.post("/v1/images/generations", json={"prompt": PICTURE})
    picture = reply.raise_for_status().json()["data"][0]["b64_json"]
    url = f"data:image/png;base64,{picture}"
    said = {"role": "user", "content": [{"type": "input_image", "image_url": url}]}
    said["content"].append({"type": "input_text", "text": SHORT.model_dump_json()})
    reply = await http.post("/v1/responses", json=SHORT.question(input=[said]))
    return reply.raise_for_status().json()["status"]


async def crowded(http: httpx.AsyncClient) -> str:
    """Read one answer many times at once, a third of the readers only at its beginning."""
    id = await _in_background(http, LONG)
    readers = [
        _read(http, "GET", f"/v1/responses/{id}?stream=true", leaves_after=8 if number % 3 == 0 else None)
        for number in range(MOST_READERS)
    ]
    outcomes = Counter(await asyncio.gather(*readers))
    return "completed" if outcomes["completed"] == MOST_READERS - MOST_READERS // 3 else str(dict(outcomes))


async def _in_background(http: httpx.AsyncClient, script: Script) -> str:
    reply = await http.post("/v1/responses", json=script.question(background=True))
    return reply.raise_for_status().json()["id"]


async def _read(
    http: httpx.AsyncClient, method: str, path: str, body: object = None, leaves_after: int | None = None
) -> str:
    events = 0
    async with http.stream(method, path, json=body) as reply:
        reply.raise_for_status()
        async for line in reply.aiter_lines():
            if line.startswith("data: "):
                events += 1
                if '"response":' in line and '"type":"response.completed"' in line[:60]:
                    return json.loads(line[6:])["response"]["status"]
                if events == leaves_after:
                    return "left"
    return "cut"
