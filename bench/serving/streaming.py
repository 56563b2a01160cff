"""Many streams at once in one gateway process: does each come to its end, and what memory does the process need?"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.serving.bed import Front
from bench.serving.figures import most_at_once
from bench.serving.reader import ask, client
from bench.serving.script import Script

STREAMS = 200
STORY = Script(pictures=1, words=8, pace_s=1.0)
ROUGHLY = [{"type": "image_generation", "quality": "low"}]


async def measure(front: Front) -> dict[str, float]:
    """All asked at the same moment, each with text and a picture in base64."""
    async with client(front.url) as http:
        answers = await asyncio.gather(*(ask(http, STORY.question(tools=ROUGHLY)) for _ in range(STREAMS)))
    spans = [(answer.events[0].at, answer.events[-1].at) for answer in answers if answer.events]
    return {
        "streams.completed": sum(answer.is_whole(STORY) for answer in answers),
        "streams.at_once": most_at_once(spans),
        "streams.rss_mb": _most_resident_mb(front.pid),
        "streams.took_s": max(end for _, end in spans) - min(answer.asked_at for answer in answers),
    }


def _most_resident_mb(pid: int) -> float:
    """The most memory that a process has had so far, in MiB; Linux only."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    (peak,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024
