"""How long a drawn picture of 1.5 MB takes to its reader, and how much pictures hold up the text that is written meanwhile.

A picture weighs that much because images of noise guide it, which the simulated engine shows within it, and noise does not compress.
"""

from __future__ import annotations

import io
from typing import Any

import httpx
import numpy as np
from PIL import Image

from bench.serving.figures import MS, gaps, quantile, spread_ms
from bench.serving.noting import ask
from bench.serving.reader import CALL, Answer, client
from bench.serving.script import Script

SIDE_PX = 2048
NOISE_PX = SIDE_PX // 5
"""How large the engine shows a reference."""
REFERENCES = 3
ILLUSTRATED = Script(pictures=8, words=30, pace_s=0.02)
PLAIN = Script(pictures=0, words=270, pace_s=0.02)
WARMING = Script(pictures=1, words=1, pace_s=0)
ROUNDS = 4


async def measure(url: str) -> dict[str, float]:
    """From the worker's word that a picture is stored to its last byte at the reader, over all pictures of all rounds."""
    delays: list[float] = []
    weights: list[int] = []
    between: dict[str, list[float]] = {"with": [], "without": []}
    async with client(url) as http:
        files = await noise_files(http)
    await ask(url, guided(WARMING, files))
    for _ in range(ROUNDS):
        illustrated = await ask(url, guided(ILLUSTRATED, files))
        plain = await ask(url, PLAIN.question())
        delays += _delays(illustrated)
        weights += [len(picture["result"]) * 3 // 4 for picture in illustrated.pictures]
        between["with"] += _gaps(illustrated)
        between["without"] += _gaps(plain)
    late = {name: MS * quantile(values, 99) for name, values in between.items()}
    return {
        **spread_ms("stitch", delays),
        "stitch.picture_mb": sum(weights) / len(weights) / 1e6,
        "text_gap.with_p99_ms": late["with"],
        "text_gap.without_p99_ms": late["without"],
        "text_gap.added_p99_ms": late["with"] - late["without"],
    }


def _delays(answer: Answer) -> list[float]:
    items = [
        (seen.at, seen.data["item"]) for seen in answer.events if seen.type == "response.output_item.done"
    ]
    return [at - item["timings"]["done_at"] for at, item in items if item["type"] == "image_generation_call"]


def _gaps(answer: Answer) -> list[float]:
    """Between one piece of text and the next. Where a picture is described between the two, the script itself leaves a gap."""
    times: list[float] = []
    found: list[float] = []
    for seen in answer.events:
        if seen.type == "response.output_text.delta":
            times.append(seen.at)
        elif seen.type == f"{CALL}.in_progress" and times:
            found += gaps(times)
            times = []
    return found + gaps(times)


def guided(script: Script, files: list[str]) -> dict[str, Any]:
    """A question whose pictures are all guided by these images, so that they weigh much."""
    images = [{"type": "input_image", "file_id": file} for file in files]
    said = {"role": "user", "content": [*images, {"type": "input_text", "text": script.model_dump_json()}]}
    names = [f"in{number}" for number in range(1, REFERENCES + 1)]
    return script.question(input=[said], references=names, size=f"{SIDE_PX}x{SIDE_PX}")


async def noise_files(http: httpx.AsyncClient) -> list[str]:
    """Send as many images of noise as guide a picture, and return their ids."""
    return [await _file(http, number) for number in range(REFERENCES)]


async def _file(http: httpx.AsyncClient, number: int) -> str:
    """Send an image of noise and return its id."""
    chance = np.random.default_rng(number)
    out = io.BytesIO()
    Image.fromarray(chance.integers(0, 256, (NOISE_PX, NOISE_PX, 3), dtype=np.uint8)).save(out, "PNG")
    files = {"file": (f"noise{number}.png", out.getvalue(), "image/png")}
    reply = await http.post("/v1/files", data={"purpose": "vision"}, files=files)
    return reply.raise_for_status().json()["id"]
