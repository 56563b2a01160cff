"""ViStoryBench: its stories from the dataset's folder, answers as `METHOD/MODE/LANGUAGE/TIMESTAMP/STORY/shots/NN.png`.

A story has more shots than an answer may have pictures, so it is asked for in turns; each character's first picture goes with the first.

Source: github.com/ViStoryBench/vistorybench at 514cc31, `dataset_load.py` (`load_shots`, `load_characters`) and `read_outputs.py`
(`load_outputs`): shots count in the order of their names. The data are to be fetched by you.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from bench.answers.answer import Answer
from bench.answers.cases.case import MOST_PICTURES
from bench.answers.formats.item import Item, image, save
from bench.answers.systems.system import Asked, SentImage

LANGUAGE: Final = "en"
MODE: Final = "all"
PICTURES: Final = (".png", ".jpg", ".jpeg")
_TOLD: Final = (
    "Shot Perspective Design",
    "Plot Correspondence",
    "Static Shot Description",
    "Setting Description",
)


def read(questions: Path) -> list[Item]:
    """The stories, folders whose names are numbers. Raises OSError, ValueError or KeyError."""
    stories = sorted(
        (one for one in questions.iterdir() if one.is_dir() and one.name.isdigit()),
        key=lambda one: int(one.name),
    )
    return [
        _item(story, json.loads((story / "story.json").read_text(encoding="utf-8-sig"))) for story in stories
    ]


def write(answered: Sequence[tuple[Item, Sequence[Answer]]], folder: Path, system: str) -> Path:
    """Write the tree; a picture that did not come leaves out its number. Returns the folder of the outputs."""
    run = folder / system / MODE / LANGUAGE / time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    for item, answers in answered:
        shots = run / item.id / "shots"
        shots.mkdir(parents=True, exist_ok=True)
        for turn, answer in enumerate(answers):
            for number, picture in enumerate(answer.pictures[:MOST_PICTURES], start=1 + turn * MOST_PICTURES):
                if picture.data:
                    save(picture.data, shots / f"{number:02}.png")
    return folder


def _item(folder: Path, story: dict[str, Any]) -> Item:
    characters = list(_characters(folder, story["Characters"]))
    cast = "\n".join(f"Image {number} is {told}" for number, (told, _) in enumerate(characters, start=1))
    shots = story["Shots"]
    turns = []
    for first in range(0, len(shots), MOST_PICTURES):
        some = shots[first : first + MOST_PICTURES]
        lines = "\n".join(f"{first + place}. {_shot(shot)}" for place, shot in enumerate(some, start=1))
        asks = f"Draw these {len(some)} shots of a story, one picture for each, in order."
        opening = f"{cast}\n\n{asks}" if first == 0 else f"The story goes on with the same characters. {asks}"
        turns.append(
            Asked(f"{opening}\n{lines}", tuple(shown for _, shown in characters) if first == 0 else ())
        )
    return Item(folder.name, turns, story)


def _characters(folder: Path, characters: dict[str, Any]) -> Iterator[tuple[str, SentImage]]:
    for key, told in characters.items():
        files = sorted(one for one in (folder / "image" / key).rglob("*") if one.suffix.lower() in PICTURES)
        if files:
            yield f"{told[f'name_{LANGUAGE}']}: {told[f'prompt_{LANGUAGE}']}", image(files[0])


def _shot(shot: dict[str, Any]) -> str:
    names: Iterable[str] = shot["Characters Appearing"][LANGUAGE]
    return " ".join(
        [*(shot[name][LANGUAGE] for name in _TOLD), f"With {', '.join(names)}." if names else ""]
    ).strip()
