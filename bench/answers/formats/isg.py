"""ISG-Bench: its questions from `ISG-Bench.jsonl`, answers as a line each: the question's own line with `output` added.

Source: github.com/Dongping-Chen/ISG at 1f8498b, `compositional_inference.py` and `ISG-eval.py`: the latter takes `Query` and `Golden` from
the answers' file, reads images by absolute path, and passes over a line whose `output` is null. The data are CC-BY-4.0, to be fetched by you.
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
    return [Item(str(line["id"]), (_asked(line["Query"], questions.parent),), line) for line in lines]


def write(answered: Sequence[tuple[Item, Sequence[Answer]]], folder: Path, system: str) -> Path:
    """Write the answers' file, `SYSTEM.jsonl`, and the pictures beside it; return the file."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{system}.jsonl"
    lines = [
        item.original | {"output": _output(item, answers[-1], folder / system)} for item, answers in answered
    ]
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    return file


def _asked(query: list[dict[str, Any]], root: Path) -> Asked:
    text = "\n".join(part["content"] for part in query if part["type"] == "text")
    return Asked(text, tuple(image(root / part["content"]) for part in query if part["type"] == "image"))


def _output(item: Item, answer: Answer, folder: Path) -> list[dict[str, str]] | None:
    told: list[dict[str, str]] = []
    for number, part in enumerate(answer.parts):
        match part:
            case Text(text=text) if text.strip():
                told.append({"type": "text", "content": text.strip()})
            case Picture(data=bytes(data)):
                path = (folder / f"{item.id}-{number}.png").resolve()
                save(data, path)
                told.append({"type": "image", "content": str(path)})
    return told or None
