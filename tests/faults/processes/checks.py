"""Whether what a client was told is an answer: whole, in order, each thing once, and the same whoever is asked later."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
from PIL import Image

from tests.faults.processes.answers import FINAL, HUNG_S, Answer
from weaver.client.sse import Decoder

CALL = "response.image_generation_call"
DRAWN_AGAIN_S = 20.0
LOST_DATA = ("response_lost", "not_found")
"""How a client is told that what a store held is gone."""


@dataclass
class Verdict:
    """What is wrong with the answers of one run, in words; those `told` lost were with the data that a fault destroyed, and say so."""

    answers: int = 0
    told: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.told or self.lost or self.hung or self.doubled or self.wrong)

    def add(self, other: Verdict) -> None:
        self.answers += other.answers
        self.told += other.told
        self.lost += other.lost
        self.hung += other.hung
        self.doubled += other.doubled
        self.wrong += other.wrong


async def judge(answers: list[Answer], urls: list[str]) -> Verdict:
    """Judge once everything is well again: each gateway is asked for what it tells now."""
    verdict = Verdict(len(answers))
    async with httpx.AsyncClient(timeout=HUNG_S) as http:
        for answer in answers:
            name = f"{answer.manner} {answer.script.name} {answer.id}"
            if answer.is_hung or answer.document is None:
                verdict.hung.append(name)
                continue
            _whole(answer, answer.document, name, verdict)
            _once(answer, name, verdict)
            if answer.id is not None:
                for url in urls:
                    await _same_now(http, url, answer, name, verdict)
    return verdict


def _whole(answer: Answer, document: dict[str, Any], name: str, verdict: Verdict) -> None:
    """The text said once, every picture drawn and of what was described."""
    output = document.get("output", [])
    pictures = [item for item in output if item["type"] == "image_generation_call"]
    drawn = [item for item in pictures if item["status"] == "completed"]
    if document["status"] != "completed" or len(drawn) != answer.script.pictures:
        why = [document["status"], document.get("error"), [item.get("error") for item in pictures]]
        (verdict.told if answer.code in LOST_DATA else verdict.lost).append(f"{name}: {why}")
        return
    words = " ".join(part["text"] for item in output if item["type"] == "message" for part in item["content"])
    if words.split() != answer.script.text:
        verdict.wrong.append(f"{name}: says {words!r}")
    if [item["description"] for item in pictures] != answer.script.descriptions:
        verdict.wrong.append(f"{name}: draws {[item['description'] for item in pictures]}")


def _once(answer: Answer, name: str, verdict: Verdict) -> None:
    verdict.wrong += [f"{name}: {told}" for told in answer.told_apart]
    if answer.manner != "streamed":
        return
    events = [json.loads(raw) for raw in answer.events]
    lasts = [event for event in events if event.get("response", {}).get("status") in FINAL]
    outcomes = Counter(
        event["item_id"]
        for event in events
        if event["type"] in (f"{CALL}.completed", f"{CALL}.failed", f"{CALL}.cancelled")
    )
    if len(lasts) != 1 or any(count > 1 for count in outcomes.values()):
        verdict.doubled.append(f"{name}: {len(lasts)} ends, {dict(outcomes)}")


async def _same_now(http: httpx.AsyncClient, url: str, answer: Answer, name: str, verdict: Verdict) -> None:
    """Document, replay and bytes at one gateway, beside what was told."""
    reply = await http.get(f"{url}/v1/responses/{answer.id}")
    if answer.code in LOST_DATA and reply.status_code in (200, 404):
        return
    document = answer.document or {}
    if reply.status_code != 200:
        verdict.wrong.append(f"{name}: {reply.status_code} {reply.text[:200]} at {url}")
        return
    if reply.json() != document:
        verdict.wrong.append(f"{name}: told {document}, now {reply.json()}")
    replayed = await _replay(http, f"{url}/v1/responses/{answer.id}")
    if answer.manner == "streamed" and replayed != answer.events:
        verdict.wrong.append(f"{name}: {len(answer.events)} events told, {len(replayed)} replayed, or others")
    for item in document["output"]:
        if item["type"] == "image_generation_call" and item["status"] == "completed":
            link = httpx.URL(item["url"]).raw_path.decode()
            picture = await _picture(http, url + link)
            if picture.status_code != 200 or Image.open(io.BytesIO(picture.content)).size != (64, 64):
                verdict.wrong.append(f"{name}: {picture.status_code} for {link} at {url}")


async def _picture(http: httpx.AsyncClient, url: str) -> httpx.Response:
    """A picture that Redis has forgotten is drawn again."""
    give_up_at = time.monotonic() + DRAWN_AGAIN_S
    while True:
        picture = await http.get(url)
        if picture.status_code != 404 or time.monotonic() > give_up_at:
            return picture
        await asyncio.sleep(0.5)


async def _replay(http: httpx.AsyncClient, url: str) -> list[bytes]:
    decoder, told = Decoder(), list[bytes]()
    async with http.stream("GET", url, params={"stream": "true"}) as reply:
        async for piece in reply.aiter_bytes():
            told += decoder.feed(piece)
    return told
