"""OpenING: its questions from a `…_data.jsonl`, answers as `MODEL_output/UID.json` with their pictures beside them as `UID-o-N.jpg`.

Source: github.com/LanceZPF/OpenING at 56b663b, `GPT_score_A.py` (`parse_and_load_json`) and `generator_codes/gpt-dalle_inference.py`
(`save_results`): a step is a text and one picture or none, numbered by its place. The data are to be fetched by you.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.answers.answer import Answer, Picture, Text
from bench.answers.formats.item import Item, image, save
from bench.answers.systems.system import Asked


def read(questions: Path) -> list[Item]:
    """The questions; their images lie beside the file. Raises OSError, ValueError or KeyError."""
    lines = [json.loads(line) for line in questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [Item(str(line["total_uid"]), (_asked(line, questions.parent),), line) for line in lines]


def write(answered: Sequence[tuple[Item, Sequence[Answer]]], folder: Path, system: str) -> Path:
    """Write a file for each answer, and return their folder."""
    output = folder / f"{system}_output"
    output.mkdir(parents=True, exist_ok=True)
    for item, answers in answered:
        question = item.original["conversations"][0]
        told = item.original | {"conversations": [question, {"output": _steps(item.id, answers[-1], output)}]}
        text = json.dumps(told, ensure_ascii=False, indent=4)
        (output / f"{item.id}.json").write_text(text, encoding="utf-8")
    return output


def _asked(line: dict[str, Any], root: Path) -> Asked:
    steps = line["conversations"][0]["input"]
    text = "\n".join(step["text"].replace("<BEGIN>", "").replace("<image>", "").strip() for step in steps)
    return Asked(text, tuple(image(root / step["image"]) for step in steps if step["image"]))


def _steps(uid: str, answer: Answer, folder: Path) -> list[dict[str, str | None]]:
    steps: list[dict[str, str | None]] = []
    for part in answer.parts:
        match part:
            case Text(text=text) if text.strip():
                steps.append({"text": text.strip(), "image": None})
            case Picture(data=bytes(data)):
                if not steps or steps[-1]["image"] is not None:
                    steps.append({"text": "", "image": None})
                name = f"{uid}-o-{len(steps) - 1}.jpg"
                save(data, folder / name)
                steps[-1]["image"] = name
    return steps
