"""A case: what is asked, and the yes/no questions that judge the answer. The files in `data/` hold them, a category each.

It knows the form of a case only; `loading` reads the files, `inputs` draws the images that go with a request.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Axis = Literal["adherence", "coordination", "content", "images", "completeness"]
AXES: tuple[Axis, ...] = get_args(Axis)
"""Prompt adherence, narrative coordination, content consistency, image consistency, completeness.

Source: the axes of WeaverBench (Wan-Weaver, arXiv 2603.25706), whose cases and judge prompts were never released.
"""

MOST_PICTURES = 8


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Form):
    """A question to be answered with yes or no. `check` names the oracle's way to answer it, `told` what that needs to know."""

    ask: str = Field(min_length=8, pattern=r"\?$")
    check: str | None = None
    told: dict[str, str] = {}


def _question(value: Any) -> Any:
    return {"ask": value} if isinstance(value, str) else value


class Input(_Form):
    """An image that goes with a request: the name of a drawing in `inputs`, or a scene of the storybook world."""

    drawing: str | None = None
    scene: dict[str, str] | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Input:
        if (self.drawing is None) == (self.scene is None):
            raise ValueError("an image is either a drawing or a scene")
        return self


def _input(value: Any) -> Any:
    return {"drawing": value} if isinstance(value, str) else value


class Turn(_Form):
    """What a user says in one turn, the images first."""

    ask: str = Field(min_length=2)
    images: tuple[Annotated[Input, BeforeValidator(_input)], ...] = ()


def _turn(value: Any) -> Any:
    return {"ask": value} if isinstance(value, str) else value


class Count(_Form):
    """How many pictures an answer may have."""

    least: int = Field(ge=0, le=MOST_PICTURES)
    most: int = Field(ge=0, le=MOST_PICTURES)

    def holds(self, pictures: int) -> bool:
        """Whether so many are as many as were asked for."""
        return self.least <= pictures <= self.most


def _count(value: Any) -> Any:
    match value:
        case int():
            return {"least": value, "most": value}
        case [least, most]:
            return {"least": least, "most": most}
        case _:
            return value


Questions = tuple[Annotated[Question, BeforeValidator(_question)], ...]


class Case(_Form):
    """A request of one turn or several, the last of which is judged."""

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    category: str
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    turns: tuple[Annotated[Turn, BeforeValidator(_turn)], ...] = Field(min_length=1)
    pictures: Annotated[Count, BeforeValidator(_count)]
    rubric: dict[Axis, Questions]

    @model_validator(mode="after")
    def _every_axis_is_asked(self) -> Case:
        """Adherence and completeness always, the others where pictures may come, image consistency where two can be compared."""
        seen = self.pictures.most + sum(len(turn.images) for turn in self.turns)
        drawn = self.pictures.most > 0
        asked: dict[Axis, bool] = {"adherence": True, "completeness": True, "images": drawn and seen > 1}
        missing = [axis for axis in AXES if asked.get(axis, drawn) and not self.rubric.get(axis)]
        if missing:
            raise ValueError(f"case {self.id} asks nothing on {', '.join(missing)}")
        return self
