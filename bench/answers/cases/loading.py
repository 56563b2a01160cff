"""Reads cases from YAML: ours from `data/`, or anybody's from a file of the same form."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from bench.answers.cases.case import AXES, Case

DATA = Path(__file__).parent / "data"
WORLD = DATA / "world.yaml"
"""What the storybook pair can be asked; every question of it has a check, so the oracle answers it."""
CATEGORIES = (
    "storybook",
    "how-to",
    "recipe",
    "travel",
    "product",
    "lesson",
    "science",
    "history",
    "news",
    "comic",
    "design",
    "fashion",
    "data",
    "chat",
)
"""Everyday categories, a file each; the tricks stand in a file of their own."""
OURS = tuple(DATA / f"{name}.yaml" for name in (*CATEGORIES, "tricks"))


def load(files: Iterable[Path]) -> tuple[Case, ...]:
    """Read files of cases.

    A file is a mapping: `cases`, and `every`, questions by axis that are asked of each of them that may have pictures, or the name of
    a file beside it that holds them. A case's category is the file's name; `ask` and `images` are short for a single turn.

    Raises:
        ValueError: a file is not of that form, or two cases have one id; the message says which.
        OSError: a file can't be read.
    """
    cases = tuple(case for file in files for case in _read(file))
    ids = [case.id for case in cases]
    if double := sorted({id for id in ids if ids.count(id) > 1}):
        raise ValueError(f"two cases are called {', '.join(double)}")
    return cases


def _read(file: Path) -> list[Case]:
    try:
        whole = yaml.safe_load(file.read_text(encoding="utf-8"))
        every = whole.get("every", {})
        if isinstance(every, str):
            every = yaml.safe_load((file.parent / every).read_text(encoding="utf-8"))
        return [_case(one, file.stem, every) for one in whole["cases"]]
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        raise ValueError(f"{file} holds no cases: {error}") from error


def _case(one: dict[str, Any], category: str, every: dict[str, Any]) -> Case:
    one = {"category": category, **one}
    if "ask" in one:
        one["turns"] = [{"ask": one.pop("ask"), "images": one.pop("images", [])}]
    own = one.get("rubric", {})
    if _is_drawn(one["pictures"]):
        one["rubric"] = {axis: [*own.get(axis, []), *_shared(axis, every, one)] for axis in AXES}
    return Case.model_validate(one)


def _shared(axis: str, every: dict[str, Any], one: dict[str, Any]) -> list[Any]:
    """What every case is asked on an axis; on image consistency only those where two pictures can be compared."""
    with_images = any(isinstance(turn, dict) and turn.get("images") for turn in one["turns"])
    comparable = one["pictures"] != 1 or len(one["turns"]) > 1 or with_images
    return every.get(axis, []) if axis != "images" or comparable else []


def _is_drawn(pictures: Any) -> bool:
    return pictures not in (0, [0, 0])
