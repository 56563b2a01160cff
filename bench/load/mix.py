"""What is asked: a file of questions, each with its weight, and what a good answer is. TOML, see `mixes/`."""

from __future__ import annotations

import random
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bench.load.dialects import Name


class Form(BaseModel):
    """A part of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Slo(Form):
    """An answer is good if every picture came and nothing took longer than this; what is left out is not looked at."""

    first_text_s: float | None = Field(default=None, gt=0)
    first_picture_s: float | None = Field(default=None, gt=0)
    picture_stall_s: float | None = Field(default=None, gt=0)
    answer_s: float | None = Field(default=None, gt=0)


class Kind(Form):
    """One kind of question. `pictures`: how many are expected; None takes any number. `options` are further fields of the body."""

    name: str = Field(min_length=1)
    weight: float = Field(default=1, gt=0)
    dialect: Name = "responses"
    prompts: tuple[str, ...] = Field(min_length=1)
    pictures: int | None = Field(default=None, ge=0)
    options: dict[str, Any] = {}


class Mix(Form):
    """A whole file."""

    slo: Slo = Slo()
    question: tuple[Kind, ...] = Field(min_length=1)

    def choose(self, chance: random.Random) -> tuple[Kind, str]:
        """A kind by weight, and one of its prompts."""
        (kind,) = chance.choices(self.question, [kind.weight for kind in self.question])
        return kind, chance.choice(kind.prompts)


def read(file: Path) -> Mix:
    """Read a file.

    Raises:
        ValueError: it is no mix; the message says why.
        OSError: it cannot be read.
    """
    try:
        return Mix.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise ValueError(f"{file} is no mix of questions: {error}") from error
