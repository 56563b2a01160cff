"""Asks a system the questions of somebody else's benchmark, and writes the answers as that benchmark's own judge reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from bench.answers.answer import Answer
from bench.answers.formats import isg, opening, vistory
from bench.answers.formats.item import Item
from bench.answers.running import Bench
from bench.answers.systems.remembered import Remembered
from bench.answers.systems.system import CannotAsk, Conversation

Benchmark = Literal["isg", "vistory", "opening"]
Answered = Sequence[tuple[Item, Sequence[Answer]]]


@dataclass(frozen=True, slots=True)
class Format:
    """How a benchmark's questions are read, and its answers written: to a folder, under a system's name."""

    read: Callable[[Path], list[Item]]
    write: Callable[[Answered, Path, str], Path]


FORMATS: Final[dict[Benchmark, Format]] = {
    "isg": Format(isg.read, isg.write),
    "vistory": Format(vistory.read, vistory.write),
    "opening": Format(opening.read, opening.write),
}


async def write_for(
    benchmark: Benchmark, questions: Path, bench: Bench, asker: Remembered, out: Path
) -> Path:
    """Ask and write; return what was written. What can't be asked is left out, and told.

    Raises:
        ValueError: the questions are not of that benchmark's form.
        OSError: a file can't be read or written.
    """
    form = FORMATS[benchmark]
    try:
        items = form.read(questions)
    except (KeyError, TypeError) as error:
        raise ValueError(f"{questions} does not hold questions of {benchmark}: {error}") from error
    tasks = [lambda item=item: _answered(asker, item) for item in items]
    answered = [one for one in await bench.all("answers", tasks) if one is not None]
    return form.write(answered, out / benchmark, asker.system.name.replace("/", "-"))


async def _answered(asker: Remembered, item: Item) -> tuple[Item, Sequence[Answer]] | None:
    said = Conversation(item.turns[:1], seed=asker.system.seed)
    answers: list[Answer] = []
    try:
        for place in range(len(item.turns)):
            said = replace(said, turns=item.turns[: place + 1], answers=tuple(answers))
            answers.append(await asker.ask(said))
    except CannotAsk as error:
        print(f"{item.id} is left out: {error}")
        return None
    return item, answers
